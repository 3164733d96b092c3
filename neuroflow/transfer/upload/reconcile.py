"""Decide about an upload whose outcome is not recorded: a pure function of what is known.

The ledger has ``uploading`` until just before the last byte leaves, and ``unconfirmed`` from
then until the server has acknowledged the whole. So an upload cut short in ``uploading`` never
arrived whole, and only one cut short in ``unconfirmed`` needs the server's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from neuroflow.ledger import LedgerRow, State
from neuroflow.models import Entry

NOT_STORED = "the server refused to store it: "
"""How the ledger's message begins where writing or closing was refused after the last byte."""

DECIDE = " and is not sent again automatically; wait for its result, or submit it with replace"
"""How every reason ends that leaves the decision to the user."""

KEPT = f"; it{DECIDE.removeprefix(' and')}"
"""The same after a sentence of which the server is the subject."""

ELSEWHERE = "another workspace "
"""How the ledger's message begins that comes from the journal of the account."""

HEARTBEATS = 10
"""How often per quiet time the ledger records that an upload is still in flight."""


@dataclass(frozen=True, slots=True)
class ServerView:
    """What the server shows of one study."""

    entry: Entry | None  # The zip in the input folder, or None
    # True where values, or results of another product, are in the output folder. A failure
    # report alone proves nothing: it may be about a part.
    has_results: bool = False
    is_hidden: bool = False  # True where the account may not list: `entry` then means nothing
    # True where it has a result folder, whatever is in it: of a study that this workspace never
    # began to send, it shows that another one did.
    has_folder: bool = False


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
    seconds: float = 0.0  # How long to wait before the next check, for ``wait``
    is_part: bool = False  # True where the server is known to hold a part of it


def reconcile(  # noqa: PLR0911  one answer per case of the table in docs/exactly_once.md
    row: LedgerRow,
    seen: ServerView,
    *,
    # Seconds for which the upload is known to have been over, by a clock that nobody can set: the
    # wall clocks of two computers reveal nothing about durations.
    elapsed: float,
    quiet_seconds: float,
    force: bool = False,
    # An upload after one that the server refused to store: what it shows before the new one has
    # ended may be left from the old one.
    is_repeated: bool = False,
) -> Decision:
    """Decide what became of a study, from the ledger and the server.

    AWS Transfer Family user guide: an upload cut short is stored with what had arrived; an
    unresponsive client is given 300 s.
    """
    if row.state.is_sent:
        again = Decision(Verdict.SEND, "sent again with replace")
        return again if force else Decision(Verdict.SENT, "already sent")
    # Folders and files of an earlier, whole submission reveal nothing about this one.
    is_first = row.submitted_at is None
    is_old = is_repeated and not seen.has_results
    is_cut = row.state is State.PARTLY_SENT or is_old
    if not is_cut and is_first and _has_arrived(row, seen):
        return Decision(Verdict.SENT, "found complete on the server, or processed")
    if row.state is State.PACKAGED and seen.has_folder:
        return Decision(Verdict.SENT, "sent from another workspace: the server has its results")
    if row.state is State.PACKAGED and (seen.is_hidden or seen.entry is None):
        return Decision(Verdict.SEND, "not sent yet")
    if _is_decided(row, force=force):
        return Decision(Verdict.UNSURE, _reason_unsure(row))
    left = quiet_seconds * (1 + 1 / HEARTBEATS) - elapsed
    if left > 0:
        reason = "the server may still store a part of an interrupted upload"
        return Decision(Verdict.WAIT, reason, left)
    return _of_interrupted(row, seen, is_first=is_first, force=force)


def was_refused(row: LedgerRow) -> bool:
    """Check whether the server refused to store the file after every byte had left."""
    return row.state is State.UNCONFIRMED and row.message.startswith(NOT_STORED)


def _has_arrived(row: LedgerRow, seen: ServerView) -> bool:
    if seen.has_results:
        return True
    if was_refused(row) or row.state is State.PACKAGED:
        return False  # a length proves nothing without acknowledgements of one's own
    size = row.size if row.sent_size is None else row.sent_size
    return not seen.is_hidden and seen.entry is not None and seen.entry.size == size


def _is_decided(row: LedgerRow, *, force: bool) -> bool:
    """Check whether only the user can decide, so that waiting would change nothing."""
    return not force and (row.state is State.PACKAGED or was_refused(row) or _is_adopted(row))


def _is_adopted(row: LedgerRow) -> bool:
    """Check whether another workspace began to send the study, and no outcome is known."""
    return row.state is State.UNCONFIRMED and row.message.startswith(ELSEWHERE)


def _reason_unsure(row: LedgerRow) -> str:
    if was_refused(row) or _is_adopted(row):
        return row.message  # kept, so that the next run knows it, too
    return (
        "the server holds a file of this name that this workspace did not send; it is not "
        "overwritten automatically; wait for its result, or submit it with replace"
    )


def _lengths(row: LedgerRow, seen: ServerView) -> str:
    """Return which length the server shows where it is not the one that was sent."""
    if seen.is_hidden or seen.entry is None or seen.entry.size == row.sent_size:
        return ""
    return f" (sent: {row.sent_size} bytes; on the server: {seen.entry.size})"


def _of_interrupted(row: LedgerRow, seen: ServerView, *, is_first: bool, force: bool) -> Decision:
    """Decide once the server's quiet time is over."""
    if row.state is State.PARTLY_SENT:
        return Decision(Verdict.SEND, "the server holds a partial upload; it is replaced")
    if row.state is State.UPLOADING:
        is_part = is_first and not seen.is_hidden and seen.entry is not None
        return Decision(Verdict.SEND, "an upload was interrupted", is_part=is_part)
    if not is_first and _is_newer(row, seen):
        return Decision(Verdict.SENT, "found complete on the server")
    if force:
        return Decision(Verdict.SEND, "sent again with replace, though it may have arrived")
    # A file of another length is no proof of a part: every byte may have been acknowledged.
    return Decision(Verdict.UNSURE, f"it may have arrived{_lengths(row, seen)}{DECIDE}")


def _is_newer(row: LedgerRow, seen: ServerView) -> bool:
    """Check that the server's file has the size of the new content and is newer than the old."""
    entry, earlier = seen.entry, row.submitted_at
    if seen.is_hidden or entry is None or entry.modified is None or earlier is None:
        return False
    return entry.size == row.sent_size and entry.modified > earlier
