"""Looking again every few seconds, as long as somebody is there to see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakMethod


def call_every(seconds: float, call: Callable[[], object]) -> None:
    """Call a method again and again on the running event loop, until its object is gone.

    Without a running loop (a script, a test) nothing happens.

    Examples
    --------
    >>> call_every(2.0, [].clear)  # no loop is running here
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    method = WeakMethod(call)

    def tick() -> None:
        alive = method()
        if alive is not None:
            alive()
            loop.call_later(seconds, tick)

    loop.call_later(seconds, tick)
