"""Progress bars for long jobs, in a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TextIO

from tqdm.auto import tqdm

from neuroflow.models import Event, OnEvent


class Bars:
    """One bar per stage of a job, fed by its events.

    Parameters
    ----------
    disable
        True shows nothing; None shows bars on a terminal or in a notebook only.
    file
        Where bars go outside notebooks.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> with Bars(disable=True) as bars:
    ...     bars(Event("upload", None, 1, 2, "progress", "", datetime.now(UTC)))
    """

    def __init__(self, *, disable: bool | None = None, file: TextIO = sys.stderr) -> None:
        self._disable = disable
        self._file = file
        self._bars: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Show one event: the whole job moves its bar; summaries and failures stand above it."""
        if event.study_id is None:
            bar = self._bar(event)
            bar.total = event.total or bar.total
            bar.update(event.done - bar.n)
        is_news = event.status == "failed" or (
            event.study_id is None and event.status != "progress"
        )
        if event.message and is_news and not self._disable:
            tqdm.write(event.message, file=self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for bar in self._bars.values():
            bar.close()

    def _bar(self, event: Event) -> Any:
        if event.stage not in self._bars:
            self._bars[event.stage] = tqdm(
                total=event.total or None,
                desc=event.stage,
                disable=self._disable,
                file=self._file,
                dynamic_ncols=True,
                unit="B" if event.total > BYTES_FROM else "",
                unit_scale=event.total > BYTES_FROM,
            )
        return self._bars[event.stage]


BYTES_FROM = 100_000
"""Totals above this are shown as bytes: no cohort has that many studies."""


@contextmanager
def listening(on_event: OnEvent | None) -> Iterator[OnEvent]:
    """Yield what listens to a job: the caller's own, or progress bars.

    Parameters
    ----------
    on_event
        The caller's; None for bars.
    """
    if on_event is not None:
        yield on_event
    else:
        with Bars() as bars:
            yield bars
