"""Background tasks: one thread each, with events delivered on the thread of the form."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from neuroflow.models import Event, OnEvent
from neuroflow.widgets.common.one_loop import running_loop

Result = TypeVar("Result")
Work = Callable[[OnEvent, threading.Event], Result]
"""The work of a task: it reports events and checks the stop event."""

UPDATE_SECONDS = 0.1
"""Seconds between two updates of a form; uploads report far more often."""


class BackgroundTask(Generic[Result]):
    """Run a callable in a thread and call back on the thread of the form.

    On the event loop where it was started (the kernel's thread that handles clicks), so that only
    one thread changes a form; without a loop, from its own thread, one call at a time.
    """

    def __init__(
        self,
        work: Work[Result],
        *,
        on_events: Callable[[Sequence[Event]], None],
        on_done: Callable[[Result], None],
        on_error: Callable[[Exception], None],
        interval: float = UPDATE_SECONDS,
    ) -> None:
        self._work = work
        self._on_events = on_events
        self._on_done = on_done
        self._on_error = on_error
        self._interval = interval
        self._pending: deque[Event] = deque()
        self._delivery_scheduled = False
        self._lock = threading.RLock()
        self._finished = threading.Event()
        self._loop = running_loop()
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="neuroflow-form", daemon=True)
        self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the task and its last callback; not from the form's own thread."""
        return self._finished.wait(timeout)

    def _run(self) -> None:
        try:
            result = self._work(self._on_event, self.stop)
        except Exception as error:  # noqa: BLE001  the edge of the thread: the form shows it
            self._post(self._finish, lambda error=error: self._on_error(error))
        else:
            self._post(self._finish, lambda: self._on_done(result))

    def _finish(self, callback: Callable[[], None]) -> None:
        try:
            self._deliver()
            callback()
        finally:
            self._finished.set()

    def _on_event(self, event: Event) -> None:
        with self._lock:
            self._pending.append(event)
            if self._delivery_scheduled and not (self._loop and self._loop.is_closed()):
                return
            self._delivery_scheduled = True
        self._post(self._deliver, delay=self._interval)

    def _deliver(self) -> None:
        with self._lock:
            self._delivery_scheduled = False
            events = [self._pending.popleft() for _ in range(len(self._pending))]
            if events:
                self._on_events(events)

    def _post(self, call: Callable[..., None], *args: object, delay: float = 0.0) -> None:
        """Schedule a call on the form's thread after a delay."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._loop.call_later, delay, call, *args)
            except RuntimeError:  # the page was closed; the model is still updated
                pass
            else:
                return
        call(*args)
