"""Automatic status checks, independent of the other tasks of the Results form."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Event as StopEvent

from traitlets import Bool, Instance

from neuroflow.models import Event, OnEvent
from neuroflow.transfer import StatusUpdate
from neuroflow.widgets.common import FormModel

Updates = Callable[[StopEvent], Iterator[StatusUpdate]]
"""Yields status updates until its stop event is set: `Workspace.watch`."""


class AutoRefreshModel(FormModel):
    """A switch: while it is on, the server is checked in the background."""

    on = Bool(False)
    last_update = Instance(StatusUpdate, allow_none=True)

    def __init__(self, updates: Updates) -> None:
        super().__init__()
        # A task of its own, so that results can be collected while it runs.
        self._updates = updates
        self._pending: deque[StatusUpdate] = deque()
        self.observe(lambda _: self.run_safely(self._toggle), names=["on"])

    def next_at(self, now: datetime) -> float:
        """Return the seconds until the next status check."""
        if self.last_update is None:
            return 0.0
        return max(0.0, self.last_update.pause - (now - self.last_update.at).total_seconds())

    def _toggle(self) -> None:
        if self.on:
            self._start()
        else:
            self.stop()

    def _start(self) -> None:
        def work(on_event: OnEvent, stop: StopEvent) -> None:
            for update in self._updates(stop):
                self._pending.append(update)
                on_event(update.event())

        self.run("Checking the service regularly", work, self._restart_if_on, can_stop=True)

    def _on_events(self, events: Sequence[Event]) -> None:
        super()._on_events(events)
        while self._pending:
            self.last_update = self._pending.popleft()

    def _restart_if_on(self, _: None) -> None:
        if self.on:  # switched off and on again meanwhile
            self._start()

    def report_error(self, error: Exception, at: str = "") -> None:
        """Show an error and switch off."""
        self.on = False  # first: a change of the switch removes what stands at it
        super().report_error(error, at or "on")
