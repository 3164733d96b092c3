"""Count the steps of a job and report them as events."""

from __future__ import annotations

from datetime import UTC, datetime

from neuroflow.models import Event, OnEvent


class Reporter:
    """Counts the steps of one job and reports them to its listener."""

    def __init__(self, stage: str, total: int, on_event: OnEvent | None) -> None:
        self.stage = stage
        self.total = total
        self.done = 0
        self._on_event = on_event

    def step(
        self,
        count: int = 1,
        *,
        study_id: str | None = None,
        status: str = "progress",
        message: str = "",
    ) -> None:
        """Report `count` more steps done: of the study, if one is given, and of the job."""
        self.done += count
        if self._on_event is None:
            return
        now = datetime.now(UTC)
        if study_id is not None:
            ended = "done" if status == "progress" else status
            self._on_event(Event(self.stage, study_id, 1, 1, ended, message, now))
            status, message = "progress", ""
        self._on_event(Event(self.stage, None, self.done, self.total, status, message, now))
