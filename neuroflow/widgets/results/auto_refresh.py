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

Updates = Callable[[StopEvent], Iterator[Look]]
"""What looks, until its stop event is set: `Workspace.watch`."""


class AutoRefreshModel(FormModel):
    """A switch: while it is on, the service is looked at in the background.

    It has a job of its own, so that results can be collected while it runs.
    """

    on = Bool(False)
    last_update = Instance(Look, allow_none=True)

    def __init__(self, updates: Updates) -> None:
        super().__init__()
        self._updates = updates
        self._pending: deque[Look] = deque()
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

        self.run("Watching the service", work, self._restart_if_on, can_stop=True)

    def _on_events(self, events: Sequence[Event]) -> None:
        super()._on_events(events)
        while self._pending:
            self.last_update = self._pending.popleft()

    def _restart_if_on(self, _: None) -> None:
        if self.on:  # switched off and on again meanwhile
            self._start()

    def report_error(self, error: Exception) -> None:
        """Show an error, and switch off; see `FormModel.report_error`."""
        super().report_error(error)
        self.on = False
