import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from neuroflow.states import State
from neuroflow.waiting import wait_for_results


class Day:
    """A clock that only a sleep moves."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.sleeps = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += timedelta(seconds=seconds)


def looks(*columns):
    tables = iter(pd.DataFrame({"state": states}) for states in columns)
    return lambda: next(tables)


@pytest.fixture
def day():
    return Day()


def wait(day, look, **options):
    events = []
    settings = {"timeout": 100.0, "interval": 10.0, "stop": None} | options
    table = wait_for_results(
        look, listen=events.append, clock=day.clock, sleep=day.sleep, **settings
    )
    return list(table["state"]), events


def test_it_looks_until_the_last_study_is_answered(day):
    look = looks(
        [State.PROCESSING, State.PROCESSING, State.PACKAGED],
        [State.DELIVERED, State.PARTIAL, State.PACKAGED],
        [State.DELIVERED, State.FAILED, State.PACKAGED],
    )
    states, events = wait(day, look)
    assert states == [State.DELIVERED, State.FAILED, State.PACKAGED]
    assert [(e.done, e.total) for e in events] == [(0, 2), (1, 2), (2, 2)]
    assert day.sleeps == [10.0, 10.0]


def test_nothing_on_the_way_needs_no_waiting(day):
    wait(day, looks([State.COLLECTED]))
    assert day.sleeps == []


def test_it_gives_up_after_the_timeout(day):
    states, _ = wait(day, lambda: pd.DataFrame({"state": [State.OVERDUE]}), timeout=25.0)
    assert states == [State.OVERDUE]
    assert len(day.sleeps) == 3


def test_a_stop_ends_it_after_the_next_look(day):
    stop = threading.Event()
    stop.set()
    wait(day, lambda: pd.DataFrame({"state": [State.SUBMITTED]}), stop=stop)
    assert day.sleeps == []
