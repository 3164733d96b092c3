"""Several connections at work on one list of tasks, each in its own thread."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

import tenacity

from neuroflow.errors import ConnectError
from neuroflow.models import Event, OnEvent
from neuroflow.transfer.polling import TRANSIENT_ERRORS
from neuroflow.transfer.remote import Remote

T = TypeVar("T")

Handle = Callable[[Remote, T, OnEvent], datetime | None]
"""Does one task; returns when to look at it again, or None. Where the connection was lost, it
raises `PostponedError` or `DroppedError`."""

MAX_RECONNECTS = 30
"""How often a lost connection is tried again: for some twelve minutes, while tasks remain."""
_POLL_SECONDS = 0.5


class PostponedError(Exception):
    """The connection is gone; the task is to be taken up again later, with a new one."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class DroppedError(Exception):
    """The connection is gone; the task is left as it is."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What tells the time and what waits, and what ends or prolongs the waiting."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: threading.Event
    pause: threading.Event | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def is_over(self) -> bool:
        """Tell whether no other task is to be begun: the user said so, or the crew ended."""
        return self.stop.is_set() or self.ended.is_set()

    def wait_until(self, due: datetime, is_needed: Callable[[], bool] = lambda: True) -> None:
        """Wait in small steps, to notice when it is over or not needed any more."""
        while not self.is_over() and is_needed() and self.clock() < due:
            left = (due - self.clock()).total_seconds()
            self.sleep(min(max(left, 0.0), _POLL_SECONDS))

    def wait_while_paused(self) -> None:
        """Wait until nobody wants a pause any more, or it is over."""
        while self.pause is not None and self.pause.is_set() and not self.is_over():
            self.sleep(_POLL_SECONDS)


def forward_events(events: Generator[Event, None, None], listen: OnEvent) -> None:
    """Let somebody listen to a job; what goes wrong meanwhile ends the job at once.

    A generator that is merely left, by a second Ctrl-C for one, finishes what is under way.

    Examples
    --------
    >>> def job():
    ...     try:
    ...         yield "an event"
    ...     except ZeroDivisionError:
    ...         raise TimeoutError("hung up") from None
    >>> forward_events(job(), lambda event: 1 / 0)
    Traceback (most recent call last):
    TimeoutError: hung up
    """
    try:
        for event in events:
            listen(event)
    except BaseException as error:
        events.throw(error)
        raise


class ConnectionPool(Generic[T]):
    """A few workers, each with a connection of its own."""

    def __init__(
        self,
        connect: Callable[[], Remote],
        tasks: Iterable[T],
        do: Handle[T],
        *,
        first: Remote,
        size: int,
        clockwork: Clockwork,
        more: Iterable[Event | T] | None = None,
    ) -> None:
        self._connect = connect
        self._do = do
        self._first = first
        self._time = clockwork
        self._numbers = itertools.count()
        now = clockwork.clock()
        self._tasks = [(now, next(self._numbers), task) for task in tasks]
        self._more = more
        self._all_arrived = more is None
        self._size = max(1, min(size, len(self._tasks)) if more is None else size)
        self._running = self._size
        self._lock = threading.Lock()
        self._arrival = threading.Condition(self._lock)
        self._events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._open: set[Remote] = {first}
        self._connect_error: ConnectError | None = None

    def work(self, summary: Callable[[Event], Event | None]) -> Iterator[Event]:
        """Handle all tasks."""
        threads = [
            threading.Thread(target=self._run, args=(self._first if n == 0 else None,), daemon=True)
            for n in range(self._size)
        ]
        if self._more is not None:
            threads.append(
                threading.Thread(target=self._take_incoming, args=(self._more,), daemon=True)
            )
        for thread in threads:
            thread.start()
        try:
            for event in self._listen(len(threads)):
                yield event
                if (of_all := summary(event)) is not None:
                    yield of_all
        except GeneratorExit:
            raise  # nobody listens any more: what is under way is finished below
        except BaseException:
            self._time.ended.set()
            self._disconnect()  # an error, or a second Ctrl-C: stop at once
            raise
        finally:
            self._time.ended.set()
            for thread in threads:
                thread.join()
            self._disconnect()
        is_left = bool(self._tasks) or not self._all_arrived
        if self._connect_error is not None and is_left and not self._time.stop.is_set():
            raise self._connect_error

    def _listen(self, running: int) -> Iterator[Event]:
        while running:
            try:
                news = self._events.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue  # wakes up now and then, so that Ctrl-C is heard on Windows too
            if news is None:
                running -= 1
            elif isinstance(news, Event):
                yield news
            else:
                raise news

    def _run(self, remote: Remote | None) -> None:
        """Work until no task is left; whatever goes wrong is raised where `work` is read."""
        try:
            # A connection comes before a task: nobody holds a task that another could do.
            while (remote := remote or self._reconnect()) and (taken := self._take()):
                due, task = taken
                self._time.wait_until(due, partial(self._is_first, due))
                self._time.wait_while_paused()
                if self._time.is_over():
                    self._put_back(due, task)
                    break
                if self._time.clock() < due:  # another one can be done meanwhile
                    self._put_back(due, task)
                    continue
                remote = self._handle_one(remote, task)
        except BaseException as error:  # noqa: BLE001  handed over, not handled
            self._events.put(error)
        finally:
            self._end_worker()

    def _take_incoming(self, more: Iterable[Event | T]) -> None:
        """Take in further tasks; whatever goes wrong is raised where `work` is read."""
        try:
            for piece in more:
                if isinstance(piece, Event):
                    self._events.put(piece)
                else:
                    self._put_back(self._time.clock(), piece)
                if self._time.is_over():
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
        """Handle one task; None where the connection did not survive it."""
        try:
            again = self._do(remote, task, self._events.put)
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

    def _take(self) -> tuple[datetime, T] | None:
        """Take the task that is due first; wait for one where others are to come."""
        with self._arrival:
            while not self._time.is_over():
                if self._tasks:
                    due, _, task = heapq.heappop(self._tasks)
                    return due, task
                if self._all_arrived:
                    return None
                self._arrival.wait(_POLL_SECONDS)
        return None

    def _put_back(self, due: datetime, task: T) -> None:
        with self._arrival:
            heapq.heappush(self._tasks, (due, next(self._numbers), task))
            self._arrival.notify()

    def _is_first(self, due: datetime) -> bool:
        """Tell whether no other task is due before this time."""
        with self._lock:
            return not self._tasks or due <= self._tasks[0][0]

    def _reconnect(self) -> Remote | None:
        """Open a connection, waiting longer after every failure that may pass."""
        if not self._is_needed():
            return None
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TRANSIENT_ERRORS),
            wait=tenacity.wait_exponential(multiplier=0.5, max=30) + tenacity.wait_random(0, 1),
            stop=lambda state: state.attempt_number >= MAX_RECONNECTS or not self._is_needed(),
            sleep=self._pause,
            before_sleep=self._report_failure,
            reraise=True,
        )
        try:
            remote = attempts(self._connect)
        except ConnectError as error:
            # The others go on with fewer connections; the last to give up leaves tasks behind.
            self._connect_error = error
            return None
        with self._lock:
            self._open.add(remote)
        return remote

    def _report_failure(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        message = f"no connection, trying again: {error}"
        self._events.put(Event("wait", None, 0, 0, "progress", message, self._time.clock()))

    def _is_needed(self) -> bool:
        with self._lock:
            is_any = bool(self._tasks) or not self._all_arrived
        return is_any and not self._time.is_over()

    def _pause(self, seconds: float) -> None:
        due = self._time.clock() + timedelta(seconds=seconds)
        self._time.wait_until(due, self._is_needed)

    def _end_worker(self) -> None:
        """End as a worker; the last one needs no further tasks."""
        with self._lock:
            self._running -= 1
            is_last = not self._running
        if is_last:
            self._time.ended.set()
        self._events.put(None)

    def _close(self, remote: Remote) -> None:
        with self._lock:
            self._open.discard(remote)
        remote.close()

    def _disconnect(self) -> None:
        for remote in list(self._open):
            self._close(remote)
