"""How fast an upload may go: a rate shared by all connections, and a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

POLL_SECONDS = 0.2


@dataclass(slots=True)
class RateLimiter:
    """The rate and the pause of one job; shared by its threads.

    Examples
    --------
    >>> slept = []
    >>> limiter = RateLimiter(rate=1000.0, sleep=slept.append, monotonic=lambda: 0.0)
    >>> limiter.acquire(500)
    >>> limiter.acquire(500)
    >>> slept
    [0.5, 1.0]
    """

    rate: float | None = None  # Bytes per second, of all connections together; None for no limit
    pause: threading.Event | None = None  # While set, nothing leaves; None for never
    stop: threading.Event | None = None  # When set, what is paused goes on, to be finished
    sleep: Callable[[float], None] = time.sleep  # What waits and what measures time, in seconds
    monotonic: Callable[[], float] = time.monotonic
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, count: int) -> None:
        """Wait as long as `count` bytes may take."""
        if self.rate is None:
            return
        with self._lock:
            now = self.monotonic()
            self._free_at = max(self._free_at, now) + count / self.rate
            left = self._free_at - now
        if left > 0:
            self.sleep(left)

    def pauses(self) -> Iterator[None]:
        """Yield again and again while the job is paused, waiting in between."""
        while self.pause is not None and self.pause.is_set():
            if self.stop is not None and self.stop.is_set():
                return
            yield
            self.sleep(POLL_SECONDS)
