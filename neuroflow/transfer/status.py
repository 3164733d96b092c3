"""Where every study stands: the ledger and the server's listing put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pandas as pd

from neuroflow.ledger import LedgerRow
from neuroflow.models import RESULT_FILES, ResultFolder
from neuroflow.states import State
from neuroflow.transfer.reports import is_failure, is_stale

COLUMNS = ("cohort_id", "study_id", "state", "since", "size", "message")


def status(
    rows: Iterable[LedgerRow],
    results: Sequence[ResultFolder] | None,
    *,
    now: datetime,
    overdue_hours: float,
) -> pd.DataFrame:
    """Tell where every study stands.

    Parameters
    ----------
    rows
        The ledger's.
    results
        What the server holds; None where it was not asked.
    now
        The time, in UTC.
    overdue_hours
        After how many hours without a result a study counts as overdue.

    Returns
    -------
    pandas.DataFrame
        One row per study: cohort_id, study_id, state, since (UTC), size (bytes), message.

    Examples
    --------
    >>> from datetime import UTC
    >>> sent = datetime(2026, 1, 1, tzinfo=UTC)
    >>> row = LedgerRow("C", "s", State.SUBMITTED, sent, 9, "", "", "", "", submitted_at=sent)
    >>> later = sent + timedelta(hours=7)
    >>> status([row], [], now=later, overdue_hours=6).loc[0, "state"]
    'overdue'
    """
    found = {folder.study_id: folder for folder in results or ()}
    lines = []
    for row in rows:
        folder = found.pop(row.study_id, None)
        state, message = _derive(row, folder, results is not None, now, overdue_hours)
        since = row.submitted_at if state in {State.PROCESSING, State.OVERDUE} else row.since
        lines.append((row.cohort_id, row.study_id, state.value, since, row.size, message))
    for folder in found.values():
        message = "on the server, but not sent from this workspace"
        lines.append(("", folder.study_id, State.UNKNOWN.value, _newest(folder), 0, message))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    table["since"] = pd.to_datetime(table["since"], utc=True)
    return table.astype({name: "str" for name in COLUMNS if name not in {"since", "size"}})


def _derive(
    row: LedgerRow,
    folder: ResultFolder | None,
    was_asked: bool,
    now: datetime,
    overdue_hours: float,
) -> tuple[State, str]:
    """Add to the recorded state what the server shows."""
    if folder is not None and is_stale(row, folder):
        folder = None
    if row.state not in {State.SUBMITTED, State.UPLOADING, State.UNCONFIRMED}:
        return row.state, row.message
    if folder is not None and (folder.is_complete or is_failure(folder, now)):
        kind = "results wait" if folder.is_complete else "a failure report waits"
        return State.DELIVERED, f"{kind} on the server"
    if row.state is not State.SUBMITTED:
        return row.state, row.message
    if folder is not None:
        names = {entry.name for entry in folder.files}
        missing = [name for name in RESULT_FILES if name not in names]
        return State.PARTIAL, f"still missing: {', '.join(missing)}"
    waited = now - (row.submitted_at or row.since)
    if waited > timedelta(hours=overdue_hours):
        hours = waited.total_seconds() / 3600
        return State.OVERDUE, f"no result after {hours:.1f} hours; ask the vendor's support"
    return (State.PROCESSING, "") if was_asked else (row.state, row.message)


def _newest(folder: ResultFolder) -> datetime | None:
    return max((e.modified for e in folder.files if e.modified is not None), default=None)
