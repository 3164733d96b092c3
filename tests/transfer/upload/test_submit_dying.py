"""Uploads of two workspaces that die at any step, in any order, and meet every trick of a service.

One study, and nobody asks to replace it: so it never arrives twice, and no ledger calls it sent
before it arrived. ``NEUROFLOW_FAULTS`` sets about how many faults strike.
"""

import os
import random
from contextlib import suppress

import pytest
from support.fake_service import QUIET, TRICKS, FakeService, KilledError, mortal
from support.struck import STRUCK
from support.transfers import submit

from neuroflow.identity import Journal
from neuroflow.ledger import Ledger, State
from neuroflow.transfer.upload.plan import Planner
from neuroflow.transfer.upload.shared_journal import SharedJournal

FAULTS = int(os.environ.get("NEUROFLOW_FAULTS", "0"))
SEEDS = max(20, FAULTS // 4)
FIRST = SEEDS * int(os.environ.get("NEUROFLOW_SEED", "0"))
ROUNDS, STEPS = 8, 26  # a submission from the first record to the last takes 25 steps
NAMES = ("first", "second")
ENDS = {State.SUBMITTED, State.UNCONFIRMED}


@pytest.fixture
def service(tmp_path):
    service = FakeService(tmp_path / "service")
    with mortal(service):
        yield service


@pytest.fixture
def run(tmp_path, packages, service):
    """Return a function that submits the study from a workspace; it returns the state."""
    (one,) = packages(1, size=1000)

    def run_in(name, *, replace=False):
        with Ledger(tmp_path / f"{name}.sqlite") as ledger:
            ledger.add_package(one)
            shared = SharedJournal(Journal(tmp_path / "journal"), name)
            planner = Planner(ledger, replace=replace, shared=shared)
            planner.add(one)
            shared.catch_up(ledger.rows())
            todo = planner.plan("COHORT", {})
            for _ in submit(
                todo, [one], service.connect, ledger, shared=shared, quiet_seconds=QUIET
            ):
                pass
            return ledger.row(one.study_id).state

    return run_in


def states(folder):
    """Return what each workspace holds to be true."""
    found = []
    for name in NAMES:
        if (folder / f"{name}.sqlite").exists():
            with Ledger(folder / f"{name}.sqlite") as ledger:
                found += [row.state for row in ledger.rows()]
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_no_order_of_deaths_sends_twice_or_loses(tmp_path, service, run, seed):
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        trick = rng.choice(TRICKS)
        service.begin(trick, rng.randint(1, STEPS))
        with suppress(KilledError):
            run(rng.choice(NAMES))
        if service.trick != trick:
            STRUCK[trick.replace(",", "")] += 1
        STRUCK["killed"] += service.is_dead
        service.begin()
        if rng.random() < 0.3:
            service.take_away()
        assert service.wholes <= 1, "sent twice"
        assert not service.parts_over_wholes, "a part replaced the whole study"
        assert service.wholes or not any(state.is_sent for state in states(tmp_path))
        if len(found := states(tmp_path)) == len(NAMES) and ENDS.issuperset(found):
            break
    for name in NAMES:
        assert run(name) in ENDS
        assert service.wholes <= 1
    if not service.wholes:
        assert run(NAMES[0], replace=True) is State.SUBMITTED
        assert service.wholes == 1
