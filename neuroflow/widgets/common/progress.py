"""Progress bars of a form, computed from the events of a task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from neuroflow.models import Event

FINISHED = frozenset({"done", "skipped", "failed"})
"""Statuses after which a study is no longer in progress."""
BYTES_ABOVE = 100_000
"""Totals above this are bytes: no cohort has that many studies."""
RATE_WINDOW = timedelta(seconds=30)
"""The rate is averaged over this time, so that it follows the connection."""
SAMPLE_INTERVAL = timedelta(seconds=0.5)
"""Shortest time between two samples for the rate."""

Sample = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """Progress of one stage or study."""

    name: str  # The stage, or the study
    done: int = 0  # In bytes or items; `total` is 0 where it is not known
    total: int = 0
    message: str = ""  # The latest message
    samples: tuple[Sample, ...] = ()  # Amounts done over the last half minute

    @property
    def fraction(self) -> float | None:
        """The part done, from 0 to 1; None where the total is not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def amount(self) -> str:
        """Amount done and total as text."""
        if self.total > BYTES_ABOVE:
            return f"{self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"
        return f"{self.done} of {self.total}" if self.total else f"{self.done}"

    @property
    def rate(self) -> float | None:
        """Bytes or items per second over the last half minute; None if unknown."""
        if not self.samples:
            return None
        seconds = (self.samples[-1][0] - self.samples[0][0]).total_seconds()
        return (self.samples[-1][1] - self.samples[0][1]) / seconds if seconds >= 1 else None

    @property
    def speed(self) -> str:
        """Rate and remaining time as text; empty if unknown."""
        if not self.rate or self.done >= self.total:
            return ""
        left = f"about {format_duration((self.total - self.done) / self.rate)} left"
        return f"{self.rate / 1e6:.1f} MB/s, {left}" if self.total > BYTES_ABOVE else left

    def after_pause(self, began: datetime, ended: datetime) -> Bar:
        """Return the bar with its samples moved, as if the pause had not been."""
        moved = tuple((min(at + (ended - began), ended), done) for at, done in self.samples)
        return replace(self, samples=moved)

    def with_sample(self, at: datetime) -> Bar:
        """Return the bar with a sample added; old samples are dropped."""
        samples = tuple(mark for mark in self.samples if at - mark[0] <= RATE_WINDOW)
        if len(samples) > 1 and samples[-1][0] - samples[-2][0] < SAMPLE_INTERVAL:
            samples = samples[:-1]
        return replace(self, samples=(*samples, (at, self.done)))


def format_duration(seconds: float) -> str:
    """Return a duration in a suitable unit.

    >>> format_duration(8), format_duration(200), format_duration(9000), format_duration(300_000)
    ('8 s', '3 min', '2.5 h', '3.5 days')
    """
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a task after the events received so far; immutable."""

    stages: tuple[Bar, ...] = ()  # One bar per stage, in the order in which they began
    in_flight: tuple[Bar, ...] = ()  # One bar per study that is being worked on, by its `study_id`
    failed: tuple[Bar, ...] = ()  # Studies that failed, and why

    def after_pause(self, began: datetime, ended: datetime) -> Progress:
        """Return the progress without the time of a pause: rates are those from before it."""
        return replace(self, stages=tuple(bar.after_pause(began, ended) for bar in self.stages))

    def after(self, events: Iterable[Event]) -> Progress:
        """Return the progress after some more events."""
        stages = {bar.name: bar for bar in self.stages}
        in_flight = {bar.name: bar for bar in self.in_flight}
        failed = {bar.name: bar for bar in self.failed}
        for event in events:
            bar = Bar(event.stage, event.done, event.total, event.message)
            if event.study_id is None:
                before = stages.get(event.stage, bar)
                now = replace(bar, total=bar.total or before.total, samples=before.samples)
                stages[event.stage] = now.with_sample(event.at)
            elif event.status in FINISHED:
                in_flight.pop(event.study_id, None)
            else:
                in_flight[event.study_id] = replace(bar, name=event.study_id)
            if event.study_id is not None and event.status == "failed":
                text = event.message.removeprefix(f"Study {event.study_id}: ")
                failed[event.study_id] = replace(bar, name=event.study_id, message=text)
        return Progress(tuple(stages.values()), tuple(in_flight.values()), tuple(failed.values()))
