"""Polling the service: status checks with growing pauses, until it has answered or for ever."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from neuroflow.errors import ConnectError, OptionError
from neuroflow.ledger import State
from neuroflow.models import Event, OnEvent
from neuroflow.transfer.control import POLL_SECONDS, Clock
from neuroflow.transfer.retry import TRANSIENT_ERRORS, next_pause, with_retries

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class StatusUpdate:
    """The result of one status check.

    Parameters
    ----------
    table
        The status of all studies; that of the last successful check where `error` is set. In
        updates of `Workspace.watch` its attributes ``newly_collected``, ``newly_failed`` and
        ``newly_overdue`` list the studies that entered this state since the last report.
    at
        The end of the check, in UTC.
    pause
        Seconds until the next check.
    has_changed
        True for the first check, and if a study or a state differs from the last one.
    error
        Why the service could not be reached; None if it could.
    """

    table: pd.DataFrame
    at: datetime
    pause: float
    has_changed: bool
    error: ConnectError | None = None

    @property
    def waiting(self) -> int:
        """Number of studies without an answer of the service."""
        waiting = [state for state in State if state.is_awaiting_result]
        return int(self.table["state"].isin(waiting).sum())

    @property
    def answered(self) -> int:
        """Number of studies that the service has answered."""
        answered = [state for state in State if state.is_answered]
        return int(self.table["state"].isin(answered).sum())

    def event(self) -> Event:
        """Return the update as an event: how many of the sent studies are answered.

        Returns
        -------
        Event
            Of the stage ``"wait"``; `done` and `total` count studies.

        Examples
        --------
        >>> import pandas as pd
        >>> from datetime import UTC
        >>> table = pd.DataFrame({"state": ["processing", "collected"]})
        >>> update = StatusUpdate(table, datetime(2026, 1, 1, tzinfo=UTC), 60.0, has_changed=True)
        >>> update.event().done, update.event().total
        (1, 2)
        """
        status = "skipped" if self.error else "progress"
        message = f"no connection, retrying: {self.error}" if self.error else ""
        total = self.answered + self.waiting
        return Event("wait", None, self.answered, total, status, message, self.at)


Look = StatusUpdate
"""A shorter name of `StatusUpdate`."""


def as_of(at: datetime | None, now: datetime) -> str:
    """Describe when the service was last checked."""
    if at is None:
        return "the service was not checked yet"
    there = at.astimezone(now.tzinfo)
    clock = f"{there:%H:%M}" if there.date() == now.date() else f"{there:%Y-%m-%d %H:%M}"
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 0:  # the clock was set back
        return f"as of {clock}"
    count, unit = (minutes // 60, "hour") if minutes >= 120 else (minutes, "minute")
    ago = f"{count} {unit}{'s' * (count != 1)} ago" if minutes else "just now"
    return f"as of {clock}, {ago}"


def poll(
    status: Callable[[], pd.DataFrame],
    *,
    interval: float,
    longest: float | None = None,
    timeout: float = math.inf,
    stop: threading.Event | None = None,
    clock: Clock,
) -> Iterator[StatusUpdate]:
    """Check the status repeatedly, less often while nothing changes or the network is down."""
    if not 0 < interval < math.inf:  # the service must not be asked without a pause
        raise OptionError(
            f"The interval cannot be {interval}.", advice="Use a number of seconds above 0."
        )
    stop = stop or threading.Event()
    begin = clock.now()
    table, pause = with_retries(status, clock.sleep), interval
    before: set[tuple[str, str]] | None = None
    error: ConnectError | None = None
    while True:
        now = set(zip(table["study_id"], table["state"], strict=True))
        has_changed, before = now != before, now
        pause = next_pause(pause, interval, has_changed=has_changed, longest=longest)
        left = timeout - (clock.now() - begin).total_seconds()
        yield StatusUpdate(table, clock.now(), max(0.0, min(pause, left)), has_changed, error)
        if left <= 0:
            return
        _pause(min(pause, left), stop, clock)
        if stop.is_set():
            return
        try:
            table, error = status(), None
        except TRANSIENT_ERRORS as lost:
            error = lost


def _pause(seconds: float, stop: threading.Event, clock: Clock) -> None:
    """Wait in small steps, to notice a stop, and that the computer slept meanwhile."""
    due = clock.now() + timedelta(seconds=seconds)
    left = seconds  # counted too: a clock that is set back must not prolong the pause
    while left > 0 and not stop.is_set() and clock.now() < due:
        step = min(left, POLL_SECONDS)
        clock.sleep(step)
        left -= step


def wait_for_results(
    status: Callable[[], pd.DataFrame],
    *,
    timeout: float,
    interval: float,
    longest: float | None = None,
    listen: OnEvent,
    stop: threading.Event | None = None,
    clock: Clock,
) -> pd.DataFrame:
    """Poll until every study that was sent is answered; return the last status."""
    for update in poll(
        status, interval=interval, longest=longest, timeout=timeout, stop=stop, clock=clock
    ):
        listen(update.event())
        if not update.waiting:
            break
    return update.table
