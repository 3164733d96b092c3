"""Throughput of earlier uploads, from the ledger, to estimate the next one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.transfer.remote import Receipt

BEGUN = "begun"
"""Message of the ledger with ``uploading`` when an upload starts."""
LAST = 50
"""How many uploads count: the network of today, not of last year."""

_RECEIPTS = frozenset(receipt.value for receipt in Receipt)

Span = tuple[datetime, datetime]


def upload_throughput(ledger: Ledger, rows: Iterable[LedgerRow]) -> float | None:
    """Return bytes per second of the last uploads, all connections together."""
    sent = [row for row in rows if row.submitted_at is not None and row.sent_size is not None]
    sent.sort(key=lambda row: row.submitted_at or row.since, reverse=True)
    spans: list[Span] = []
    size = 0
    for row in sent[:LAST]:
        span = _span(ledger, row.study_id)
        if span is not None:
            spans.append(span)
            size += row.sent_size or 0
    seconds = _total_seconds(spans)
    return size / seconds if seconds > 0 else None


def _span(ledger: Ledger, study_id: str) -> Span | None:
    """Return when the last uninterrupted upload of a study began and ended."""
    begun: datetime | None = None
    found: Span | None = None
    for at, state, message in ledger.history(study_id):
        if state is State.UPLOADING and message == BEGUN:
            begun = at
        elif state is State.SUBMITTED and message in _RECEIPTS and begun is not None:
            found, begun = (begun, at), None
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
