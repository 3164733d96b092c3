"""From the events of a long job to the bars a form shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from neuroflow.models import Event

OVER = frozenset({"done", "skipped", "failed"})
"""Statuses after which a study is no longer under way."""
BYTES_FROM = 100_000
"""Totals above this are bytes: no cohort has that many studies."""
WINDOW = timedelta(seconds=30)
"""The rate is that of the last half minute: what the line gives now."""
STEP = timedelta(seconds=0.5)
"""How often the way is marked for it."""

Mark = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something is."""

    name: str  # The stage, or the study
    done: int = 0  # In bytes or items; `total` is 0 where it is not known
    total: int = 0
    message: str = ""  # The last sentence told
    marks: tuple[Mark, ...] = ()  # When how much was done, in the last half minute

    @property
    def fraction(self) -> float | None:
        """The part done, from 0 to 1; None where the total is not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def amount(self) -> str:
        """How much of how much, for people.

        Examples
        --------
        >>> Bar("upload", 1_500_000, 3_000_000).amount
        '1.5 of 3.0 MB'
        >>> Bar("check", 3, 24).amount
        '3 of 24'
        """
        if self.total > BYTES_FROM:
            return f"{self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"
        return f"{self.done} of {self.total}" if self.total else f"{self.done}"

    @property
    def rate(self) -> float | None:
        """Bytes or items per second in the last half minute; None where too little is known."""
        if not self.marks:
            return None
        seconds = (self.marks[-1][0] - self.marks[0][0]).total_seconds()
        return (self.marks[-1][1] - self.marks[0][1]) / seconds if seconds >= 1 else None

    @property
    def pace(self) -> str:
        """How fast, and how long it still takes, for people; empty where that is not known.

        Examples
        --------
        >>> from datetime import UTC
        >>> marks = ((datetime(2026, 1, 1, tzinfo=UTC), 0),
        ...          (datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC), 20_000_000))
        >>> Bar("upload", 20_000_000, 400_000_000, marks=marks).pace
        '2.0 MB/s, about 3 min left'
        """
        if not self.rate or self.done >= self.total:
            return ""
        left = f"about {duration((self.total - self.done) / self.rate)} left"
        return f"{self.rate / 1e6:.1f} MB/s, {left}" if self.total > BYTES_FROM else left

    def marked(self, at: datetime) -> Bar:
        """Return the bar with the way marked at a time; marks too old are dropped."""
        marks = tuple(mark for mark in self.marks if at - mark[0] <= WINDOW)
        if len(marks) > 1 and marks[-1][0] - marks[-2][0] < STEP:
            marks = marks[:-1]
        return replace(self, marks=(*marks, (at, self.done)))


def duration(seconds: float) -> str:
    """Say a length of time as people do.

    Examples
    --------
    >>> duration(8), duration(200), duration(9000), duration(300_000)
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
    """What a job has told so far; a value that grows with each event.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime.now(UTC)
    >>> progress = Progress().after([Event("upload", None, 1, 4, "progress", "", now)])
    >>> progress.stages[0].fraction
    0.25
    """

    stages: tuple[Bar, ...] = ()  # One bar per stage, in the order in which they began
    under_way: tuple[Bar, ...] = ()  # One bar per study that is being worked on, by its `study_id`
    failed: tuple[Bar, ...] = ()  # Studies that failed, and why

    def after(self, events: Iterable[Event]) -> Progress:
        """Return the progress after some more events."""
        stages = {bar.name: bar for bar in self.stages}
        under_way = {bar.name: bar for bar in self.under_way}
        failed = {bar.name: bar for bar in self.failed}
        for event in events:
            bar = Bar(event.stage, event.done, event.total, event.message)
            if event.study_id is None:
                before = stages.get(event.stage, bar)
                now = replace(bar, total=bar.total or before.total, marks=before.marks)
                stages[event.stage] = now.marked(event.at)
            elif event.status in OVER:
                under_way.pop(event.study_id, None)
            else:
                under_way[event.study_id] = replace(bar, name=event.study_id)
            if event.study_id is not None and event.status == "failed":
                failed[event.study_id] = replace(bar, name=event.study_id)
        return Progress(tuple(stages.values()), tuple(under_way.values()), tuple(failed.values()))
