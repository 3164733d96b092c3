"""Rebuild a lost ledger from the packages on this disk and what the server shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neuroflow.contract import upload_path
from neuroflow.errors import RemoteRefusedError
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Entry, Package
from neuroflow.transfer.collect import find_results, has_results
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.upload.marks import Phase, SentMark
from neuroflow.transfer.upload.reconcile import KEPT, NOT_STORED
from neuroflow.transfer.upload.shared_journal import REFUSED_ELSEWHERE, SharedJournal

UNSEEN = "the ledger was rebuilt and the server does not show it; it may have been processed"
PART = "the ledger was rebuilt; the size on the server differs"
WHOLE = "the ledger was rebuilt; found complete on the server, or processed"


MARKED = "the ledger was rebuilt; from the mark beside the package"
REFUSED = f"{NOT_STORED}the ledger was rebuilt, and its mark records this{KEPT}"


def rebuild(
    packages: Sequence[Package],
    ledger: Ledger,
    remote: Remote,
    *,
    marks: Mapping[str, SentMark] | None = None,
    shared: SharedJournal | None = None,
    service: str = "",
) -> list[LedgerRow]:
    """Record in a new or old ledger what the server, marks and journal show of every package.

    If it is interrupted, it must be run again before anything is sent. A recorded upload stays as
    it is, unless the ledger lacks what its mark names.
    """
    marks, shared = marks or {}, shared or SharedJournal()
    behind = set(ledger.missing({study_id: mark.event for study_id, mark in marks.items()}))
    answered = {folder.study_id for folder in find_results(remote) if has_results(folder)}
    for package in packages:
        row = ledger.row(package.study_id)
        mark = marks.get(package.study_id) if package.study_id in behind else None
        if row is not None and row.state is not State.PACKAGED and mark is None:
            continue
        is_answered = package.study_id in answered
        # A study that the server does not show may have been sent and processed: it becomes
        # unconfirmed, and is sent only with `replace`. The length of a file that the server refused
        # to store proves nothing, whichever workspace sent it.
        state, message = _state_on_server(remote, package, is_answered=is_answered)
        if mark is not None and mark.phase is Phase.REFUSED and not is_answered:
            state, message = State.UNCONFIRMED, REFUSED
        elif not is_answered and shared.is_refused(package.study_id):
            state, message = State.UNCONFIRMED, REFUSED_ELSEWHERE
        elif mark is not None and state is State.UNCONFIRMED:
            state, message = mark.phase.state, MARKED
        if row is None:
            ledger.add_package(package)
        sent = mark.package if mark is not None and mark.package.sha256 else package
        _record(ledger, package, state, message, sent, (mark and mark.service) or service)
    rows = {row.study_id: row for row in ledger.rows()}
    return [rows[package.study_id] for package in packages]


def _record(  # noqa: PLR0917  the columns of an event
    ledger: Ledger, package: Package, state: State, message: str, sent: Package, service: str
) -> None:
    """Record the state of a study, by way of ``uploading`` where an older one forbids it."""
    row = ledger.row(package.study_id, service=service or None)
    content = (sent.size, sent.sha256)
    steps = [state]
    if row is not None and not row.state.may_become(state):
        steps = [State.UPLOADING, state]
    for step in steps:
        ledger.record(
            package.cohort_id, package.study_id, step, message, sent=content, service=service
        )


def _state_on_server(remote: Remote, package: Package, *, is_answered: bool) -> tuple[State, str]:
    if is_answered:
        return State.SUBMITTED, WHOLE
    try:
        entry: Entry | None = remote.stat(upload_path(package.cohort_id, package.study_id))
    except RemoteRefusedError:
        entry = None
    if entry is None:
        return State.UNCONFIRMED, UNSEEN
    if entry.size == package.size:
        return State.SUBMITTED, WHOLE
    return State.UNCONFIRMED, PART
