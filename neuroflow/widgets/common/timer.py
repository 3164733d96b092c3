"""Repeated calls on the event loop of a page."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakMethod

from neuroflow.widgets.common.one_loop import running_loop
from neuroflow.widgets.common.private import PageLink


def call_every(seconds: float, call: Callable[[], object]) -> None:
    """Call a method repeatedly on the running event loop until its object is gone.

    While no page shows the forms nothing is called: a program without an audience is idle, and its
    server may end it. Without a running loop (in a script or a test) nothing happens.

    Examples
    --------
    >>> call_every(2.0, [].clear)  # no loop is running here
    """
    loop = running_loop()
    if loop is None:
        return
    method = WeakMethod(call)

    def tick() -> None:
        alive = method()
        if alive is not None:
            if PageLink.has_audience():
                alive()
            loop.call_later(seconds, tick)

    loop.call_later(seconds, tick)
