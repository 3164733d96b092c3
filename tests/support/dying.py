"""A process that submits and is killed at a chosen moment: `python -m support.dying CASE.json`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

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
    run_to_death("support.dying", case)


def run_to_death(module, *arguments):
    """Run a module of the tests in a process of its own, which must be killed."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    ended = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == _DEAD, ended.stderr


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


if __name__ == "__main__":
    main(sys.argv[1])
