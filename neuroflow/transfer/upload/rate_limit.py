"""The upload rate limit, shared by all connections of one job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class RateLimiter:
    """A token bucket for the bytes of one job; used by all of its threads."""

    bytes_per_second: float | None = None  # of all connections together; None for no limit
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, count: int) -> None:
        """Wait until `count` more bytes are within the limit."""
        if self.bytes_per_second is None:
            return
        with self._lock:
            now = self.monotonic()
            self._free_at = max(self._free_at, now) + count / self.bytes_per_second
            left = self._free_at - now
        if left > 0:
            self.sleep(left)
