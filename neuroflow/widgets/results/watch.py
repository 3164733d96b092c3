"""Looking at the service again and again, beside everything else the Results form does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Event as StopEvent

from traitlets import Bool, Instance

from neuroflow.models import Event, OnEvent
from neuroflow.transfer import Look
from neuroflow.widgets.common import FormModel

Looks = Callable[[StopEvent], Iterator[Look]]
"""What looks, until its stop event is set: `Workspace.watch`."""


class WatchModel(FormModel):
    """A switch: while it is on, the service is looked at in the background.

    It has a job of its own, so that results can be collected while it runs.
    """

    on = Bool(False)
    look = Instance(Look, allow_none=True)

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._seen: deque[Look] = deque()
        self.observe(lambda _: self.attempt(self._turn), names=["on"])

    def next_at(self, now: datetime) -> float:
        """Return in how many seconds the next look is due."""
        if self.look is None:
            return 0.0
        return max(0.0, self.look.pause - (now - self.look.at).total_seconds())

    def _turn(self) -> None:
        if self.on:
            self._begin()
        else:
            self.stop()

    def _begin(self) -> None:
        def work(tell: OnEvent, stop: StopEvent) -> None:
            for look in self._looks(stop):
                self._seen.append(look)
                tell(look.event())

        self.run("Watching the service", work, self._over, can_stop=True)

    def _heard(self, events: Sequence[Event]) -> None:
        super()._heard(events)
        while self._seen:
            self.look = self._seen.popleft()

    def _over(self, _: None) -> None:
        if self.on:  # switched off and on again meanwhile
            self._begin()

    def complain(self, error: Exception) -> None:
        """Show an error, and switch off; see `FormModel.complain`."""
        super().complain(error)
        self.on = False
