"""The half of a workspace that looks at the service's answers: status, collecting, the table."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import ResultError, ResultWarning
from neuroflow.events import listening
from neuroflow.ledger import LedgerRow, State, utc_now
from neuroflow.models import OnEvent
from neuroflow.results import Results, Schema, cached_results, cached_warnings, failure_reason
from neuroflow.transfer import (
    Look,
    OutputSnapshot,
    changed_ids,
    collect,
    collected_ids,
    find_results,
    forward_events,
    poll,
    status,
    wait_for_results,
)
from neuroflow.workspace.packaging import LocalWorkspace
from neuroflow.workspace.preparation import study_map
from neuroflow.workspace.service import Service

MOST_TOLD = 10
"""Warnings at most of one look at the server."""


class ResultsWorkspace(LocalWorkspace):
    """What a workspace does with results; `neuroflow.Workspace` adds the sending."""

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(folder, clock=clock)
        self._clock = clock
        self._sleep = sleep
        self.service = Service(self._places.root)

    def status(self, *, look: bool = True) -> pd.DataFrame:
        """Tell where every study stands."""
        rows = self.ledger.rows()
        listing = self._look(rows) if look else self._last_look()
        found = listing.folders.values() if listing else ()
        here = collected_ids(self.results_folder)
        table = status(
            rows,
            listing,
            now=self._clock(),
            overdue_hours=self.service.settings.overdue_hours,
            here=here,
            changed=changed_ids(self.results_folder, found, here),
        )
        odd = cached_warnings(self.results_folder, self._places.cache)
        return table.assign(
            message=[self._message(row) for row in table.itertuples()],
            warnings=[odd.get(study_id, "") for study_id in table["study_id"]],
        )

    def _look(self, rows: Sequence[LedgerRow]) -> OutputSnapshot:
        """Look at the server now; tell what could not be looked into."""
        before = self._last_look()
        left_out: list[str] = []
        with closing(self.service.connect()) as remote:
            known = {row.study_id for row in rows}
            found = find_results(remote, known=known, on_skipped=left_out.append)
        listing = OutputSnapshot(self._clock(), before).add(*found)
        listing.left_out = left_out
        self._remember(listing)
        for sentence in left_out[:MOST_TOLD]:
            warnings.warn(sentence, ResultWarning, stacklevel=3)
        return listing

    def _message(self, row: Any) -> str:
        """Add to a failure what the report says."""
        if row.state != State.FAILED:
            return str(row.message)
        reason = failure_reason(self.results_folder / f"{row.study_id}{RESULT_SUFFIX}")
        return f"{row.message}: {reason}" if reason else str(row.message)

    def watch(
        self,
        *,
        interval: float = 60.0,
        longest: float | None = None,
        timeout: float = math.inf,
        stop: threading.Event | None = None,
    ) -> Iterator[Look]:
        """Look at the service again and again, less often while nothing changes."""
        yield from poll(
            self.status,
            interval=interval,
            longest=longest,
            timeout=timeout,
            stop=stop,
            clock=self._clock,
            sleep=self._sleep,
        )

    def wait(
        self,
        *,
        timeout: float = 4 * 3600.0,
        interval: float = 60.0,
        longest: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Wait until the service has answered for every study that was sent."""
        with listening(on_event) as listen:
            return wait_for_results(
                self.status,
                timeout=timeout,
                interval=interval,
                longest=longest,
                listen=listen,
                stop=stop,
                clock=self._clock,
                sleep=self._sleep,
            )

    def collect(
        self,
        *,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Bring every result that is new or changed."""
        with self._places.locked(), self._listening("collect", on_event) as listen:
            listing = OutputSnapshot(self._clock(), self._last_look())
            events = collect(
                self.service.connect,
                self.ledger,
                self.results_folder,
                connections=self.service.settings.connections,
                listing=listing,
                stop=stop,
                pause=pause,
                clock=self._clock,
                sleep=self._sleep,
            )
            forward_events(events, listen)
            if listing.is_complete:
                self._remember(listing)
        return self.status(look=False)

    def _last_look(self) -> OutputSnapshot | None:
        return OutputSnapshot.load(self._places.listing, self.service.name)

    def _remember(self, listing: OutputSnapshot) -> None:
        listing.save(self._places.listing, self.service.name)

    @property
    def results_folder(self) -> Path:
        """Where collected results stand, one folder per study."""
        return self._places.results

    def table(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the cohort table of everything collected."""
        return self._results(schema).table

    def study_facts(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return what is known of every collected study: predictions, source, warnings."""
        return self._results(schema).studies

    def _results(self, schema: Schema | None) -> Results:
        if not self.results_folder.exists() or not any(self.results_folder.glob("*")):
            raise ResultError(
                "No results were collected yet.",
                advice="Ask for the status; when results are delivered, collect them.",
            )
        return cached_results(
            self.results_folder,
            self._places.cache if schema is None else self._places.cache / "by schema",
            schema=schema,
            studies=study_map(self._cohorts, self.participants, self._decisions.read),
        )
