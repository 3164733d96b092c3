"""The send window: how many bytes may be in flight, from the delivery rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

MAX_SIZE = 8 << 20
"""Bytes; most connections are limited earlier by the server's window."""
MIN_SIZE = 64 * 1024
INITIAL_SIZE = 256 * 1024
"""Bytes that may be in flight before the first answer, when the rate is unknown."""
TARGET_SECONDS = 2.0
"""Seconds of data to keep in flight: longer than any round trip, yet on a slow connection
answers come in often enough to distinguish it from a lost one."""


class SentRequest(NamedTuple):
    """A request that was sent: its size, when, and how much was acknowledged by then."""

    size: int
    at: float
    acknowledged: int


class SendWindow:
    """The number of bytes that may be in flight on one connection: what it delivers in a time.

    Every acknowledgement gives a delivery rate: the bytes acknowledged since its request left, by
    the time since then (Cardwell et al., draft-cheng-iccrg-delivery-rate-estimation).
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._acknowledged = 0
        self.size = INITIAL_SIZE

    def on_send(self, size: int) -> SentRequest:
        """Record that a request is sent."""
        return SentRequest(size, self._timer(), self._acknowledged)

    def on_ack(self, request: SentRequest) -> None:
        """Record that a request was acknowledged, and adapt the size."""
        self._acknowledged += request.size
        taken = self._timer() - request.at
        carried = self._acknowledged - request.acknowledged
        wanted = carried * TARGET_SECONDS / taken if taken > 0 else MAX_SIZE
        self.size = int(min(max(wanted, MIN_SIZE), MAX_SIZE))

    def request_size(self, shortest: int, longest: int) -> int:
        """Return the size of the next request."""
        return min(max(self.size // 8, shortest), longest)
