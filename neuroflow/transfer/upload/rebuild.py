"""Rebuild a lost ledger from the packages on this disk and what the server shows."""

from __future__ import annotations

from collections.abc import Sequence

from neuroflow.contract import upload_path
from neuroflow.errors import RemoteRefusedError
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Entry, Package
from neuroflow.transfer.collect import VALUES_FILE, find_results
from neuroflow.transfer.remote import Remote

UNSEEN = "the ledger was rebuilt and the server does not show it; it may have been processed"
PART = "the ledger was rebuilt; the size on the server differs"
WHOLE = "the ledger was rebuilt; found complete on the server, or processed"


def rebuild(packages: Sequence[Package], ledger: Ledger, remote: Remote) -> list[LedgerRow]:
    """Record in a new ledger what the server shows of every package.

    If it is interrupted, it must be run again before anything is sent.

    A study that the server does not show may have been sent and processed: it becomes
    ``unconfirmed`` and is sent only with `replace`. A study whose upload the ledger already
    records stays as it is.
    """
    answered = {
        folder.study_id
        for folder in find_results(remote)
        if VALUES_FILE in {entry.name for entry in folder.files}
    }
    for package in packages:
        row = ledger.row(package.study_id)
        if row is not None and row.state is not State.PACKAGED:
            continue
        state, message = _state_on_server(
            remote, package, has_region_values=package.study_id in answered
        )
        if row is None:
            ledger.add_package(package)
        content = (package.size, package.sha256)
        ledger.record(package.cohort_id, package.study_id, state, message, sent=content)
    rows = {row.study_id: row for row in ledger.rows()}
    return [rows[package.study_id] for package in packages]


def _state_on_server(
    remote: Remote, package: Package, *, has_region_values: bool
) -> tuple[State, str]:
    if has_region_values:
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
