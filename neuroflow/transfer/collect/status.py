"""The state of every study: the ledger combined with a snapshot of the server."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import pandas as pd

from neuroflow.io import garbage_stays
from neuroflow.ledger import LedgerRow, State
from neuroflow.models import ResultFolder
from neuroflow.transfer.collect.folder_contents import (
    has_results,
    missing_files,
    ready_message,
)
from neuroflow.transfer.collect.snapshot import OutputSnapshot, newest_of

_ASKED = {State.SUBMITTED, State.PROCESSING, State.OVERDUE}
"""States of a study of which the service has shown nothing."""
COLUMNS = ("cohort_id", "study_id", "state", "since", "size", "message")


@garbage_stays()
def status(
    rows: Iterable[LedgerRow],
    snapshot: OutputSnapshot | None,
    *,
    now: datetime,
    overdue_hours: float,
    collected: Collection[str] = (),
    changed: Collection[str] = (),
    elsewhere: Collection[str] = (),
) -> pd.DataFrame:
    """Return the state of every study at the time of the snapshot.

    A study sent after it is ``submitted``, and none becomes overdue because the service was not
    checked. `elsewhere` holds studies that were sent to another service than the snapshot's.
    """
    seen = snapshot.folders if snapshot else {}
    unknown = dict.fromkeys([*seen, *collected])
    lines = []
    for row in rows:
        unknown.pop(row.study_id, None)
        has_changed = row.study_id not in collected or row.study_id in changed
        state, message = _current_state(row, snapshot, now, overdue_hours, has_changed=has_changed)
        if row.study_id in elsewhere and state in _ASKED:
            state, message = row.state, f"sent to {row.service}, not to the service in use"
        if snapshot is not None and (text := snapshot.messages.lines.get(row.study_id)):
            message = f"{message}; message of the service: {text}".removeprefix("; ")
        since = row.submitted_at if state in {State.PROCESSING, State.OVERDUE} else row.since
        lines.append((row.cohort_id, row.study_id, state.value, since, row.size, message))
    for study_id in sorted(unknown):
        where = "collected" if study_id in collected else "on the server"
        message = f"{where}, but not sent from this workspace"
        message += "; newer files are on the server" if study_id in changed else ""
        since = newest_of(seen[study_id]) if study_id in seen else None
        lines.append(("", study_id, State.UNKNOWN.value, since, 0, message))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    table["since"] = pd.to_datetime(table["since"], utc=True)
    table = table.astype({name: "str" for name in COLUMNS if name not in {"since", "size"}})
    table.attrs["listed_at"] = snapshot.at if snapshot else None
    table.attrs["service_messages"] = dict(snapshot.messages.lines) if snapshot else {}
    table.attrs["left_out"] = list(snapshot.left_out) if snapshot else []
    return table


def _current_state(
    row: LedgerRow,
    snapshot: OutputSnapshot | None,
    now: datetime,
    overdue_hours: float,
    *,
    has_changed: bool,
) -> tuple[State, str]:
    """Combine the recorded state with what the server shows."""
    if snapshot is None:
        return row.state, row.message
    folder = snapshot.folders.get(row.study_id)
    if folder is not None and not snapshot.is_outdated(row):
        if message := _ready_message(row, folder, snapshot, has_changed=has_changed):
            return State.DELIVERED, message
        if row.state is State.SUBMITTED:
            missing = f"still missing: {missing_files(folder)}"
            state, message = _state_without_result(row, snapshot.at, now, overdue_hours)
            if state is State.OVERDUE:
                return state, f"{missing}; {message}"
            return State.PARTIAL, missing
    if row.state is State.SUBMITTED:
        return _state_without_result(row, snapshot.at, now, overdue_hours)
    return row.state, row.message


def _ready_message(
    row: LedgerRow, folder: ResultFolder, snapshot: OutputSnapshot, *, has_changed: bool
) -> str:
    """Describe what is ready to be collected of a study; empty if nothing is."""
    ready = ready_message(folder, is_stable=snapshot.is_stable(folder))
    if not ready or row.state in {State.SUBMITTED, State.UPLOADING, State.UNCONFIRMED}:
        return ready
    if has_changed and row.state.is_collected:
        return f"the files on the server differ from those collected: {ready}"
    # Packaged or partly sent: a failure report may be about a part, values are not.
    if has_changed and has_results(folder):
        return f"sent, but not recorded in this ledger: {ready}"
    return ""


def _state_without_result(
    row: LedgerRow, listed_at: datetime, now: datetime, overdue_hours: float
) -> tuple[State, str]:
    """Return the state of a study without a result; all times are of this computer's clock."""
    sent = row.submitted_at or row.since
    if sent > now:
        return State.PROCESSING, "sent in the future: this computer's clock was set back"
    if listed_at < sent:
        return row.state, row.message
    hours = (listed_at - sent).total_seconds() / 3600
    if hours > overdue_hours:
        return State.OVERDUE, f"no complete result after {hours:.1f} hours; ask neuropacs support"
    return State.PROCESSING, ""
