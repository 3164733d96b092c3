"""How much may be under way at once: what the line carries in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST = 8 << 20
"""Bytes; the server's window ends most lines earlier."""
LEAST = 64 * 1024
FIRST = 256 * 1024
"""Bytes sent before the first answer tells how fast the line is."""
SECONDS = 2.0
"""How long the line is to be filled ahead: longer than any round trip, and an answer comes in
often enough on a slow line to be told from a dead one."""


class Flow:
    """The bytes that may be under way on one connection, from the answers that came in.

    Parameters
    ----------
    timer
        Measures time, in seconds.

    Attributes
    ----------
    depth : int
        How many bytes may be under way.

    Notes
    -----
    Rate times `SECONDS`, measured anew whenever as much as `depth`, or what came in for that long,
    is answered. A line of 12 kB/s gets requests of 32 KiB, answered every three seconds; a fast one
    is full after the first round trip.

    Examples
    --------
    >>> ticks = iter([0.0, 0.05])
    >>> flow = Flow(lambda: next(ticks))
    >>> flow.begin()
    >>> flow.answered(FIRST)
    >>> flow.depth == MOST
    True
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._since = 0.0
        self._answered = 0
        self.depth = FIRST

    def begin(self) -> None:
        """Note that bytes leave, and none were under way before."""
        self._since = self._timer()
        self._answered = 0

    def answered(self, size: int) -> None:
        """Note that bytes were acknowledged.

        Parameters
        ----------
        size
            How many.
        """
        self._answered += size
        now = self._timer()
        taken = now - self._since
        if self._answered < self.depth and taken < SECONDS:
            return
        wanted = self._answered * SECONDS / taken if taken > 0 else MOST
        self.depth = int(min(max(wanted, LEAST), MOST))
        self._since, self._answered = now, 0

    def request_size(self, shortest: int, longest: int) -> int:
        """Return how long a request is to be.

        Parameters
        ----------
        shortest, longest
            Bytes.

        Returns
        -------
        int
            Bytes; a slow line is answered at least a few times while it is full.
        """
        return min(max(self.depth // 8, shortest), longest)
