"""The folder of one research project, and the five steps in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd

from neuroflow.errors import ResultError
from neuroflow.ledger import utc_now
from neuroflow.localworkspace import LocalWorkspace
from neuroflow.models import Cohort, Event, OnEvent, Package
from neuroflow.preparation import blocked_studies, refusal, study_map, with_not_begun
from neuroflow.progress import listening
from neuroflow.results.cache import cached_results, cached_warnings
from neuroflow.results.table import Results
from neuroflow.service import Service
from neuroflow.transfer.collect import collect, find_results
from neuroflow.transfer.rebuild import rebuild
from neuroflow.transfer.status import status
from neuroflow.transfer.submit import Plan, plan, submit
from neuroflow.waiting import wait_for_results


class Workspace(LocalWorkspace):
    """Open, or create, the folder of one research project.

    Parameters
    ----------
    folder
        The project's folder.
    clock, sleep
        What tells the time and what waits.

    Attributes
    ----------
    service : Service
        The way to the SFTP service: profile, host key, passphrase.
    ledger : Ledger
        What was sent and fetched.

    Raises
    ------
    WorkspaceError
        The path is a file, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Workspace(Path(folder) / "my-project") as ws:
    ...         ws.cohorts()
    []
    """

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

    def submit(
        self,
        cohort: Cohort,
        *,
        dry_run: bool = False,
        only_good: bool = False,
        replace: bool = False,
        limit_rate: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Send every study of a cohort that was not sent yet, each once and only once.

        Interrupted at any moment, the next call looks at the server and goes on.

        Parameters
        ----------
        cohort
            The cohort.
        dry_run
            Check and package everything and send nothing.
        only_good
            Send the studies without errors though others have some.
        replace
            Send anew a study whose content changed since it was sent, that came back as a failure,
            or whose end is not known.
        limit_rate
            Bytes per second at most, over all connections.
        on_event
            What listens; progress bars if None.
        stop
            When set, the studies under way are finished and no other is begun.
        pause
            While set, no byte is sent.
        executor
            Where checks and packaging work; the local cores if None.

        Returns
        -------
        pandas.DataFrame
            The plan, one row per study: study_id, action, size (bytes), reason, seconds (at the
            speed of earlier uploads); and after a real run what became of it: state, message.

        Raises
        ------
        SubmissionError
            Studies have errors, and `only_good` was not asked for.
        ConnectError
            The service cannot be reached.
        LockedError
            Somebody else works in this workspace just now.
        """
        blocked = blocked_studies(cohort, self.check(cohort, executor=executor))
        if blocked and not (only_good or dry_run):
            raise refusal(cohort, blocked)
        n_bad = len(blocked)
        good = tuple(study for study in cohort.studies if study.study_id not in blocked)
        # One lock from the plan to the last byte: nobody sends meanwhile what is planned here.
        with self._places.locked(), listening(on_event) as listen:
            packages = self.package(
                Cohort(cohort.cohort_id, good),
                on_event=partial(_hear_failures, blocked, listen),
                stop=stop,
                executor=executor,
            )
            if len(blocked) > n_bad and not (only_good or dry_run):
                raise refusal(cohort, blocked)
            todo = plan(packages, self.ledger, blocked, replace=replace)
            if not dry_run:
                self._send(todo, packages, listen, stop=stop, pause=pause, limit_rate=limit_rate)
        rows = with_not_begun(todo.frame(), cohort)
        return rows if dry_run else self._outcome(cohort, rows)

    def _send(
        self,
        todo: Plan,
        packages: Sequence[Package],
        listen: OnEvent,
        *,
        stop: threading.Event | None,
        pause: threading.Event | None,
        limit_rate: float | None,
    ) -> None:
        settings = self.service.settings
        for event in submit(
            todo,
            packages,
            self.service.connect,
            self.ledger,
            connections=settings.connections,
            quiet_seconds=settings.quiet_seconds,
            stop=stop,
            pause=pause,
            limit_rate=limit_rate,
            clock=self._clock,
            sleep=self._sleep,
        ):
            listen(event)

    def _outcome(self, cohort: Cohort, rows: pd.DataFrame) -> pd.DataFrame:
        known = {row.study_id: row for row in self.ledger.rows(cohort.cohort_id)}
        found = [known.get(study_id) for study_id in rows["study_id"]]
        return rows.assign(
            state=[str(row.state) if row else "" for row in found],
            message=[row.message if row else "" for row in found],
        )

    def rebuild(self, cohort: Cohort, *, on_event: OnEvent | None = None) -> pd.DataFrame:
        """Make a lost ledger anew from the packages and the server; nothing is sent.

        Ended early, it has to be done again before anything is sent.

        Parameters
        ----------
        cohort
            The cohort; its packages are made again where they are not there.
        on_event
            What listens; progress bars if None.

        Returns
        -------
        pandas.DataFrame
            The `status` of all studies after it, from the ledger.

        Raises
        ------
        ConnectError
            The service cannot be reached, or not any more.
        LockedError
            Somebody else works in this workspace just now.
        """
        with self._places.locked(), closing(self.service.connect()) as remote:
            rebuild(self.package(cohort, on_event=on_event), self.ledger, remote)
        return self.status(look=False)

    # ---------------------------------------------------------------- results

    def status(self, *, look: bool = True) -> pd.DataFrame:
        """Tell where every study stands.

        Parameters
        ----------
        look
            Look at the server too; False tells what the ledger knows.

        Returns
        -------
        pandas.DataFrame
            One row per study: cohort_id, study_id, state, since (UTC), size (bytes), message, and
            warnings of its result files.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        """
        results = None
        if look:
            with closing(self.service.connect()) as remote:
                results = find_results(remote)
        table = status(
            self.ledger.rows(),
            results,
            now=self._clock(),
            overdue_hours=self.service.settings.overdue_hours,
        )
        odd = cached_warnings(self.results_folder, self._places.cache)
        return table.assign(warnings=[odd.get(study_id, "") for study_id in table["study_id"]])

    def wait(
        self,
        *,
        timeout: float = 4 * 3600.0,
        interval: float = 60.0,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Wait until the service has answered for every study that was sent.

        Parameters
        ----------
        timeout
            How long to wait at most, in seconds.
        interval
            How long to wait between two looks, in seconds.
        on_event
            What listens; a progress bar if None.
        stop
            When set, waiting ends after the next look.

        Returns
        -------
        pandas.DataFrame
            The last `status`.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        """
        with listening(on_event) as listen:
            return wait_for_results(
                self.status,
                timeout=timeout,
                interval=interval,
                listen=listen,
                stop=stop,
                clock=self._clock,
                sleep=self._sleep,
            )

    def collect(
        self, *, on_event: OnEvent | None = None, stop: threading.Event | None = None
    ) -> pd.DataFrame:
        """Bring every result that is new or changed.

        Parameters
        ----------
        on_event
            What listens; progress bars if None.
        stop
            When set, the folders under way are finished and no other is begun.

        Returns
        -------
        pandas.DataFrame
            The `status` after it, from the ledger.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        LockedError
            Somebody else works in this workspace just now.
        """
        with self._places.locked(), listening(on_event) as listen:
            for event in collect(
                self.service.connect,
                self.ledger,
                self.results_folder,
                connections=self.service.settings.connections,
                stop=stop,
                clock=self._clock,
                sleep=self._sleep,
            ):
                listen(event)
        return self.status(look=False)

    @property
    def results_folder(self) -> Path:
        """Where collected results stand, one folder per study."""
        return self._places.results

    def table(self) -> pd.DataFrame:
        """Return the cohort table of everything collected.

        Returns
        -------
        pandas.DataFrame
            One row per study x region x metric; see docs/cohort_table.md for the columns.

        Raises
        ------
        ResultError
            Nothing was collected yet.
        """
        return self._results().table

    def study_facts(self) -> pd.DataFrame:
        """Return what is known of every collected study: predictions, source, warnings.

        Returns
        -------
        pandas.DataFrame
            One row per study.

        Raises
        ------
        ResultError
            Nothing was collected yet.
        """
        return self._results().studies

    def _results(self) -> Results:
        if not self.results_folder.exists():
            raise ResultError(
                "No results were collected yet.",
                advice="Ask for the status; when results are delivered, collect them.",
            )
        return cached_results(
            self.results_folder,
            self._places.cache,
            studies=study_map(self._cohorts, self.participants),
        )


def _hear_failures(blocked: dict[str, str], listen: OnEvent, event: Event) -> None:
    """Block the studies that could not be packaged, so that none is lost from sight."""
    if event.status == "failed" and event.study_id is not None:
        blocked[event.study_id] = event.message
    listen(event)
