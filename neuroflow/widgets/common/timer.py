"""Repeated calls on the event loop of a page."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakMethod

from neuroflow.widgets.common.one_loop import running_loop
from neuroflow.widgets.common.private import PageLink


def call_every(seconds: float, call: Callable[[], object]) -> None:
    """Call a method repeatedly on the running event loop, if any, until its object is gone."""
    loop = running_loop()
    if loop is None:
        return
    method = WeakMethod(call)

    def tick() -> None:
        alive = method()
        if alive is not None:
            # A program without an audience is idle, and its server may end it.
            if PageLink.has_audience():
                alive()
            loop.call_later(seconds, tick)

    loop.call_later(seconds, tick)
