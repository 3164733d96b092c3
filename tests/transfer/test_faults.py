"""Seeded faults of the line: every study is processed once, and the ledger says what is there."""

import dataclasses
import os
import random
from collections import Counter

import pytest
from support.counting import Counting
from support.proxy import Fault, Proxy

from neuroflow.errors import ConnectError
from neuroflow.states import State
from neuroflow.transfer.hostkeys import fetch_host_key
from neuroflow.transfer.paths import upload_path
from neuroflow.transfer.plan import plan
from neuroflow.transfer.sftp import connect
from neuroflow.transfer.submit import submit

RUNS = int(os.environ.get("NEUROFLOW_FAULTS", "8"))
TIMEOUT, PATIENCE, QUIET = 0.4, 0.5, 1.0
SIZE = 300_000


def faults(rng):
    """Draw what happens to the first connections; the later ones are good."""
    kinds = ["reset", "close", "silence"]
    after = [rng.randint(1, 4000), rng.randint(4000, SIZE), rng.randint(SIZE, 3 * SIZE)]
    return [
        rng.choice([None, Fault(rng.choice(after), rng.choice(kinds), PATIENCE)])
        for _ in range(rng.randint(1, 4))
    ]


def send_all(made, ledger, connect_again):
    """Submit until nothing is left to do; a run may fail for want of a connection."""
    for _ in range(6):
        todo = plan(made, ledger, {})
        if not todo.to_do:
            return
        try:
            for _ in submit(todo, made, connect_again, ledger, connections=2, quiet_seconds=QUIET):
                pass
        except ConnectError:
            continue


@pytest.mark.parametrize("seed", range(RUNS))
def test_a_bad_line_makes_no_study_come_twice(tmp_path, trusting, packages, ledger, seed):
    made = packages(3, size=SIZE)
    with (
        Counting(tmp_path / "service", delay=0) as service,
        Proxy(service.port, faults=faults(random.Random(seed))) as proxy,
    ):
        known = trusting(service)
        known.trust(proxy.host, proxy.port, fetch_host_key(service.host, service.port))
        profile = dataclasses.replace(service.profile, port=proxy.port)
        send_all(made, ledger, lambda: connect(profile, hostkeys=known, timeout=TIMEOUT))
        assert service.wholes(made) == [1, 1, 1]
    assert Counter(row.state for row in ledger.rows()) == {State.SUBMITTED: 3}
    for package in made:
        there = service.home / upload_path(package.cohort_id, package.study_id)
        assert there.read_bytes() == package.path.read_bytes()


@pytest.mark.parametrize("seed", range(RUNS, RUNS + RUNS // 2))
def test_nor_where_the_service_takes_uploads_away(tmp_path, trusting, packages, ledger, seed):
    made = packages(3, size=SIZE)
    with (
        Counting(tmp_path / "service", delay=0, takes_uploads=True) as service,
        Proxy(service.port, faults=faults(random.Random(seed))) as proxy,
    ):
        known = trusting(service)
        known.trust(proxy.host, proxy.port, fetch_host_key(service.host, service.port))
        profile = dataclasses.replace(service.profile, port=proxy.port)
        send_all(made, ledger, lambda: connect(profile, hostkeys=known, timeout=TIMEOUT))
        counts = service.wholes(made)
    for row, count in zip(ledger.rows(), counts, strict=True):
        assert count == 1 or (count == 0 and row.state is State.UNCONFIRMED)
        assert row.state in {State.SUBMITTED, State.UNCONFIRMED}
