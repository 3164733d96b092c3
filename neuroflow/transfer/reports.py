"""What a result folder tells by the names of its files."""

from __future__ import annotations

from datetime import datetime, timedelta

from neuroflow.ledger import LedgerRow
from neuroflow.models import ResultFolder

VALUES = "aidp.csv"
SETTLED = timedelta(minutes=2)
_TEXTS = (".txt", ".pdf", ".html")
_FAILURE_WORDS = ("fail", "error")


def is_failure(folder: ResultFolder, now: datetime) -> bool:
    """Tell whether a folder holds a failure report in place of results.

    A name that says so is enough. Else a report without values counts, once nothing was added
    for two minutes: until then the values may still be on their way.

    Parameters
    ----------
    folder
        As listed.
    now
        The time, in UTC.

    Returns
    -------
    bool
        False where the values are there.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pathlib import PurePosixPath
    >>> from neuroflow.models import Entry
    >>> path = PurePosixPath("output/s_out")
    >>> report = Entry(path / "failure_report.txt", 90, is_folder=False)
    >>> is_failure(ResultFolder("s", path, (report,)), datetime.now(UTC))
    True

    References
    ----------
    The vendor's documentation: a study that failed gets a failure report (text and picture) in
    place of a prediction.
    """
    names = [entry.name.lower() for entry in folder.files]
    if VALUES in names:
        return False
    if any(word in name for name in names for word in _FAILURE_WORDS):
        return True
    times = [entry.modified for entry in folder.files if entry.modified is not None]
    is_settled = bool(times) and now - max(times) > SETTLED
    return is_settled and any(name.endswith(_TEXTS) for name in names)


def is_stale(row: LedgerRow, folder: ResultFolder) -> bool:
    """Tell whether a folder still answers the content that was replaced meanwhile.

    Parameters
    ----------
    row
        The study in the ledger.
    folder
        As listed.

    Returns
    -------
    bool
        True where the study was sent anew after it was answered, and no file is newer than that.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pathlib import PurePosixPath
    >>> from neuroflow.models import Entry
    >>> from neuroflow.states import State
    >>> day = [datetime(2026, 1, n, tzinfo=UTC) for n in range(1, 5)]
    >>> row = LedgerRow("C", "s", State.SUBMITTED, day[3], 9, "", "", "", "",
    ...                 submitted_at=day[3], answered_at=day[2])
    >>> path = PurePosixPath("output/s_out")
    >>> old = Entry(path / "aidp.csv", 90, is_folder=False, modified=day[1])
    >>> is_stale(row, ResultFolder("s", path, (old,)))
    True
    """
    if row.submitted_at is None or row.answered_at is None or row.answered_at > row.submitted_at:
        return False
    times = [entry.modified for entry in folder.files if entry.modified is not None]
    return bool(times) and max(times) < row.submitted_at
