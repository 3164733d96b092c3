"""Rate, pause, stop, and how long an upload will take."""

import threading
import time
from datetime import timedelta

import pytest
from support.transfers import plan_and_submit

from neuroflow.errors import SubmissionError
from neuroflow.ledger.ledger import Ledger, utc_now
from neuroflow.ledger.states import State
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.upload.history import PAUSED, RESUMED
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.rate_limit import RateLimiter


@pytest.mark.sshd
def test_all_connections_together_keep_to_the_rate(sshd, opening, packages, ledger):
    made = packages(4, size=250_000)
    begun = time.monotonic()
    list(plan_and_submit(made, ledger, opening(sshd), limit_mb_per_s=1))
    assert time.monotonic() - begun > 0.8
    assert {row.state for row in ledger.rows()} == {State.SUBMITTED}


@pytest.mark.parametrize("rate", [0, -1.0])
def test_no_rate_is_no_rate(folder_remote, packages, ledger, rate):
    with pytest.raises(SubmissionError, match="limit cannot be"):
        list(plan_and_submit(packages(1), ledger, folder_remote[1], limit_mb_per_s=rate))


@pytest.mark.sshd
def test_a_pause_holds_the_current_study_and_begins_none(sshd, opening, packages, ledger):
    made = packages(3, size=1_500_000)
    pause = threading.Event()
    held, seen = [], []
    options = {"connections": 1, "pause": pause, "quiet_seconds": 0.5, "limit_mb_per_s": 2}
    events = plan_and_submit(made, ledger, opening(sshd), **options)
    for event in events:
        if event.study_id == made[0].study_id and event.done and not held:
            held.append(event.study_id)
            pause.set()
            threading.Timer(0.7, pause.clear).start()
        if event.message == "paused":
            seen = [row.state for row in ledger.rows()]
    assert seen == [State.UPLOADING, State.PACKAGED, State.PACKAGED]
    assert {row.state for row in ledger.rows()} == {State.SUBMITTED}
    steps = [message for _, _, message in ledger.history(made[0].study_id)]
    assert steps.index(PAUSED) < steps.index(RESUMED)
    # While it was held, it was noted as still under way.
    assert len([s for _, s, _ in ledger.history(made[0].study_id) if s is State.UPLOADING]) > 3


def test_a_stop_ends_a_pause_and_says_what_is_left(folder_remote, packages, ledger):
    made = packages(3)
    pause, stop = threading.Event(), threading.Event()
    pause.set()
    threading.Timer(0.2, stop.set).start()
    events = list(plan_and_submit(made, ledger, folder_remote[1], pause=pause, stop=stop))
    assert {row.state for row in ledger.rows()} == {State.PACKAGED}
    assert "3 of 3 studies are left" in events[-1].message
    assert "stopped; studies in flight were finished" in events[-1].message


def test_nothing_left_needs_no_words(folder_remote, packages, ledger):
    assert list(plan_and_submit(packages(2), ledger, folder_remote[1]))[-1].message == ""


def test_a_study_that_failed_is_not_left(folder_remote, packages, ledger):
    made = packages(2)
    made[0].path.unlink()
    assert list(plan_and_submit(made, ledger, folder_remote[1]))[-1].message == ""


def test_progress_is_reported_a_few_times_a_second(folder_remote, packages, ledger):
    class Chatty(LocalRemote):
        def put(self, local, path, on_bytes, before_last):
            for done in range(500):
                on_bytes(done)
            return super().put(local, path, on_bytes, before_last)

    events = list(plan_and_submit(packages(1), ledger, lambda: Chatty(folder_remote[0])))
    assert 1 < len([event for event in events if event.study_id]) < 100


class Time:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = utc_now()

    def __call__(self):
        return self.now


def test_the_plan_estimates_duration_from_earlier_uploads(
    folder_remote, packages, ledger_path, ledger
):
    one, two, three, later = packages(4, size=1000)
    clock = Time()
    with Ledger(ledger_path, clock=clock) as other:
        # Two at the same time took four seconds together, the third two more: 500 bytes/s.
        for step in (one, two):
            other.record("COHORT", step.study_id, State.UPLOADING, "begun")
        clock.now += timedelta(seconds=4)
        for step in (one, two):
            other.record("COHORT", step.study_id, State.SUBMITTED, RECEIPT)
        clock.now += timedelta(hours=9)
        other.record("COHORT", three.study_id, State.UPLOADING, "begun")
        clock.now += timedelta(seconds=1)
        other.record("COHORT", three.study_id, State.UPLOADING, "500 of 1000 bytes")
        clock.now += timedelta(seconds=1)
        other.record("COHORT", three.study_id, State.SUBMITTED, RECEIPT)
    made = plan([one, two, three, later], ledger, {})
    assert made.speed == pytest.approx(500)
    assert made.seconds == pytest.approx(2)
    assert made.frame()["seconds"].tolist() == pytest.approx([0, 0, 0, 2])


RECEIPT = "sent; the size on the server is correct"


def test_a_pause_is_no_part_of_the_speed(packages, ledger_path, ledger):
    one, two, later = packages(3, size=1000)
    clock = Time()
    with Ledger(ledger_path, clock=clock) as other:
        # Both are held for 28 seconds, and take 2 seconds together without that: 1000 bytes/s.
        for seconds, message in (
            (0, "begun"),
            (1, PAUSED),
            (14, "400 of 1000 bytes"),
            (14, RESUMED),
        ):
            clock.now += timedelta(seconds=seconds)
            for step in (one, two):
                other.record("COHORT", step.study_id, State.UPLOADING, message)
        clock.now += timedelta(seconds=1)
        for step in (one, two):
            other.record("COHORT", step.study_id, State.SUBMITTED, RECEIPT)
    made = plan([one, two, later], ledger, {})
    assert made.speed == pytest.approx(1000)
    assert made.seconds == pytest.approx(1)


def test_a_pause_of_an_attempt_that_failed_has_no_effect(packages, ledger_path, ledger):
    one, later = packages(2, size=1000)
    clock = Time()
    with Ledger(ledger_path, clock=clock) as other:
        for message in ("begun", PAUSED, RESUMED, PAUSED, "begun"):
            other.record("COHORT", one.study_id, State.UPLOADING, message)
            clock.now += timedelta(seconds=2)
        other.record("COHORT", one.study_id, State.SUBMITTED, RECEIPT)
    assert plan([one, later], ledger, {}).speed == pytest.approx(500)


def test_what_was_found_on_the_server_later_tells_no_speed(packages, ledger):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.UPLOADING, "begun")
    ledger.record("COHORT", one.study_id, State.SUBMITTED, "found complete on the server")
    made = plan([one], ledger, {})
    assert made.speed is None
    assert made.seconds is None


def test_without_earlier_uploads_the_time_is_missing(packages, ledger):
    assert plan(packages(1), ledger, {}).frame()["seconds"].isna().all()


def test_a_real_upload_is_measured(folder_remote, packages, ledger):
    made = packages(3, size=100_000)
    list(plan_and_submit(made, ledger, folder_remote[1]))
    assert plan(made, ledger, {}).speed > 0


def test_bytes_wait_for_those_before_them():
    slept = []
    limiter = RateLimiter(1000.0, sleep=slept.append, monotonic=lambda: 0.0)
    limiter.acquire(500)
    limiter.acquire(500)
    assert slept == [0.5, 1.0]
