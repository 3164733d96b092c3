"""How much may be under way at once: what the line carries in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

MAX_SIZE = 8 << 20
"""Bytes; the server's window ends most lines earlier."""
MIN_SIZE = 64 * 1024
INITIAL_SIZE = 256 * 1024
"""Bytes that may be under way before the first answer tells how fast the line is."""
TARGET_SECONDS = 2.0
"""How long the line is to be filled ahead: longer than any round trip, and an answer comes in
often enough on a slow line to be told from a dead one."""


class SentRequest(NamedTuple):
    """A request that left: how long, when, and how much had been answered by then."""

    size: int
    at: float
    acknowledged: int


class SendWindow:
    """The bytes that may be under way on one connection, from the answers that came in.

    Notes
    -----
    Every acknowledgement gives a delivery rate: the bytes acknowledged since its request left,
    divided by the time since then. `TARGET_SECONDS` of it may be in flight. A connection of
    12 kB/s gets requests of 32 KiB, answered every three seconds; a fast one is full after the
    first round trip.

    References
    ----------
    Cardwell et al., *Delivery rate estimation*, draft-cheng-iccrg-delivery-rate-estimation.

    Examples
    --------
    >>> ticks = iter([0.0, 0.05])
    >>> window = SendWindow(lambda: next(ticks))
    >>> window.on_ack(window.on_send(INITIAL_SIZE))
    >>> window.size == MAX_SIZE
    True
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._acknowledged = 0
        self.size = INITIAL_SIZE

    def on_send(self, size: int) -> SentRequest:
        """Note that a request leaves."""
        return SentRequest(size, self._timer(), self._acknowledged)

    def on_ack(self, request: SentRequest) -> None:
        """Note that a request was acknowledged."""
        self._acknowledged += request.size
        taken = self._timer() - request.at
        carried = self._acknowledged - request.acknowledged
        wanted = carried * TARGET_SECONDS / taken if taken > 0 else MAX_SIZE
        self.size = int(min(max(wanted, MIN_SIZE), MAX_SIZE))

    def request_size(self, shortest: int, longest: int) -> int:
        """Return how long a request is to be."""
        return min(max(self.size // 8, shortest), longest)
