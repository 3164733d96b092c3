import math
import threading
from datetime import UTC, datetime, timedelta
from itertools import islice

import pandas as pd
import pytest

from neuroflow.errors import ConnectionLostError, LoginRefusedError, OptionError, PortError
from neuroflow.ledger.states import State
from neuroflow.transfer.control import Clock
from neuroflow.transfer.polling import as_of, poll, wait_for_results


class Day:
    """A clock that only a sleep moves."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.slept = 0.0
        self.clock = Clock(lambda: self.now, self.sleep)

    def sleep(self, seconds):
        self.slept += seconds
        self.now += timedelta(seconds=seconds)


def frame(*states):
    return pd.DataFrame({"study_id": [f"s{n}" for n in range(len(states))], "state": states})


def looking(*looks):
    """Return what shows one status after the other; an error among them is raised."""
    waiting = iter(looks)

    def status():
        look = next(waiting)
        if isinstance(look, Exception):
            raise look
        return look

    return status


@pytest.fixture
def day():
    return Day()


def pauses(day, *looks, **options):
    settings = {"interval": 10.0, "clock": day.clock} | options
    return [look.pause for look in islice(poll(looking(*looks), **settings), len(looks))]


def test_pauses_grow_while_nothing_changes_up_to_the_longest(day):
    same = [frame("processing")] * 6
    assert pauses(day, *same, longest=30.0) == [10, 15, 22.5, 30, 30, 30]


def test_a_change_makes_pauses_short_again(day):
    looks = [frame("processing")] * 3 + [frame("delivered")] * 2 + [frame("delivered", "unknown")]
    assert pauses(day, *looks) == [10, 15, 22.5, 10, 15, 10]


def test_what_counts_is_the_state_not_its_words(day):
    looks = [frame("overdue").assign(message=words) for words in ("after 7 h", "after 8 h")]
    assert pauses(day, *looks) == [10, 15]


def test_a_lost_connection_is_reported_and_retried_with_growing_waits(day):
    lost = ConnectionLostError("gone")
    status = looking(frame("processing"), lost, PortError("shut"), frame("processing"))
    watching = poll(status, interval=10.0, clock=day.clock)
    looks = list(islice(watching, 4))
    assert [type(look.error) for look in looks] == [
        type(None), ConnectionLostError, PortError, type(None),
    ]  # fmt: skip
    assert [look.pause for look in looks] == [10, 15, 22.5, 33.75]
    assert all(look.waiting == 1 for look in looks)
    assert "gone" in looks[1].event().message


@pytest.mark.parametrize(
    "looks",
    [
        [ConnectionLostError("four times")] * 4,
        [frame("processing"), LoginRefusedError("key removed")],
    ],
)
def test_the_first_look_must_succeed_and_refusals_end_it(day, looks):
    with pytest.raises((ConnectionLostError, LoginRefusedError)):
        pauses(day, *looks)


def test_a_stop_is_heard_in_the_middle_of_a_pause(day):
    stop = threading.Event()

    def sleep(seconds):
        day.sleep(seconds)
        if day.slept >= 3:
            stop.set()

    looks = poll(
        lambda: frame("processing"), interval=3600.0, stop=stop, clock=Clock(day.clock.now, sleep)
    )
    assert len(list(looks)) == 1
    assert day.slept == 3


@pytest.mark.parametrize(
    ("jump", "slept"), [(timedelta(hours=8), 0.5), (-timedelta(hours=8), 10.0)]
)
def test_neither_sleep_nor_clock_changes_delay_the_next_check(day, jump, slept):
    def sleep(seconds):
        day.slept += seconds
        day.now += jump

    looks = poll(lambda: frame("processing"), interval=10.0, clock=Clock(day.clock.now, sleep))
    list(islice(looks, 2))
    assert day.slept == slept


@pytest.mark.parametrize("interval", [0, -1.0, math.nan, math.inf])
def test_a_service_is_not_asked_without_a_pause(day, interval):
    asked = []
    with pytest.raises(OptionError, match="interval cannot be"):
        next(poll(lambda: asked.append(1), interval=interval, clock=day.clock))
    assert asked == []


def wait(day, status, **options):
    events = []
    settings = {"timeout": 100.0, "interval": 10.0} | options
    table = wait_for_results(status, listen=events.append, clock=day.clock, **settings)
    return list(table["state"]), events


def test_waiting_ends_with_the_last_answer(day):
    status = looking(
        frame(State.PROCESSING, State.PROCESSING, State.PACKAGED),
        frame(State.DELIVERED, State.PARTIAL, State.PACKAGED),
        frame(State.DELIVERED, State.FAILED, State.PACKAGED),
    )
    states, events = wait(day, status)
    assert states == [State.DELIVERED, State.FAILED, State.PACKAGED]
    assert [(e.done, e.total) for e in events] == [(0, 2), (1, 2), (2, 2)]
    assert day.slept == 20.0


def test_nothing_on_the_way_needs_no_waiting(day):
    wait(day, looking(frame(State.COLLECTED)))
    assert day.slept == 0


def test_waiting_has_its_last_look_when_the_time_is_over(day):
    states, events = wait(day, lambda: frame(State.OVERDUE), timeout=26.0)
    assert states == [State.OVERDUE]
    assert [(e.at - events[0].at).total_seconds() for e in events] == [0, 10, 25, 26]


def test_a_stop_before_the_beginning_leaves_one_look(day):
    stop = threading.Event()
    stop.set()
    states, _ = wait(day, lambda: frame(State.SUBMITTED), stop=stop)
    assert states == [State.SUBMITTED]
    assert day.slept == 0


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(minutes=3), "as of 14:02, 3 minutes ago"),
        (timedelta(hours=26), "as of 2026-01-01 14:02, 26 hours ago"),
    ],
)
def test_the_last_check_is_described_with_its_age(passed, expected):
    checked = datetime(2026, 1, 1, 14, 2, tzinfo=UTC)
    assert as_of(checked, checked + passed) == expected


def test_a_service_that_was_never_checked_has_no_time():
    assert as_of(None, datetime(2026, 1, 1, tzinfo=UTC)) == "the service was not checked yet"
