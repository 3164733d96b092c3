"""Decide about an upload whose outcome is not recorded: a pure function of what is known.

The ledger says ``uploading`` until just before the last byte leaves, and ``unconfirmed`` from
then until the server has acknowledged the whole. So an upload cut short in ``uploading`` never
arrived whole, and only one cut short in ``unconfirmed`` needs the server's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from neuroflow.ledger import LedgerRow, State
from neuroflow.models import Entry

HEARTBEATS = 10
"""How often per quiet time the ledger records that an upload is still in flight."""


@dataclass(frozen=True, slots=True)
class ServerView:
    """What the server shows of one study."""

    entry: Entry | None  # The zip in the input folder, or None
    # True where the values are in the output folder. A failure report alone proves nothing: it
    # may be about a part.
    has_region_values: bool = False
    is_hidden: bool = False  # True where the account may not list: `entry` then means nothing


class Verdict(StrEnum):
    """What to do with a study."""

    SEND = "send"
    WAIT = "wait"  # until the server's quiet time is over; then check again
    SENT = "sent"
    UNSURE = "unsure"  # sent again only if the user asks for it


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one study, and why."""

    verdict: Verdict
    reason: str  # One sentence for the user
    until: datetime | None = None  # When to check again, for ``wait``
    is_part: bool = False  # True where the server is known to hold a part of it


def reconcile(
    row: LedgerRow,
    seen: ServerView,
    *,
    now: datetime,
    quiet_seconds: float,
    force: bool = False,
) -> Decision:
    """Decide what became of a study, from what the ledger and the server say.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> row = LedgerRow("C", "s", State.UPLOADING, now, 9, "", "", "", "", sent_size=9)
    >>> reconcile(row, ServerView(None), now=now, quiet_seconds=300).verdict
    <Verdict.WAIT: 'wait'>

    References
    ----------
    AWS Transfer Family user guide: an upload cut short is stored with what had arrived; an
    unresponsive client is given 300 s.
    """
    if row.state.is_sent:
        again = Decision(Verdict.SEND, "sent again with replace")
        return again if force else Decision(Verdict.SENT, "already sent")
    # Folders and files of an earlier, whole submission say nothing of this one.
    is_first = row.submitted_at is None
    if row.state is not State.PARTLY_SENT and is_first and _has_arrived(row, seen):
        return Decision(Verdict.SENT, "found whole on the server, or processed")
    if row.state is State.PACKAGED:
        return _of_packaged(row, seen, now, quiet_seconds)
    until = row.since + timedelta(seconds=quiet_seconds * (1 + 1 / HEARTBEATS))
    if now < until:
        reason = "the server may still store what an interrupted upload had sent"
        return Decision(Verdict.WAIT, reason, until)
    return _of_interrupted(row, seen, is_first=is_first, force=force)


def _has_arrived(row: LedgerRow, seen: ServerView) -> bool:
    size = row.size if row.sent_size is None else row.sent_size
    is_there = not seen.is_hidden and seen.entry is not None and seen.entry.size == size
    return seen.has_region_values or is_there


def _of_packaged(row: LedgerRow, seen: ServerView, now: datetime, quiet_seconds: float) -> Decision:
    if seen.is_hidden or seen.entry is None:
        return Decision(Verdict.SEND, "not sent yet")
    # It was sent from another ledger: that session may still be open.
    until = (seen.entry.modified or row.since) + timedelta(seconds=quiet_seconds)
    if now < until:
        return Decision(Verdict.WAIT, "an upload from another workspace may be in flight", until)
    return Decision(
        Verdict.SEND, "the server holds a part sent from another workspace", is_part=True
    )


def _of_interrupted(row: LedgerRow, seen: ServerView, *, is_first: bool, force: bool) -> Decision:
    """Decide once the server's quiet time is over."""
    if row.state is State.PARTLY_SENT:
        return Decision(Verdict.SEND, "the server holds a part; it is replaced by the whole")
    is_part = _is_part(row, seen, is_first)
    if row.state is State.UPLOADING or is_part:
        return Decision(Verdict.SEND, "an upload was interrupted", is_part=is_part)
    if not is_first and _is_newer(row, seen):
        return Decision(Verdict.SENT, "found whole on the server")
    if force:
        return Decision(Verdict.SEND, "sent again with replace, though it may have arrived")
    return Decision(
        Verdict.UNSURE,
        "it may have arrived and is not sent again automatically; wait for its result, or submit "
        "it with replace",
    )


def _is_part(row: LedgerRow, seen: ServerView, is_first: bool) -> bool:
    if not is_first or seen.is_hidden or seen.entry is None:
        return False
    return seen.entry.size < (row.sent_size or 0)


def _is_newer(row: LedgerRow, seen: ServerView) -> bool:
    """Check that the server's file has the size of the new content and is newer than the old."""
    entry, earlier = seen.entry, row.submitted_at
    if seen.is_hidden or entry is None or entry.modified is None or earlier is None:
        return False
    return entry.size == row.sent_size and entry.modified > earlier
