"""Every order of runs and crashes in two workspaces: real decisions, a model of the rest.

The model has two ledgers, one journal and one server, and takes one study. A run does its steps in
order and may die after each; the service may take the file away, show results, or lose nothing.
All reachable states are visited.
"""

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from neuroflow.identity import JournalEntry
from neuroflow.ledger import LedgerRow, State
from neuroflow.models import Entry
from neuroflow.transfer.upload.reconcile import ServerView, Verdict, reconcile
from neuroflow.transfer.upload.shared_journal import SharedJournal

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SIZE = 9
NO_CRASH = 99
N_STATES = 143


@dataclass(frozen=True)
class World:
    """What is on the disks and on the server."""

    ledgers: tuple[tuple[State, str], tuple[State, str]] = ((State.PACKAGED, ""),) * 2
    journal: tuple[State, str] | None = None  # The last line: state, workspace
    shown: int | None = None  # The size of the file on the server
    wholes: int = 0  # How often the service received the whole study
    has_results: bool = False


class CrashError(Exception):
    pass


class Run:
    """One run of a workspace, which dies after a number of steps."""

    def __init__(self, world, number, steps, *, force=False):
        self.world, self.number, self.left, self.force = world, number, steps, force

    def change(self, **what):
        self.world = replace(self.world, **what)
        self.left -= 1
        if not self.left:
            raise CrashError

    def record(self, state, message=""):
        ledgers = list(self.world.ledgers)
        assert ledgers[self.number][0].may_become(state)
        ledgers[self.number] = (state, message)
        self.change(ledgers=tuple(ledgers))

    def announce(self, state):
        self.change(journal=(state, f"w{self.number}"))

    def row(self):
        state, message = self.world.ledgers[self.number]
        sent = None if state is State.PACKAGED else SIZE
        return LedgerRow("C", "s", state, NOW, SIZE, "a", "", "", message, sent_size=sent)

    def submit(self):
        """Do what `UploadWorker.handle` does, quiet times apart."""
        adopted = SharedJournal(self, f"w{self.number}").adopted(self.row())
        if adopted is not None:
            self.record(adopted.state, adopted.reason)
            if adopted.state is State.SUBMITTED:
                return
        decision = reconcile(
            self.row(), self.view(), elapsed=1e9, quiet_seconds=1.0, force=self.force
        )
        if decision.verdict is Verdict.SEND:
            self.send()
        elif decision.verdict is Verdict.UNSURE:
            self.record(State.UNCONFIRMED, decision.reason)
        elif not self.row().state.is_sent:
            self.record(State.SUBMITTED)
            self.announce(State.SUBMITTED)

    def send(self):
        self.announce(State.UPLOADING)
        self.record(State.UPLOADING)
        self.change(shown=SIZE - 1)
        self.announce(State.UNCONFIRMED)
        self.record(State.UNCONFIRMED)
        self.change(shown=SIZE, wholes=self.world.wholes + 1)
        self.record(State.SUBMITTED)
        self.announce(State.SUBMITTED)

    def view(self):
        shown = self.world.shown
        entry = None if shown is None else Entry("s.zip", shown, NOW)
        return ServerView(entry, self.world.has_results, has_folder=self.world.has_results)

    def last(self, _study_id):
        """Return the last line, as a journal does."""
        if self.world.journal is None:
            return None
        state, workspace = self.world.journal
        return JournalEntry("s", state, "", workspace=workspace)


def after_run(world, number, steps, **options):
    run = Run(world, number, steps, **options)
    try:
        run.submit()
    except CrashError:
        return run.world, True
    return run.world, False


def following(world):
    """Yield every world that may come next."""
    for number in (0, 1):
        for steps in (*range(1, 11), NO_CRASH):
            yield after_run(world, number, steps)[0]
    if world.shown is not None:
        yield replace(world, shown=None)  # taken away: a whole one, or a part that was refused
    if world.wholes:
        yield replace(world, has_results=True)


@pytest.fixture(scope="module")
def reachable():
    """Visit every world that can be reached from two packaged copies of one scan."""
    seen, waiting = {World()}, deque([World()])
    while waiting:
        for world in following(waiting.popleft()):
            if world not in seen:
                seen.add(world)
                waiting.append(world)
    return seen


def test_no_order_of_crashes_sends_a_study_twice(reachable):
    assert max(world.wholes for world in reachable) == 1


def test_nothing_is_called_sent_that_did_not_arrive(reachable):
    for world in reachable:
        if not world.wholes:
            assert not any(state.is_sent for state, _ in world.ledgers), world


def test_a_run_to_the_end_leaves_nothing_unreported(reachable):
    for world in reachable:
        for number in (0, 1):
            after, is_dead = after_run(world, number, NO_CRASH)
            assert not is_dead
            assert after.ledgers[number][0] in {State.SUBMITTED, State.UNCONFIRMED}, world


def test_results_settle_every_doubt(reachable):
    for world in reachable:
        if world.has_results:
            for number in (0, 1):
                after, _ = after_run(world, number, NO_CRASH)
                assert after.ledgers[number][0] is State.SUBMITTED, world


def test_replace_settles_what_never_arrived(reachable):
    for world in reachable:
        if not world.wholes:
            after, _ = after_run(world, 0, NO_CRASH, force=True)
            assert (after.wholes, after.ledgers[0][0]) == (1, State.SUBMITTED), world


def test_without_the_journal_the_model_finds_a_study_sent_twice(monkeypatch):
    monkeypatch.setattr(SharedJournal, "adopted", lambda _self, _row: None)
    world, _ = after_run(World(), 0, NO_CRASH)
    world, _ = after_run(replace(world, shown=None), 1, NO_CRASH)
    assert world.wholes == 2


def test_the_documented_number_of_states_is_right(reachable):
    assert len(reachable) == N_STATES
