"""Throughput of earlier uploads, from the ledger, to estimate the next one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.transfer.remote import Receipt

BEGUN = "begun"
"""Message of the ledger with ``uploading`` when an upload starts."""
PAUSED, RESUMED = "paused", "resumed"
"""Messages of the ledger with ``uploading`` when an upload is held, and when it goes on."""
LAST = 50
"""How many uploads count: the network of today, not of last year."""

_RECEIPTS = frozenset(receipt.value for receipt in Receipt)

Span = tuple[datetime, datetime]


def upload_throughput(ledger: Ledger, rows: Iterable[LedgerRow]) -> float | None:
    """Return bytes per second of the last uploads, all connections together, without pauses."""
    sent = [row for row in rows if row.submitted_at is not None and row.sent_size is not None]
    sent.sort(key=lambda row: row.submitted_at or row.since, reverse=True)
    spans: list[Span] = []
    size = 0
    for row in sent[:LAST]:
        found = _spans(ledger, row.study_id)
        if found:
            spans += found
            size += row.sent_size or 0
    seconds = _total_seconds(spans)
    return size / seconds if seconds > 0 else None


def _spans(ledger: Ledger, study_id: str) -> list[Span]:
    """Return when the last uninterrupted upload of a study sent bytes: from pause to pause."""
    since: datetime | None = None
    open_spans: list[Span] = []
    found: list[Span] = []
    for at, state, message in ledger.history(study_id):
        if state is State.UPLOADING and message == BEGUN:
            since, open_spans = at, []
        elif state is State.UPLOADING and message == PAUSED and since is not None:
            open_spans.append((since, at))
        elif state is State.UPLOADING and message == RESUMED and since is not None:
            since = at
        elif state is State.SUBMITTED and message in _RECEIPTS and since is not None:
            found, since = [*open_spans, (since, at)], None
    return found


def _total_seconds(spans: Iterable[Span]) -> float:
    """Return the total duration in seconds; where spans overlap, it counts once."""
    seconds = 0.0
    end: datetime | None = None
    for begun, ended in sorted(spans):
        if end is None or begun > end:
            seconds += (ended - begun).total_seconds()
            end = ended
        elif ended > end:
            seconds += (ended - end).total_seconds()
            end = ended
    return seconds
