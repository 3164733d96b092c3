"""Progress bars for long jobs, in a terminal and in a notebook."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TextIO

from tqdm.auto import tqdm

from neuroflow.escaping import for_terminal
from neuroflow.models import Event, OnEvent

# Notebooks show stderr in red, like an error; tqdm detects where it runs.
_IN_NOTEBOOK = tqdm.__module__ == "tqdm.auto"


class Bars:
    """One bar per stage of a job, fed by its events."""

    def __init__(self, *, disable: bool | None = None, file: TextIO = sys.stderr) -> None:
        self._disable = disable
        self._file = file
        self._bars: dict[str, Any] = {}
        self._outputs: dict[str, Any] = {}  # what shows each bar in a notebook

    def __call__(self, event: Event) -> None:
        """Show one event: the job moves its bar; summaries and failures are printed above it."""
        if event.study_id is None:
            bar = self._bar(event)
            bar.total = event.total or bar.total
            bar.update(event.done - bar.n)
        is_shown = event.status == "failed" or (
            event.study_id is None and event.status != "progress"
        )
        if event.message and is_shown and not self._disable:
            tqdm.write(for_terminal(event.message), file=sys.stdout if _IN_NOTEBOOK else self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stage, bar in self._bars.items():
            if stage in self._outputs:  # a saved notebook keeps the text of the end
                self._outputs[stage].update(bar.container)
            bar.close()

    def _bar(self, event: Event) -> Any:
        if event.stage not in self._bars:
            options: dict[str, Any] = {"display": False} if _IN_NOTEBOOK else {}
            bar: Any = tqdm(
                total=event.total or None,
                desc=event.stage,
                disable=self._disable,
                file=self._file,
                dynamic_ncols=True,
                unit="B" if event.total > BYTES_FROM else "",
                unit_scale=event.total > BYTES_FROM,
                **options,
            )
            self._bars[event.stage] = bar
            if _IN_NOTEBOOK and not bar.disable:
                from IPython.display import display  # a terminal has no need of it

                output = display(bar.container, display_id=True)  # type: ignore[no-untyped-call]
                self._outputs[event.stage] = output
        return self._bars[event.stage]


class Lines:
    """One line per stage and interval: for log files, where bars are unreadable."""

    def __init__(
        self,
        *,
        quiet: bool = False,
        every: float = 10.0,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet = quiet
        self._every = every
        self._file = file
        self._clock = clock
        self._written: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Write one event: failures at once, progress once per interval."""
        if event.status == "failed" and event.message:
            self._write(event, event.message)
        elif event.study_id is None and not self._quiet:
            if event.status != "progress" and event.message:
                self._write(event, event.message)
            elif self._is_due(event):
                self._write(event, _share(event))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def _is_due(self, event: Event) -> bool:
        """Check whether to write a stage again: after the interval, and once at its end."""
        now, is_over = self._clock(), 0 < event.total <= event.done
        before = self._written.get(event.stage, -math.inf)
        if before == math.inf or (not is_over and now - before < self._every):
            return False
        self._written[event.stage] = math.inf if is_over else now
        return True

    def _write(self, event: Event, text: str) -> None:
        subject = f" {event.study_id}" if event.study_id else ""
        text = text.removeprefix(f"Study{subject}: ")  # named already
        line = f"{event.at:%Y-%m-%d %H:%M:%S} {event.stage}{subject}: {text}"
        file = self._file or sys.stderr
        file.write(for_terminal(line) + "\n")
        file.flush()


def _share(event: Event) -> str:
    """Format the progress of a job."""
    if not event.total:
        return f"{event.done} done"
    if event.total > BYTES_FROM:
        return f"{100 * event.done / event.total:.0f} % of {event.total / 1e6:.1f} MB"
    return f"{event.done} of {event.total}"


BYTES_FROM = 100_000
"""Totals above this are bytes: no cohort has that many studies."""


@contextmanager
def listening(on_event: OnEvent | None) -> Iterator[OnEvent]:
    """Yield the listener of a job: the caller's own, or progress bars."""
    if on_event is not None:
        yield on_event
    else:
        with Bars() as bars:
            yield bars
