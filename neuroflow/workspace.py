"""The folder of one research project, and the five steps in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd

from neuroflow.cohorts import CohortStore
from neuroflow.errors import ResultError
from neuroflow.ledger import Ledger, LedgerRow
from neuroflow.models import Cohort, Event, OnEvent, Package, Study
from neuroflow.participants import read_participants
from neuroflow.preparation import blocked_studies, refusal, study_map, with_participant
from neuroflow.privatefile import write_private
from neuroflow.progress import Bars
from neuroflow.results.cache import cached_results
from neuroflow.results.table import Results
from neuroflow.service import Service
from neuroflow.studies.check import check
from neuroflow.studies.package import package_studies
from neuroflow.transfer.collect import collect, find_results
from neuroflow.transfer.paths import check_cohort_id
from neuroflow.transfer.status import status
from neuroflow.transfer.submit import Plan, plan, submit
from neuroflow.waiting import wait_for_results
from neuroflow.workfolder import WorkFolder


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Workspace:
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
        self._places = WorkFolder(folder)
        self._clock = clock
        self._sleep = sleep
        self.service = Service(self._places.root)
        self.ledger = Ledger(self._places.ledger, clock=clock)
        self._cohorts = CohortStore(self._places.cohorts)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._places.root

    def close(self) -> None:
        """Close the ledger; harmless when repeated."""
        self.ledger.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace({str(self.folder)!r})"

    # ---------------------------------------------------------------- cohorts

    def cohorts(self) -> list[str]:
        """List the ids of the cohorts in this workspace.

        Returns
        -------
        list of str
            In alphabetical order.
        """
        return self._cohorts.ids()

    def cohort(
        self,
        cohort_id: str,
        studies: Iterable[Study] | None = None,
        *,
        participants: str | Path | None = None,
    ) -> Cohort:
        """Make a cohort of studies, or open one again.

        Every study gets a `study_id`, and keeps it whenever the cohort is made anew.

        Parameters
        ----------
        cohort_id
            The folder on the server: letters, digits, ``-`` and ``_``.
        studies
            What `neuroflow.find_studies` found; None opens the cohort as it was.
        participants
            participants.tsv, from which age and sex are taken; it is copied into the workspace.

        Returns
        -------
        Cohort
            The cohort; `submit` takes it.

        Raises
        ------
        IdError
            The id cannot be a folder on the server.
        ParticipantsError
            participants.tsv cannot be used.
        WorkspaceError
            There is no such cohort to open, or it cannot be written.
        """
        check_cohort_id(cohort_id)
        if participants is not None:
            read_participants(participants)  # refused before anything is written
            source = Path(participants).expanduser().read_bytes()
        if studies is None:
            studies = self._cohorts.read(cohort_id).studies
        sent = {row.study_id for row in self.ledger.rows(cohort_id) if row.submitted_at}
        cohort = self._cohorts.enrol(cohort_id, studies, keep=sent)
        if participants is not None:
            write_private(self._places.participants(cohort_id), source)
        return self._with_participants(cohort)

    def participants(self, cohort_id: str) -> pd.DataFrame | None:
        """Return the participants of a cohort.

        Parameters
        ----------
        cohort_id
            The cohort.

        Returns
        -------
        pandas.DataFrame or None
            None where the cohort was made without participants.tsv.
        """
        path = self._places.participants(cohort_id)
        return read_participants(path) if path.exists() else None

    def check(self, cohort: Cohort, *, executor: Executor | None = None) -> pd.DataFrame:
        """Check every study of a cohort against the service's acquisition protocol.

        Parameters
        ----------
        cohort
            The cohort.
        executor
            Where to work; the local cores if None.

        Returns
        -------
        pandas.DataFrame
            One row per finding: study, rule, severity, measured, accepted, advice.
        """
        own = {str(study.study_id) for study in cohort.studies}
        sent = {
            row.study_uid_sha256
            for row in self.ledger.rows()
            if row.submitted_at and row.study_uid_sha256 and row.study_id not in own
        }
        return check(cohort.studies, sent=sent, executor=executor)

    # ------------------------------------------------------------- submission

    def package(
        self, cohort: Cohort, *, on_event: OnEvent | None = None, executor: Executor | None = None
    ) -> list[Package]:
        """De-identify and zip every study that is not packaged yet.

        Parameters
        ----------
        cohort
            The cohort.
        on_event
            What listens; progress bars if None.
        executor
            Where to work; the local cores if None.

        Returns
        -------
        list of Package
            One per study, in the order of the cohort.

        Raises
        ------
        PackageError
            A study cannot be zipped.
        LockedError
            Somebody else works in this workspace just now.
        """
        folder = self._places.packages(cohort.cohort_id)
        known = {row.study_id: _package(row, folder) for row in self.ledger.rows(cohort.cohort_id)}
        with self._places.locked(), _listener(on_event) as listen:
            packages = package_studies(
                cohort,
                folder,
                salt=self._places.salt,
                known=known,
                executor=executor,
                on_event=listen,
            )
            for package in packages:
                if package != known.get(package.study_id):
                    self.ledger.add_package(package)
        return packages

    def submit(
        self,
        cohort: Cohort,
        *,
        dry_run: bool = False,
        only_good: bool = False,
        replace: bool = False,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
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
            Send anew a study whose content changed since it was sent.
        on_event
            What listens; progress bars if None.
        stop
            When set, the studies under way are finished and no other is begun.
        executor
            Where checks and packaging work; the local cores if None.

        Returns
        -------
        pandas.DataFrame
            The plan, one row per study: study_id, action, size (bytes), reason; and after a real
            run what became of it: state, message.

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
        with _listener(on_event) as listen:
            packages = self.package(
                Cohort(cohort.cohort_id, good),
                on_event=partial(_hear_failures, blocked, listen),
                executor=executor,
            )
            if len(blocked) > n_bad and not (only_good or dry_run):
                raise refusal(cohort, blocked)
            todo = plan(packages, self.ledger, blocked, replace=replace)
            if not dry_run:
                self._send(todo, packages, listen, stop)
        return todo.frame() if dry_run else self._outcome(todo)

    def _send(
        self, todo: Plan, packages: Sequence[Package], listen: OnEvent, stop: threading.Event | None
    ) -> None:
        settings = self.service.settings
        with self._places.locked():
            for event in submit(
                todo,
                packages,
                self.service.connect,
                self.ledger,
                connections=settings.connections,
                quiet_seconds=settings.quiet_seconds,
                stop=stop,
                clock=self._clock,
                sleep=self._sleep,
            ):
                listen(event)

    def _outcome(self, todo: Plan) -> pd.DataFrame:
        rows = {row.study_id: row for row in self.ledger.rows(todo.cohort_id)}
        frame = todo.frame()
        known = [rows.get(study_id) for study_id in frame["study_id"]]
        return frame.assign(
            state=[str(row.state) if row else "" for row in known],
            message=[row.message if row else "" for row in known],
        )

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
            One row per study: cohort_id, study_id, state, since (UTC), size (bytes), message.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        """
        results = None
        if look:
            with closing(self.service.connect()) as remote:
                results = find_results(remote)
        return status(
            self.ledger.rows(),
            results,
            now=self._clock(),
            overdue_hours=self.service.settings.overdue_hours,
        )

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
        with _listener(on_event) as listen:
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
        with self._places.locked(), _listener(on_event) as listen:
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

    # ---------------------------------------------------------------- inside

    def _with_participants(self, cohort: Cohort) -> Cohort:
        participants = self.participants(cohort.cohort_id)
        if participants is None:
            return cohort
        return replace(
            cohort, studies=tuple(with_participant(s, participants) for s in cohort.studies)
        )


def _package(row: LedgerRow, folder: Path) -> Package:
    return Package(
        cohort_id=row.cohort_id,
        study_id=row.study_id,
        path=folder / f"{row.study_id}.zip",
        size=row.size,
        sha256=row.sha256,
        source_sha256=row.source_sha256,
        study_uid_sha256=row.study_uid_sha256,
    )


def _hear_failures(blocked: dict[str, str], listen: OnEvent, event: Event) -> None:
    """Block the studies that could not be packaged, so that none is lost from sight."""
    if event.status == "failed" and event.study_id is not None:
        blocked[event.study_id] = event.message
    listen(event)


@contextmanager
def _listener(on_event: OnEvent | None) -> Iterator[OnEvent]:
    """Yield what listens to a job: the caller's own, or progress bars."""
    if on_event is not None:
        yield on_event
    else:
        with Bars() as bars:
            yield bars
