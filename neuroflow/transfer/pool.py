"""A pool of connections that handle one list of tasks, each in its own thread."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

from neuroflow.errors import ConnectError
from neuroflow.models import Event, OnEvent
from neuroflow.transfer.control import POLL_SECONDS, Job
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.retry import FIRST_PAUSES, TRANSIENT_ERRORS, reconnecting

T = TypeVar("T")

WAIT = "wait"
"""The stage of events that state what a job waits for."""

_STOP_SECONDS = 0.5  # in which small files that are on their way still arrive

Handle = Callable[[Remote, T, OnEvent], float | None]
"""Handles one task; returns when to handle it again (by `Job.monotonic`), or None. Where the
connection was lost, it raises `PostponedError` or `DroppedError`."""


class PostponedError(Exception):
    """The connection is lost; the task is to be retried later, with a new one."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until


class DroppedError(Exception):
    """The connection is lost; the task is left as it is."""


def forward_events(events: Generator[Event, None, None], listen: OnEvent) -> None:
    """Pass the events of a job to a listener; an error of the listener ends the job at once."""
    try:
        for event in events:
            listen(event)
    except BaseException as error:
        # A generator that is merely closed, for example by a second Ctrl-C, would first finish what
        # is in flight.
        events.throw(error)
        raise


def first_connection(
    connect: Callable[[], Remote], job: Job, stage: str
) -> Generator[Event, None, Remote]:
    """Open the first connection of a job, with a few retries while the network is away."""
    for pause in (*FIRST_PAUSES, None):
        try:
            return connect()
        except TRANSIENT_ERRORS as error:
            if pause is None or job.is_over():
                raise
            message = f"no connection, retrying in {pause} s: {error}"
        yield Event(stage, None, 0, 0, "progress", message, job.now())
        job.wait_until(job.monotonic() + pause)
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def disconnecting(remote: Remote, job: Job) -> Iterator[None]:
    """Close a connection soon after the user stopped the job, whatever the server does.

    For downloads, which are atomic; what a server sends without end must not hold a stop up.
    """
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(_STOP_SECONDS / 4):
            if job.control.stop.is_set():
                if not is_done.wait(_STOP_SECONDS):
                    remote.close()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_done.set()
        watcher.join()


class ConnectionPool(Generic[T]):
    """A few workers, each with a connection of its own."""

    def __init__(
        self,
        connect: Callable[[], Remote],
        tasks: Iterable[T],
        handle: Handle[T],
        *,
        first: Remote,
        size: int,
        job: Job,
        incoming: Iterable[Event | T] | None = None,
    ) -> None:
        self._connect = connect
        self._handle = handle
        self._first = first
        self._job = job
        self._numbers = itertools.count()
        now = job.monotonic()
        self._tasks = [(now, next(self._numbers), task) for task in tasks]
        self._incoming = incoming
        self._all_arrived = incoming is None
        self._size = max(1, min(size, len(self._tasks)) if incoming is None else size)
        self._running = self._size
        self._lock = threading.Lock()
        self._arrival = threading.Condition(self._lock)
        self._events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._open: set[Remote] = {first}
        self._connect_error: ConnectError | None = None

    def run(self, summary: Callable[[Event], Event | None]) -> Iterator[Event]:
        """Handle all tasks, yielding their events and what `summary` makes of each."""
        threads = [
            threading.Thread(
                target=self._work, args=(self._first if n == 0 else None,), daemon=True
            )
            for n in range(self._size)
        ]
        if self._incoming is not None:
            receive = threading.Thread(target=self._receive, args=(self._incoming,), daemon=True)
            threads.append(receive)
        for thread in threads:
            thread.start()
        try:
            for event in self._yield_events(len(threads)):
                yield event
                if (of_all := summary(event)) is not None:
                    yield of_all
        except GeneratorExit:
            raise  # nobody listens any more: tasks in flight are finished below
        except BaseException:
            self._job.ended.set()
            self._disconnect()  # an error, or a second Ctrl-C: stop at once
            raise
        finally:
            self._job.ended.set()
            for thread in threads:
                thread.join()
            self._disconnect()
        has_tasks = bool(self._tasks) or not self._all_arrived
        if self._connect_error is not None and has_tasks and not self._job.control.stop.is_set():
            raise self._connect_error

    def _yield_events(self, running: int) -> Iterator[Event]:
        while running:
            try:
                event = self._events.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue  # wakes up now and then, so that Ctrl-C is noticed on Windows too
            if event is None:
                running -= 1
            elif isinstance(event, Event):
                yield event
            else:
                raise event

    def _work(self, remote: Remote | None) -> None:
        """Handle tasks until none is left; errors are raised in `run`."""
        try:
            # Connect first: no worker holds a task that another one could handle meanwhile.
            while (remote := remote or self._reconnect()) and (taken := self._take()):
                due, task = taken
                self._job.wait_until(due, partial(self._is_first, due))
                self._job.wait_while_paused()
                if self._job.is_over():
                    self._put_back(due, task)
                    break
                if self._job.monotonic() < due:  # another task is due earlier
                    self._put_back(due, task)
                    continue
                remote = self._handle_one(remote, task)
        except BaseException as error:  # noqa: BLE001  handed over, not handled
            self._events.put(error)
        finally:
            self._end_worker()

    def _receive(self, incoming: Iterable[Event | T]) -> None:
        """Add tasks as they come in; errors are raised in `run`."""
        try:
            for item in incoming:
                if isinstance(item, Event):
                    self._events.put(item)
                else:
                    self._put_back(self._job.monotonic(), item)
                if self._job.is_over():
                    break
            else:
                with self._arrival:
                    self._all_arrived = True
                    self._arrival.notify_all()
        except BaseException as error:  # noqa: BLE001  handed over, not handled
            self._events.put(error)
        finally:
            self._events.put(None)

    def _handle_one(self, remote: Remote, task: T) -> Remote | None:
        """Handle one task; return None if the connection was lost."""
        try:
            again = self._handle(remote, task, self._events.put)
        except PostponedError as postponed:
            self._put_back(postponed.until, task)
        except DroppedError:
            pass
        else:
            if again is not None:
                self._put_back(again, task)
            return remote
        self._close(remote)
        return None

    def _take(self) -> tuple[float, T] | None:
        """Take the task that is due first, waiting for one if others are still to come in."""
        with self._arrival:
            while not self._job.is_over():
                if self._tasks:
                    due, _, task = heapq.heappop(self._tasks)
                    return due, task
                if self._all_arrived:
                    return None
                self._arrival.wait(POLL_SECONDS)
        return None

    def _put_back(self, due: float, task: T) -> None:
        with self._arrival:
            heapq.heappush(self._tasks, (due, next(self._numbers), task))
            self._arrival.notify()

    def _is_first(self, due: float) -> bool:
        """Check whether no other task is due before this time."""
        with self._lock:
            return not self._tasks or due <= self._tasks[0][0]

    def _reconnect(self) -> Remote | None:
        """Open a connection, with retries; return None if none is needed or all retries failed."""
        if not self._is_needed():
            return None
        try:
            remote = reconnecting(self._pause, self._is_needed, self._report_failure)(self._connect)
        except ConnectError as error:
            # The others go on with fewer connections; `run` raises this if tasks are left.
            self._connect_error = error
            return None
        with self._lock:
            self._open.add(remote)
        return remote

    def _report_failure(self, error: BaseException | None) -> None:
        message = f"no connection, retrying: {error}"
        self._events.put(Event(WAIT, None, 0, 0, "progress", message, self._job.now()))

    def _is_needed(self) -> bool:
        with self._lock:
            has_tasks = bool(self._tasks) or not self._all_arrived
        return has_tasks and not self._job.is_over()

    def _pause(self, seconds: float) -> None:
        self._job.wait_until(self._job.monotonic() + seconds, self._is_needed)

    def _end_worker(self) -> None:
        """End this worker; the last one ends the job, so that no more tasks come in."""
        with self._lock:
            self._running -= 1
            is_last = not self._running
        if is_last:
            self._job.ended.set()
        self._events.put(None)

    def _close(self, remote: Remote) -> None:
        with self._lock:
            self._open.discard(remote)
        remote.close()

    def _disconnect(self) -> None:
        for remote in list(self._open):
            self._close(remote)
