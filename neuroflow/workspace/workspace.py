"""The folder of one research project, and the steps in it: the public face of this room."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from neuroflow.ledger import Ledger, utc_now
from neuroflow.models import Cohort, OnEvent, Package, Study
from neuroflow.results import Schema
from neuroflow.transfer import Clock, StatusUpdate
from neuroflow.workspace.checking import Checks
from neuroflow.workspace.collection import Collection as _Collection
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Jobs
from neuroflow.workspace.packaging import Packaging
from neuroflow.workspace.service import Service
from neuroflow.workspace.submission import Submission, SubmitOptions


class Workspace:
    """Open, or create, the folder of one research project.

    Parameters
    ----------
    folder
        The project's folder; made where missing.
    clock
        Returns the present time, in UTC; for tests.
    sleep
        Waits for a number of seconds; for tests.

    Attributes
    ----------
    service : Service
        The way to the SFTP service: profile, host key, passphrase.
    ledger : Ledger
        What was sent and collected.

    Raises
    ------
    WorkspaceError
        The path is a file, or the folder cannot be written.

    Notes
    -----
    Every method that takes a cohort takes a `Cohort` or its id. A `Cohort` stands for its studies
    as the workspace knows them at the time of the call: what was excluded, overridden or filled in
    since it was made counts.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Workspace(Path(folder) / "my-project") as ws:
    ...         ws.cohorts()
    []
    """

    service: Service
    ledger: Ledger

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = ProjectFolder(folder)
        self.ledger = Ledger(self._folder.ledger, clock=clock)
        self.service = Service(self._folder.root)
        jobs = Jobs(self._folder, clock=clock)
        self._enrolment = Enrolment(self._folder, self.ledger)
        self._checks = Checks(self._folder, self.ledger, self._enrolment)
        self._packaging = Packaging(self._folder, self.ledger, self._enrolment, jobs)
        self._submission = Submission(
            self.ledger,
            self.service,
            enrolment=self._enrolment,
            checks=self._checks,
            packaging=self._packaging,
            jobs=jobs,
            clock=Clock(clock, sleep),
        )
        self._collection = _Collection(
            self._folder,
            self.ledger,
            self.service,
            enrolment=self._enrolment,
            jobs=jobs,
            clock=Clock(clock, sleep),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r})"

    def close(self) -> None:
        """Close the ledger; harmless when repeated."""
        self.ledger.close()

    # ----------------------------------------------------------------- the folder

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._folder.root

    @property
    def results_folder(self) -> Path:
        """The folder of collected results, with one folder per study."""
        return self._folder.results

    @property
    def log(self) -> Path:
        """The log of packaging, sending and collecting: one line of JSON for each event.

        No patient data and no secret: study ids, stages, bytes, rates, and answers of the server.
        """
        return self._folder.log

    @property
    def is_busy(self) -> bool:
        """True while a notebook or a command is packaging, sending or collecting here."""
        return self._folder.is_locked

    # ---------------------------------------------------------------- the cohorts
    def cohorts(self) -> list[str]:
        """List the ids of the cohorts in this workspace.

        Returns
        -------
        list of str
            In alphabetical order.
        """
        return self._enrolment.ids()

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
            The id cannot be a folder on the server, or differs from another one in case only.
        OptionError
            There are no studies in it.
        ParticipantsError
            participants.tsv cannot be used.
        WorkspaceError
            There is no such cohort to open, or it cannot be written.
        """
        return self._enrolment.cohort(cohort_id, studies, participants=participants)

    def participants(self, cohort: Cohort | str) -> pd.DataFrame | None:
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
        return self._enrolment.participants(cohort)

    def exclude(self, cohort: Cohort | str, study: str, reason: str) -> None:
        """Leave a study out: it is not checked, packaged or sent until it is included again.

        Parameters
        ----------
        cohort
            The cohort.
        study
            The study's label or `study_id`.
        reason
            Why, for the account of who was left out; it stays on this disk.

        Raises
        ------
        OptionError
            There is no such study or no reason, or the study was sent already.
        """
        self._enrolment.exclude(cohort, study, reason)

    def include(self, cohort: Cohort | str, study: str) -> None:
        """Take a study that was excluded into its cohort again.

        Parameters
        ----------
        cohort
            The cohort.
        study
            The study's label or `study_id`.

        Raises
        ------
        OptionError
            There is no such study.
        """
        self._enrolment.include(cohort, study)

    def excluded(self, cohort: Cohort | str) -> dict[str, str]:
        """Tell which studies of a cohort are left out, and why.

        Parameters
        ----------
        cohort_id
            The cohort.

        Returns
        -------
        dict
            From `study_id` to the reason.
        """
        return self._enrolment.excluded(cohort)

    def fill_in(
        self, cohort: Cohort | str, study: str, *, age: float | None = None, sex: str | None = None
    ) -> Cohort:
        """Give a study the age or sex that neither participants.tsv nor its header tells.

        They are kept in the workspace; participants.tsv is not changed, and wins where it names
        them later.

        Parameters
        ----------
        cohort
            The cohort.
        study
            The study's label or `study_id`.
        age
            Age at the scan in years; None leaves it as it is.
        sex
            ``"M"`` or ``"F"``; None leaves it as it is.

        Returns
        -------
        Cohort
            The cohort with what was filled in.

        Raises
        ------
        OptionError
            There is no such study, no such age or sex, or participants.tsv says otherwise.
        """
        self._enrolment.fill_in(cohort, study, age=age, sex=sex)
        return self._enrolment.current(cohort)

    # ------------------------------------------------------------ the steps, in order

    def check(
        self,
        cohort: Cohort | str,
        *,
        on_event: OnEvent | None = None,
        executor: Executor | None = None,
        look: bool = True,
    ) -> pd.DataFrame:
        """Check every study of a cohort against the service's acquisition protocol.

        Studies whose files did not change since the last check are not read again; those that
        were excluded are not checked.

        Parameters
        ----------
        cohort
            The cohort.
        on_event
            What listens; nothing if None.
        executor
            Where to work; the local cores if None.
        look
            False tells what the last check found and opens no file; a study that was never checked
            has an error that says so.

        Returns
        -------
        pandas.DataFrame
            One row per finding: study, rule, severity, measured, accepted, advice. Errors that
            were set aside (see `override`) are warnings.
        """
        return self._checks.check(cohort, on_event=on_event, executor=executor, look=look)

    def override(self, cohort: Cohort | str, study: str, rule: str, reason: str) -> None:
        """Set one rule aside for one study, with a reason that the ledger keeps.

        Parameters
        ----------
        cohort
            The cohort.
        study
            The study's label or `study_id`.
        rule
            The rule's id, as in the findings.
        reason
            Why the study may be sent all the same; an empty text takes the rule up again.

        Raises
        ------
        OptionError
            There is no such study or rule, or the rule cannot be set aside.
        """
        self._checks.override(cohort, study, rule, reason)

    def deidentification(self, cohort: Cohort | str, study: str) -> pd.DataFrame:
        """Show what de-identification changes in one study, and what it cannot know.

        The values before are the patient's own: for the user's screen, never for a log.

        Parameters
        ----------
        cohort
            The cohort.
        study
            The study's label or `study_id`.

        Returns
        -------
        pandas.DataFrame
            One row per attribute: attribute, tag, before, after, action.

        Raises
        ------
        OptionError
            There is no such study.
        StudyError
            It cannot be read.
        """
        return self._packaging.deidentification(cohort, study)

    def package(
        self,
        cohort: Cohort | str,
        *,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        executor: Executor | None = None,
    ) -> list[Package]:
        """De-identify and zip every study that is not packaged yet, those excluded left out.

        Parameters
        ----------
        cohort
            The cohort.
        on_event
            What listens; progress bars if None.
        stop
            When set, no other package is begun; the next call goes on.
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
        return self._packaging.package(cohort, on_event=on_event, stop=stop, executor=executor)

    def submit(
        self,
        cohort: Cohort | str,
        *,
        dry_run: bool = False,
        only: Collection[str] | None = None,
        only_good: bool = False,
        retry_failed: bool = False,
        replace: bool = False,
        limit_mb_per_s: float | None = None,
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
        only
            Only these studies, by `study_id` or label: the others are neither checked nor packaged
            nor shown, and their errors hold nothing up. None for all.
        only_good
            Send the studies without errors though others have some; the first leave while others
            are still packaged. Otherwise no byte leaves before all are packaged without errors.
        retry_failed
            Only studies whose last upload came to no good end: cut short, refused by the server, or
            of unknown end. What may have arrived all the same is looked at first, and sent again
            with `replace` only. Failure reports are no failed uploads.
        replace
            Send anew a study whose content changed since it was sent, that came back as a failure,
            or whose end is not known.
        limit_mb_per_s
            Upload limit in MB per second, over all connections; None for no limit.
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
            ``attrs["summary"]`` says it in one line.

        Raises
        ------
        OptionError
            A study of `only` is not in the cohort, or is left out of it.
        SubmissionError
            Studies have errors, and `only_good` was not asked for.
        ConnectError
            The service cannot be reached.
        LockedError
            Somebody else works in this workspace just now.
        """
        options = SubmitOptions(
            dry_run=dry_run,
            only=only,
            only_good=only_good,
            retry_failed=retry_failed,
            replace=replace,
            limit_mb_per_s=limit_mb_per_s,
            stop=stop,
            pause=pause,
            executor=executor,
        )
        return self._submission.submit(cohort, options, on_event)

    def rebuild(self, cohort: Cohort | str, *, on_event: OnEvent | None = None) -> pd.DataFrame:
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
        self._submission.rebuild(cohort, on_event)
        return self.status(look=False)

    def status(self, *, look: bool = True) -> pd.DataFrame:
        """Tell where every study stands.

        Parameters
        ----------
        look
            Look at the server; False tells what the ledger and the last look know.

        Returns
        -------
        pandas.DataFrame
            One row per study: cohort_id, study_id, state, since (UTC), size (bytes), message, and
            warnings of its result files. Its ``attrs["listed_at"]`` is the time of the look, in
            UTC by this computer's clock; None if there never was one. ``attrs["left_out"]`` says
            what could not be looked into.

        Raises
        ------
        ConnectError
            The service cannot be reached.

        Warns
        -----
        ResultWarning
            A folder on the server was left out of the look.
        """
        return self._collection.status(look=look)

    def watch(
        self,
        *,
        interval: float = 60.0,
        longest: float | None = None,
        timeout: float = math.inf,
        stop: threading.Event | None = None,
    ) -> Iterator[StatusUpdate]:
        """Look at the service again and again, less often while nothing changes.

        Parameters
        ----------
        interval
            The shortest pause between two looks, in seconds: at first, and after a change.
        longest
            The longest pause, in seconds; 15 intervals if None.
        timeout
            After how many seconds to have the last look.
        stop
            When set, the watching ends at once, also in a pause.

        Yields
        ------
        Look
            The `status`, whether it is news, seconds until the next look; and why the service
            could not be asked, where a connection was lost: it is tried again.

        Raises
        ------
        OptionError
            The interval is no time.
        ConnectError
            The first look failed, or the service refuses in a way that does not pass by itself.
        """
        return self._collection.watch(
            interval=interval, longest=longest, timeout=timeout, stop=stop
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
        """Wait until the service has answered for every study that was sent.

        Parameters
        ----------
        timeout
            How long to wait at most, in seconds.
        interval, longest
            The shortest pause between two looks, and the longest, in seconds; as for `watch`.
        on_event
            What listens; a progress bar if None.
        stop
            When set, waiting ends at once.

        Returns
        -------
        pandas.DataFrame
            The last `status`.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        """
        return self._collection.wait(
            timeout=timeout, interval=interval, longest=longest, on_event=on_event, stop=stop
        )

    def collect(
        self,
        *,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Bring every result that is new or changed.

        Parameters
        ----------
        on_event
            What listens; progress bars if None.
        stop
            When set, the folders under way are finished and no other is begun.
        pause
            While set, nothing is fetched.

        Returns
        -------
        pandas.DataFrame
            The `status` after it, without another look.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        LockedError
            Somebody else works in this workspace just now.
        """
        return self._collection.collect(on_event=on_event, stop=stop, pause=pause)

    def table(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the cohort table of everything collected.

        Parameters
        ----------
        schema
            How the result files are to be read; None lets their content decide.

        Returns
        -------
        pandas.DataFrame
            One row per study x region x metric; see docs/cohort_table.md for the columns.

        Raises
        ------
        ResultError
            Nothing was collected yet.
        """
        return self._collection.results(schema).table

    def study_facts(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return what is known of every collected study: predictions, source, warnings.

        Parameters
        ----------
        schema
            As for `table`.

        Returns
        -------
        pandas.DataFrame
            One row per study.

        Raises
        ------
        ResultError
            Nothing was collected yet.
        """
        return self._collection.results(schema).studies
