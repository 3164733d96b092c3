"""Studies that come in while others are sent already."""

import itertools
import threading

import pytest
from support.transfers import submit
from support.waits import PATIENCE

from neuroflow.errors import LedgerError, LoginRefusedError
from neuroflow.ledger.ledger import utc_now
from neuroflow.ledger.states import State
from neuroflow.models import Event
from neuroflow.transfer.upload.plan import Plan, plan

COHORT = Plan("COHORT", ())


def sending(incoming, ledger, connect, **options):
    return submit(COHORT, [], connect, ledger, incoming=incoming, **options)


def items(made, ledger):
    return list(zip(plan(made, ledger, {}).items, made, strict=True))


def told(message):
    return Event("package", None, 1, 2, "progress", message, utc_now())


def states(ledger):
    return [row.state for row in ledger.rows()]


def followed(events, on_sent):
    """Follow a job to its end; whenever a study was sent, do something."""
    seen = []
    for event in events:
        seen.append(event)
        if event.stage == "upload" and event.study_id and event.status == "done":
            on_sent()
    return seen


def no_connection():
    pytest.fail("a connection was opened for nothing")


def test_one_is_sent_before_the_next_is_there(folder_remote, packages, ledger):
    first, second = items(packages(2), ledger)
    is_sent = threading.Event()

    def incoming():
        yield first
        assert is_sent.wait(PATIENCE)
        yield second

    followed(sending(incoming(), ledger, folder_remote[1]), is_sent.set)
    assert states(ledger) == [State.SUBMITTED, State.SUBMITTED]


def test_existing_and_new_packages_are_sent_in_one_job(folder_remote, packages, ledger):
    made = packages(3)
    there = plan(made[:1], ledger, {})
    events = list(
        submit(there, made[:1], folder_remote[1], ledger, incoming=iter_of(items(made, ledger)[1:]))
    )
    assert states(ledger) == [State.SUBMITTED] * 3
    total = sum(package.size for package in made)
    assert (events[-1].done, events[-1].total, events[-1].message) == (total, total, "")


def iter_of(pieces):
    yield from pieces


@pytest.mark.parametrize("pieces", [[], [told("unchanged")]])
def test_where_nothing_is_to_be_sent_nothing_is_connected(ledger, pieces):
    events = list(sending(iter_of(pieces), ledger, no_connection))
    assert events == pieces


def test_a_packaging_error_ends_the_job_keeping_sent_studies(folder_remote, packages, ledger):
    first, _ = items(packages(2), ledger)
    is_sent = threading.Event()

    def incoming():
        yield first
        assert is_sent.wait(PATIENCE)
        raise LedgerError("The ledger cannot be written.")

    with pytest.raises(LedgerError, match="cannot be written"):
        followed(sending(incoming(), ledger, folder_remote[1]), is_sent.set)
    assert states(ledger) == [State.SUBMITTED, State.PACKAGED]


@pytest.mark.parametrize("before", [True, False], ids=["before the first", "after the first"])
def test_a_stop_takes_in_no_other_and_says_so(folder_remote, packages, ledger, before):
    made = packages(3)
    stop, is_closed = threading.Event(), threading.Event()

    def incoming():
        try:
            if before:
                stop.set()
            for n, each in enumerate(items(made, ledger)):
                yield told(f"{n}")
                yield each
                assert before or stop.wait(PATIENCE)
        finally:
            is_closed.set()

    events = followed(sending(incoming(), ledger, folder_remote[1], stop=stop), stop.set)
    assert is_closed.is_set()
    assert states(ledger) == [State.PACKAGED if before else State.SUBMITTED, *[State.PACKAGED] * 2]
    if not before:
        assert "stopped; studies in flight were finished" in events[-1].message
        assert "others are not packaged yet" in events[-1].message


def test_without_any_connection_left_the_making_ends_too(demo, opening, packages, ledger):
    first, second = items(packages(2), ledger)
    connect, opened, is_sent = opening(demo, timeout=30.0), [], threading.Event()

    def only_once():
        if opened:
            raise LoginRefusedError("The key is not known any more.")
        opened.append(connect())
        return opened[0]

    def incoming():
        yield first
        assert is_sent.wait(PATIENCE)
        opened[0].close()
        yield second
        yield from (told(f"{n}") for n in itertools.count())

    with pytest.raises(LoginRefusedError):
        followed(sending(incoming(), ledger, only_once, connections=1), is_sent.set)
    assert states(ledger) == [State.SUBMITTED, State.PACKAGED]
