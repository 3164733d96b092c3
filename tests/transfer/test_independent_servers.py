"""Uploads and collections with SFTP servers that others wrote."""

import os
import random
import shutil

import pytest
from support.independent import SERVERS, Rclone
from support.proxy import Fault, Proxy
from support.struck import STRUCK
from support.transfers import behind, collect, is_whole, plan_and_submit, states

from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.upload.reconcile import NOT_STORED

FAULTS = int(os.environ.get("NEUROFLOW_FAULTS", "0"))
RUNS = max(1, FAULTS // 6)
FIRST = RUNS * int(os.environ.get("NEUROFLOW_SEED", "0"))

pytestmark = pytest.mark.independent


@pytest.fixture(scope="module", params=SERVERS)
def running(request, tmp_path_factory):
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture
def server(running):
    """Return each server in turn, with empty folders."""
    for name in ("input", "output"):
        shutil.rmtree(running.home / name)
        (running.home / name).mkdir()
    return running


def test_studies_arrive_whole_and_are_not_sent_again(server, opening, packages, ledger):
    made = packages(7, size=333_003)
    connect = opening(server)
    list(plan_and_submit(made, ledger, connect, connections=4))
    assert states(ledger) == {State.SUBMITTED: 7}
    assert all(is_whole(server.home, each) for each in made)
    assert {event.status for event in plan_and_submit(made, ledger, connect)} <= {"skipped"}


def test_results_are_collected_byte_by_byte(server, opening, packages, ledger, tmp_path):
    made = packages(40)
    for each in made:
        ledger.record("COHORT", each.study_id, State.SUBMITTED)
        folder = server.home / "output" / f"{each.study_id}_out"
        folder.mkdir()
        for name in RESULT_FILES:
            (folder / name).write_bytes(os.urandom(70_000))
    list(collect(opening(server), ledger, tmp_path / "results"))
    assert states(ledger) == {State.COLLECTED: 40}
    for path in (server.home / "output").glob("*/*"):
        here = tmp_path / "results" / path.relative_to(server.home / "output")
        assert here.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_lost_connections_leave_no_part_and_no_copy(server, trusting, packages, ledger, seed):
    rng, made = random.Random(seed), packages(4, size=300_000)
    kinds = ("reset", "close")
    faults = [Fault(rng.randint(1_000, 290_000), rng.choice(kinds)) for _ in range(5)]
    with Proxy(server.port, faults=faults) as proxy:
        connect = behind(proxy, server, trusting)
        list(plan_and_submit(made, ledger, connect, connections=2, quiet_seconds=0.2))
        assert proxy.struck
    STRUCK.update(proxy.struck)
    for row, each in zip(ledger.rows(), made, strict=True):
        assert is_whole(server.home, each) or row.state is State.UNCONFIRMED


def test_what_is_refused_at_the_end_is_in_doubt(tmp_path, opening, packages, ledger):
    made = packages(2, size=400_000)
    with Rclone(tmp_path / "rclone", limit_kb=100) as server:
        connect = opening(server)
        list(plan_and_submit(made, ledger, connect, connections=1, quiet_seconds=0.1))
        assert not any(is_whole(server.home, each) for each in made)
        assert not any(row.state.is_sent for row in ledger.rows())
        for row in ledger.rows():  # whether it refuses the last bytes or the closing is a race
            is_closing = row.message.startswith(f"{NOT_STORED}it answered the closing with")
            assert is_closing or "The server reported an error while" in row.message
            assert is_closing is (row.state is State.UNCONFIRMED)
