"""Repeated calls on the event loop of a page, and work for its idle time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from weakref import WeakMethod

from neuroflow.widgets.common.one_loop import call_later, running_loop
from neuroflow.widgets.common.private import PageLink

IDLE_SECONDS = 0.3
"""How long a page has asked for nothing when idle work begins."""
GAP_SECONDS = 0.03
"""Seconds between two of its steps; what a page asks for meanwhile goes first."""


def call_every(seconds: float, call: Callable[[], object], *, needs_audience: bool = True) -> None:
    """Call a method repeatedly on the running event loop, if any, until its object is gone."""
    loop = running_loop()
    if loop is None:
        return
    method = WeakMethod(call)

    def tick() -> None:
        alive = method()
        if alive is not None:
            # A program without an audience is idle, and its server may end it.
            if not needs_audience or PageLink.has_audience():
                alive()
            loop.call_later(seconds, tick)

    loop.call_later(seconds, tick)


class IdleWork:
    """Short steps of work on the event loop of a page, while the page asks for nothing."""

    def __init__(self) -> None:
        self._turn = 0

    def begin(self, steps: Iterator[object]) -> None:
        """Take one step after the other, in place of what was begun before."""
        self.give_up()
        turn, done = self._turn, object()

        def go_on() -> None:
            if turn == self._turn and PageLink.has_audience() and next(steps, done) is not done:
                call_later(GAP_SECONDS, go_on)

        if running_loop() is not None:
            call_later(IDLE_SECONDS, go_on)

    def give_up(self) -> None:
        """Take no further step."""
        self._turn += 1
