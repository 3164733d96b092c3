import asyncio
import threading
from datetime import UTC, datetime

import pytest
from support.waits import PATIENCE

from neuroflow.models import Event
from neuroflow.widgets.common.background import BackgroundTask


def event(done, study_id=None):
    return Event("upload", study_id, done, 9, "progress", "", datetime.now(UTC))


def start(work, **heard):
    told = {"on_events": lambda events: None, "on_done": lambda result: None}
    return BackgroundTask(work, **({"on_error": pytest.fail} | told | heard))


def test_events_arrive_in_order_and_before_the_end():
    seen = []
    job = start(
        lambda on_event, stop: [on_event(event(n)) for n in range(5)],
        on_events=lambda events: seen.extend(e.done for e in events),
        on_done=lambda result: seen.append("end"),
    )
    assert job.join(PATIENCE)
    assert seen == [0, 1, 2, 3, 4, "end"]


def test_whatever_work_raises_reaches_the_form():
    errors = []
    assert start(lambda on_event, stop: 1 / 0, on_error=errors.append).join(PATIENCE)
    assert isinstance(errors[0], ZeroDivisionError)


def test_task_receives_the_stop_event():
    job = start(lambda on_event, stop: stop.wait(PATIENCE))
    job.stop.set()
    assert job.join(PATIENCE)


def test_callbacks_run_on_the_thread_of_the_loop():
    threads = set()
    updates = []

    async def page():
        def heard(events):
            threads.add(threading.current_thread())
            updates.append(len(events))

        job = start(
            lambda on_event, stop: [on_event(event(n)) for n in range(1000)],
            on_events=heard,
            on_done=lambda result: threads.add(threading.current_thread()),
        )
        return await asyncio.to_thread(job.join, PATIENCE)

    assert asyncio.run(page())
    assert threads == {threading.current_thread()}
    assert sum(updates) == 1000
    assert len(updates) < 100


def test_task_that_outlives_its_page_updates_its_model():
    go = threading.Event()
    ends = []

    async def page():
        return start(
            lambda on_event, stop: (go.wait(PATIENCE), on_event(event(1))),
            on_events=lambda events: ends.append("events"),
            on_done=lambda result: ends.append("end"),
        )

    job = asyncio.run(page())
    go.set()
    assert job.join(PATIENCE)
    assert ends == ["events", "end"]
