"""Where every study stands: the ledger and the server's listing put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import pandas as pd

from neuroflow.ledger import LedgerRow, State
from neuroflow.models import ResultFolder
from neuroflow.transfer.collect.folder_contents import (
    has_region_values,
    missing_files,
    ready_message,
)
from neuroflow.transfer.collect.snapshot import OutputSnapshot, newest_of

COLUMNS = ("cohort_id", "study_id", "state", "since", "size", "message")

_OPEN = frozenset({State.SUBMITTED, State.UPLOADING, State.UNCONFIRMED})
_ANSWERED = frozenset({State.COLLECTED, State.FAILED})
_UNSENT = frozenset({State.PACKAGED, State.PARTLY_SENT})  # a failure may be that of a part


def status(
    rows: Iterable[LedgerRow],
    listing: OutputSnapshot | None,
    *,
    now: datetime,
    overdue_hours: float,
    here: Collection[str] = (),
    changed: Collection[str] = (),
) -> pd.DataFrame:
    """Tell where every study stands.

    What the listing adds is true of the moment it was made: a study that was sent after it is
    ``submitted``, and none is overdue because nobody looked.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> sent = datetime(2026, 1, 1, tzinfo=UTC)
    >>> row = LedgerRow("C", "s", State.SUBMITTED, sent, 9, "", "", "", "", submitted_at=sent)
    >>> later = sent + timedelta(hours=7)
    >>> status([row], OutputSnapshot(later), now=later, overdue_hours=6).loc[0, "state"]
    'overdue'
    """
    seen = listing.folders if listing else {}
    strangers = dict.fromkeys([*seen, *here])
    lines = []
    for row in rows:
        strangers.pop(row.study_id, None)
        has_changed = row.study_id not in here or row.study_id in changed
        state, message = _current_state(row, listing, now, overdue_hours, has_changed=has_changed)
        since = row.submitted_at if state in {State.PROCESSING, State.OVERDUE} else row.since
        lines.append((row.cohort_id, row.study_id, state.value, since, row.size, message))
    for study_id in sorted(strangers):
        where = "collected" if study_id in here else "on the server"
        message = f"{where}, but not sent from this workspace"
        message += "; newer files wait on the server" if study_id in changed else ""
        since = newest_of(seen[study_id]) if study_id in seen else None
        lines.append(("", study_id, State.UNKNOWN.value, since, 0, message))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    table["since"] = pd.to_datetime(table["since"], utc=True)
    table = table.astype({name: "str" for name in COLUMNS if name not in {"since", "size"}})
    table.attrs["listed_at"] = listing.at if listing else None
    table.attrs["left_out"] = list(listing.left_out) if listing else []
    return table


def _current_state(
    row: LedgerRow,
    listing: OutputSnapshot | None,
    now: datetime,
    overdue_hours: float,
    *,
    has_changed: bool,
) -> tuple[State, str]:
    """Add to the recorded state what the server shows."""
    if listing is None:
        return row.state, row.message
    folder = listing.folders.get(row.study_id)
    if folder is not None and not listing.is_outdated(row):
        if waits := _ready_message(row, folder, listing, has_changed=has_changed):
            return State.DELIVERED, waits
        if row.state is State.SUBMITTED:
            return State.PARTIAL, f"still missing: {missing_files(folder)}"
    if row.state is State.SUBMITTED:
        return _state_without_result(row, listing.at, now, overdue_hours)
    return row.state, row.message


def _ready_message(
    row: LedgerRow, folder: ResultFolder, listing: OutputSnapshot, *, has_changed: bool
) -> str:
    """Say what is to be collected of a study; empty where nothing is."""
    waits = ready_message(folder, is_stable=listing.is_stable(folder))
    if not waits or row.state in _OPEN:
        return waits
    if has_changed and row.state in _ANSWERED:
        return f"the server has other files than were collected: {waits}"
    if has_changed and row.state in _UNSENT and has_region_values(folder):
        return f"sent, but not by this ledger's account: {waits}"
    return ""


def _state_without_result(
    row: LedgerRow, listed_at: datetime, now: datetime, overdue_hours: float
) -> tuple[State, str]:
    """Tell what it means that no result is there; times are all of this computer's clock."""
    sent = row.submitted_at or row.since
    if sent > now:
        return State.PROCESSING, "sent in the future: this computer's clock was set back since"
    if listed_at < sent:
        return row.state, row.message
    hours = (listed_at - sent).total_seconds() / 3600
    if hours > overdue_hours:
        return State.OVERDUE, f"no result after {hours:.1f} hours; ask the vendor's support"
    return State.PROCESSING, ""
