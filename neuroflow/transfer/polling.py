"""Looking at the service again and again, without hurry: until it has answered, or for ever."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from neuroflow.errors import (
    ConnectError,
    ConnectionLostError,
    HostNotFoundError,
    OptionError,
    PortError,
)
from neuroflow.ledger import State
from neuroflow.models import Event, OnEvent

if TYPE_CHECKING:
    import pandas as pd

WAITING = (State.SUBMITTED, State.PROCESSING, State.PARTIAL, State.OVERDUE)
"""States of a study whose result the service still owes."""
ANSWERED = (State.DELIVERED, State.COLLECTED, State.FAILED)
"""States of a study that the service has answered."""
TRANSIENT_ERRORS = (ConnectionLostError, PortError, HostNotFoundError)
"""What a network that comes back cures; every other error ends the watching."""
BACKOFF_FACTOR = 1.5
"""How much longer every pause is than the one before, while nothing happens."""
MAX_PAUSE_INTERVALS = 15
"""The longest pause in intervals, where the caller does not say."""
_STEP_SECONDS = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class StatusUpdate:
    """What one status check of the service returned.

    Parameters
    ----------
    table
        The status; of an earlier update where `error` is set.
    at
        When the update ended, in UTC.
    pause
        Seconds until the next one.
    has_changed
        True for the first update, and where a study or its state is another than before.
    error
        Why the service could not be asked; None where it was.
    """

    table: pd.DataFrame
    at: datetime
    pause: float
    has_changed: bool
    error: ConnectError | None = None

    @property
    def waiting(self) -> int:
        """How many studies the service still owes an answer."""
        return int(self.table["state"].isin(WAITING).sum())

    @property
    def answered(self) -> int:
        """How many studies it has answered."""
        return int(self.table["state"].isin(ANSWERED).sum())

    def event(self) -> Event:
        """Tell it to those who listen to events: answered studies of all that were sent."""
        status = "skipped" if self.error else "progress"
        message = f"no connection, trying again: {self.error}" if self.error else ""
        total = self.answered + self.waiting
        return Event("wait", None, self.answered, total, status, message, self.at)


Look = StatusUpdate  # the name under which users know it


def as_of(at: datetime | None, now: datetime) -> str:
    """Say when the server was looked at, as people say it.

    Examples
    --------
    >>> from datetime import UTC
    >>> update = datetime(2026, 1, 1, 14, 2, tzinfo=UTC)
    >>> as_of(update, update + timedelta(minutes=3))
    'as of 14:02, 3 minutes ago'
    >>> as_of(update, update + timedelta(hours=26))
    'as of 2026-01-01 14:02, 26 hours ago'
    >>> as_of(None, update)
    'the server was not looked at yet'
    """
    if at is None:
        return "the server was not looked at yet"
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
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Iterator[StatusUpdate]:
    """Look again and again, less often while nothing changes or the network is away.

    Examples
    --------
    >>> from datetime import UTC
    >>> import pandas as pd
    >>> updates = poll(lambda: pd.DataFrame({"study_id": ["s"], "state": ["processing"]}),
    ...                interval=60, clock=lambda: datetime.now(UTC), sleep=lambda seconds: None)
    >>> update = next(updates)
    >>> update.waiting, update.pause
    (1, 60)
    """
    if not 0 < interval < math.inf:  # a service is not to be asked without a pause
        raise OptionError(f"{interval} is no interval.", advice="Give seconds, above zero.")
    stop = stop or threading.Event()
    longest = max(interval, MAX_PAUSE_INTERVALS * interval if longest is None else longest)
    begin = clock()
    table, pause = status(), interval
    before: set[tuple[str, str]] | None = None
    error: ConnectError | None = None
    while True:
        now = set(zip(table["study_id"], table["state"], strict=True))
        has_changed, before = now != before, now
        pause = interval if has_changed else min(pause * BACKOFF_FACTOR, longest)
        left = timeout - (clock() - begin).total_seconds()
        yield StatusUpdate(table, clock(), max(0.0, min(pause, left)), has_changed, error)
        if left <= 0:
            return
        _pause(min(pause, left), stop, clock, sleep)
        if stop.is_set():
            return
        try:
            table, error = status(), None
        except TRANSIENT_ERRORS as lost:
            error = lost


def _pause(
    seconds: float,
    stop: threading.Event,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> None:
    """Wait in small steps, to notice a stop, and a computer that slept meanwhile."""
    due = clock() + timedelta(seconds=seconds)
    left = seconds  # counted too: a clock that is set back must not prolong the pause
    while left > 0 and not stop.is_set() and clock() < due:
        step = min(left, _STEP_SECONDS)
        sleep(step)
        left -= step


def wait_for_results(
    status: Callable[[], pd.DataFrame],
    *,
    timeout: float,
    interval: float,
    longest: float | None = None,
    listen: OnEvent,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> pd.DataFrame:
    """Look again and again until every study that was sent is answered."""
    updates = poll(
        status,
        interval=interval,
        longest=longest,
        timeout=timeout,
        stop=stop,
        clock=clock,
        sleep=sleep,
    )
    for update in updates:
        listen(update.event())
        if not update.waiting:
            break
    return update.table
