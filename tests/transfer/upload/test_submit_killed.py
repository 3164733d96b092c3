"""A process killed at any moment leaves what the next one resolves by looking at the server."""

from collections import Counter

import pytest
from support.counting import Counting
from support.dying import MOMENTS, die_while_submitting
from support.struck import STRUCK
from support.transfers import submit

from neuroflow.contract import upload_path
from neuroflow.ledger.ledger import Ledger
from neuroflow.ledger.states import State
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.upload.plan import plan

PART_IN_DOUBT = "after unconfirmed"  # all but the last byte is on the server
IN_DOUBT = (PART_IN_DOUBT, "before submitted")


def resume(packages, ledger_path, server, known, *, replace=False):
    """Submit again, in this process, to the end."""
    STRUCK["SIGKILL"] += 1
    with Ledger(ledger_path) as ledger:
        todo = plan(packages, ledger, {}, replace=replace)
        for _ in submit(
            todo,
            packages,
            lambda: connect(server.profile, hostkeys=known),
            ledger,
            quiet_seconds=0.3,
        ):
            pass
        return Counter(row.state for row in ledger.rows())


CASES = [(moment, "taken at once") for moment in MOMENTS]
CASES += [(moment, "left in place") for moment in ("midway", *IN_DOUBT)]


@pytest.mark.parametrize(("moment", "then"), CASES)
def test_killed_and_resumed_no_study_is_processed_twice(
    tmp_path, trusting, packages, ledger_path, moment, then
):
    (one,) = packages(1, size=600_000)
    takes = then == "taken at once"
    with Counting(tmp_path / "service", delay=0, takes_uploads=takes) as service:
        known = trusting(service)
        die_while_submitting(moment, service, known, [one], ledger_path, tmp_path)
        states = resume([one], ledger_path, service, known)
        wholes = [name for name, length in service.arrived if length == one.size]
    if (takes and moment in IN_DOUBT) or moment == PART_IN_DOUBT:
        # The last byte was leaving, and the server shows nothing, or another length: only the
        # user may send it again.
        assert states == {State.UNCONFIRMED: 1}
        assert len(wholes) <= 1
    else:
        assert states == {State.SUBMITTED: 1}
        assert wholes == [one.study_id]


@pytest.mark.sshd
@pytest.mark.parametrize("moment", ["midway", *IN_DOUBT])
def test_killed_and_resumed_the_file_is_whole(
    sshd, trusting, packages, ledger_path, tmp_path, moment
):
    (one,) = packages(1, size=600_000)
    known = trusting(sshd)
    die_while_submitting(moment, sshd, known, [one], ledger_path, tmp_path)
    is_open = moment == PART_IN_DOUBT
    state = State.UNCONFIRMED if is_open else State.SUBMITTED
    assert resume([one], ledger_path, sshd, known) == {state: 1}
    if is_open:
        assert resume([one], ledger_path, sshd, known, replace=True) == {State.SUBMITTED: 1}
    path = sshd.home / upload_path("COHORT", one.study_id)
    assert path.read_bytes() == one.path.read_bytes()
