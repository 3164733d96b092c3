"""What a caller hands to a long job: the clock it uses, and how it is stopped or paused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from neuroflow.ledger import uptime, utc_now

POLL_SECONDS = 0.5
"""Waits are cut into steps of this length, so that a stop is noticed soon."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, a clock for durations and the function that waits; tests pass their own."""

    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep  # in seconds
    # In seconds; people and time servers set the time of day, nobody sets this one.
    monotonic: Callable[[], float] = uptime


@dataclass(frozen=True, slots=True)
class Control:
    """How the user ends or pauses a job that is running."""

    # Once set, studies in flight are finished and no other is begun.
    stop: threading.Event = field(default_factory=threading.Event)
    # While set, no byte is transferred.
    pause: threading.Event = field(default_factory=threading.Event)
    can_pause: bool = True  # some jobs can be stopped only

    @classmethod
    def of(
        cls, stop: threading.Event | None = None, pause: threading.Event | None = None
    ) -> Control:
        """Make a control from events that may be missing."""
        return cls(stop or threading.Event(), pause or threading.Event())


@dataclass(frozen=True, slots=True)
class Job:
    """One running job: its clock, its control, and whether it is over."""

    clock: Clock
    control: Control
    ended: threading.Event = field(default_factory=threading.Event)

    def now(self) -> datetime:
        """Return the time by the clock of the job."""
        return self.clock.now()

    def monotonic(self) -> float:
        """Return seconds by the clock for durations."""
        return self.clock.monotonic()

    def is_over(self) -> bool:
        """Check whether no other task may begin: the user stopped the job, or it ended."""
        return self.control.stop.is_set() or self.ended.is_set()

    def wait_until(self, due: float, is_needed: Callable[[], bool] = lambda: True) -> None:
        """Wait in small steps, until the time has come, the job is over or nobody needs it."""
        while not self.is_over() and is_needed() and self.monotonic() < due:
            left = due - self.monotonic()
            self.clock.sleep(min(max(left, 0.0), POLL_SECONDS))

    def wait_while_paused(self) -> None:
        """Wait until the pause ends or the job is over."""
        while self.control.pause.is_set() and not self.is_over():
            self.clock.sleep(POLL_SECONDS)
