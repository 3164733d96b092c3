"""From the events of a long job to the bars a form shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from neuroflow.models import Event

OVER = frozenset({"done", "skipped", "failed"})
"""Statuses after which a study is no longer under way."""
BYTES_FROM = 100_000
"""Totals above this are bytes: no cohort has that many studies."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something is.

    Parameters
    ----------
    name
        The stage, or the study.
    done, total
        In bytes or items; `total` is 0 where it is not known.
    message
        The last sentence told.
    """

    name: str
    done: int = 0
    total: int = 0
    message: str = ""

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


@dataclass(frozen=True, slots=True)
class Progress:
    """What a job has told so far; a value that grows with each event.

    Parameters
    ----------
    stages
        One bar per stage, in the order in which they began.
    under_way
        One bar per study that is being worked on, by its `study_id`.
    failed
        Studies that failed, and why.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime.now(UTC)
    >>> progress = Progress().after([Event("upload", None, 1, 4, "progress", "", now)])
    >>> progress.stages[0].fraction
    0.25
    """

    stages: tuple[Bar, ...] = ()
    under_way: tuple[Bar, ...] = ()
    failed: tuple[Bar, ...] = ()

    def after(self, events: Iterable[Event]) -> Progress:
        """Return the progress after some more events.

        Parameters
        ----------
        events
            In their order.

        Returns
        -------
        Progress
            A new value.
        """
        stages = {bar.name: bar for bar in self.stages}
        under_way = {bar.name: bar for bar in self.under_way}
        failed = {bar.name: bar for bar in self.failed}
        for event in events:
            bar = Bar(event.stage, event.done, event.total, event.message)
            if event.study_id is None:
                before = stages.get(event.stage, bar)
                stages[event.stage] = replace(bar, total=bar.total or before.total)
            elif event.status in OVER:
                under_way.pop(event.study_id, None)
            else:
                under_way[event.study_id] = replace(bar, name=event.study_id)
            if event.study_id is not None and event.status == "failed":
                failed[event.study_id] = replace(bar, name=event.study_id)
        return Progress(tuple(stages.values()), tuple(under_way.values()), tuple(failed.values()))
