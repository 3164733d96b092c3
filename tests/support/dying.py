"""A process that submits and is killed at a chosen moment."""

import json
import multiprocessing
import os
import signal
import sys
from functools import cache
from pathlib import Path

import pytest
from support.waits import PATIENCE

from neuroflow.identity import Journal
from neuroflow.ledger.ledger import Ledger
from neuroflow.ledger.states import State
from neuroflow.models import Package
from neuroflow.transfer.sftp.remote import SftpRemote, connect
from neuroflow.transfer.ssh.known_hosts import HostKeys
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.shared_journal import SharedJournal
from neuroflow.transfer.upload.submit import submit

MOMENTS = [
    f"{when} {state}"
    for state in (State.UPLOADING, State.UNCONFIRMED, State.SUBMITTED)
    for when in ("before", "after")
]
MOMENTS.insert(2, "midway")
"""When to die: around every step that the ledger records, and with half of the bytes sent."""
JOURNAL_MOMENTS = [
    f"{when} {state} in the journal"
    for state in (State.UPLOADING, State.UNCONFIRMED, State.SUBMITTED)
    for when in ("before", "after")
]
"""Around every line of the journal of the account."""


def die_while_submitting(moment, server, known, packages, ledger_path, folder, journal=None):
    """Run the process, as workspace "dead" of the journal; return once it is dead."""
    case = folder / "case.json"
    facts = {
        "moment": moment,
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "key": str(server.key),
        "known": str(known.path),
        "ledger": str(ledger_path),
        "journal": str(journal) if journal else "",
        "packages": [_as_dict(package) for package in packages],
    }
    case.write_text(json.dumps(facts))
    run_to_death(main, case)


def run_to_death(main, *arguments):
    """Run a function of a module of support in a process of its own, which must be killed."""
    process = _context().Process(target=_run, args=(dict(os.environ), main, *arguments))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == _DEAD


@cache
def _context():
    """Return how processes are begun: where possible, from one that has imported everything."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.dying", "support.dying_collector"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]))
        forkserver.ensure_running()
    return context


def _run(environ, main, *arguments):
    os.environ.clear()
    os.environ.update(environ)
    main(*arguments)


def _as_dict(package):
    names = ("cohort_id", "study_id", "size", "sha256", "source_sha256", "study_uid_sha256")
    return {"path": str(package.path)} | {name: getattr(package, name) for name in names}


_DEAD = -9 if hasattr(signal, "SIGKILL") else 9


def _die():
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


class _DyingJournal(Journal):
    moment = ""

    def add(self, entry):
        if self.moment == f"before {entry.state} in the journal":
            _die()
        super().add(entry)
        if self.moment == f"after {entry.state} in the journal":
            _die()


class _DyingLedger(Ledger):
    moment = ""

    def record(self, cohort_id, study_id, state, message="", **options):
        if self.moment == f"before {state}":
            _die()
        mark = super().record(cohort_id, study_id, state, message, **options)
        if self.moment == f"after {state}":
            _die()
        return mark


def main(case):
    facts = json.loads(Path(case).read_text())
    packages = [Package(**each | {"path": Path(each["path"])}) for each in facts["packages"]]
    ledger = _DyingLedger(Path(facts["ledger"]))
    ledger.moment = facts["moment"]
    shared = None
    if facts["journal"]:
        journal = _DyingJournal(Path(facts["journal"]))
        journal.moment = facts["moment"]
        shared = SharedJournal(journal, "dead")
    if facts["moment"] == "midway":
        write = SftpRemote._write

        def write_half(self, remote, blocks, name, on_bytes, before_last):
            def on_some(done):
                on_bytes(done)
                if done * 2 > packages[0].size:
                    _die()

            write(self, remote, blocks, name, on_some, before_last)

        SftpRemote._write = write_half
    profile = Profile(
        host=facts["host"], port=facts["port"], user=facts["user"], key=Path(facts["key"])
    )
    known = HostKeys(Path(facts["known"]))
    todo = plan(packages, ledger, {})
    for _ in submit(
        todo, packages, lambda: connect(profile, hostkeys=known), ledger, shared=shared
    ):
        pass
