"""How much may be under way at once: what the line carries in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

MOST = 8 << 20
"""Bytes; the server's window ends most lines earlier."""
LEAST = 64 * 1024
FIRST = 256 * 1024
"""Bytes that may be under way before the first answer tells how fast the line is."""
SECONDS = 2.0
"""How long the line is to be filled ahead: longer than any round trip, and an answer comes in
often enough on a slow line to be told from a dead one."""


class Sent(NamedTuple):
    """A request that left: how long, when, and how much had been answered by then."""

    size: int
    at: float
    answered: int


class Flow:
    """The bytes that may be under way on one connection, from the answers that came in.

    Notes
    -----
    Every answer tells a rate: what was answered since its request left, by the time since then.
    `SECONDS` of it may be under way. A line of 12 kB/s gets requests of 32 KiB, answered every
    three seconds; a fast one is full after the first round trip.

    References
    ----------
    Cardwell et al., *Delivery rate estimation*, draft-cheng-iccrg-delivery-rate-estimation.

    Examples
    --------
    >>> ticks = iter([0.0, 0.05])
    >>> flow = Flow(lambda: next(ticks))
    >>> flow.answered(flow.sent(FIRST))
    >>> flow.depth == MOST
    True
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._answered = 0
        self.depth = FIRST

    def sent(self, size: int) -> Sent:
        """Note that a request leaves."""
        return Sent(size, self._timer(), self._answered)

    def answered(self, request: Sent) -> None:
        """Note that a request was acknowledged."""
        self._answered += request.size
        taken = self._timer() - request.at
        carried = self._answered - request.answered
        wanted = carried * SECONDS / taken if taken > 0 else MOST
        self.depth = int(min(max(wanted, LEAST), MOST))

    def request_size(self, shortest: int, longest: int) -> int:
        """Return how long a request is to be."""
        return min(max(self.depth // 8, shortest), longest)
