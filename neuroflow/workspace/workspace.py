"""The folder of one research project, and the steps in it: the public face of this room."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Self

import pandas as pd

from neuroflow.errors import LedgerLostError, NeuroflowError, OptionError, WorkspaceError
from neuroflow.escaping import for_html
from neuroflow.events import ABOUT_JOBS, read_log
from neuroflow.identity import Account
from neuroflow.io import private_mode
from neuroflow.ledger import Ledger, utc_now
from neuroflow.models import Cohort, OnEvent, Package, Study, shortened
from neuroflow.results import Schema
from neuroflow.transfer import Clock, StatusUpdate
from neuroflow.workspace.arguments import check_number
from neuroflow.workspace.checking import Checks
from neuroflow.workspace.collection import Collection as _Collection
from neuroflow.workspace.connection import Service
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Jobs, RunningJob
from neuroflow.workspace.notes import Notes
from neuroflow.workspace.notices import Notices
from neuroflow.workspace.packaging import Packaging
from neuroflow.workspace.pilot import Pilot as _Pilot
from neuroflow.workspace.pilot import PilotOptions, PilotResult
from neuroflow.workspace.set_aside import SetAside
from neuroflow.workspace.submission import Submission, SubmitOptions
from neuroflow.workspace.withdrawal import Withdrawal
from neuroflow.workspace.witness import Witness, set_ledger_aside, traces

MAX_SHOWN = 150
"""Characters of the folder's path in a repr."""


class Workspace:
    """Open, or create, the folder of one research project.

    Parameters
    ----------
    folder
        The project's folder; created if missing.
    clock
        Returns the present time, in UTC; for tests.
    sleep
        Waits for a number of seconds; for tests.

    Attributes
    ----------
    service : Service
        The connection to the SFTP service: profile, host key, passphrase.
    ledger : Ledger
        What was sent and collected.
    notices : Notices
        The addresses to which news of this workspace is sent.

    Raises
    ------
    WorkspaceError
        The path is a file, or a folder that cannot be written and holds no workspace. A workspace
        that cannot be written can be read: status without the server, tables and comparisons.

    Notes
    -----
    Every method that takes a cohort takes a `Cohort` or its id. A `Cohort` stands for its studies
    as the workspace knows them at the time of the call, including exclusions, overrides and
    filled-in values made since. Methods that change something change it in the folder and return
    None.

    A workspace cannot be pickled: pass its folder to another process and open it there. Several
    threads and processes may use one folder; packaging, sending and collecting do not wait for
    each other: they raise `LockedError` while another one runs.

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
    notices: Notices

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = ProjectFolder(folder)
        root = self._folder.root
        self.ledger = Ledger(
            self._folder.ledger,
            clock=clock,
            mode=private_mode(root),
            read_only=self._folder.is_read_only,
            made_beside=lambda: traces(root),
        )
        self.ledger.seal(self._folder.seal.digest, self._folder.seal.close)
        self.service = Service(self._folder.root)
        witness = Witness(root, self.ledger)
        jobs = self._jobs = Jobs(self._folder, clock=clock, witness=witness)
        self._enrolment = Enrolment(
            self._folder,
            self.ledger,
            account=self._open_account,
            id_kind=lambda: self.service.settings.study_ids,
        )
        self._checks = Checks(self._folder, self.ledger, self._enrolment)
        self._packaging = Packaging(
            self._folder, self.ledger, self._enrolment, jobs, account=self._open_account
        )
        self._submission = Submission(
            self.ledger,
            self.service,
            enrolment=self._enrolment,
            checks=self._checks,
            packaging=self._packaging,
            jobs=jobs,
            clock=Clock(clock, sleep),
            witness=witness,
        )
        self.notices = Notices(self._folder.root)
        self._set_aside, self._notes = SetAside(root), Notes(root, clock)
        self._collection = _Collection(
            self._folder,
            self.ledger,
            self.service,
            enrolment=self._enrolment,
            jobs=jobs,
            notices=self.notices,
            clock=Clock(clock, sleep),
            witness=witness,
        )
        self._withdrawal = Withdrawal(
            self._folder,
            self.ledger,
            self._enrolment,
            clock,
            keep_decisions=lambda: self._set_aside.table.keep_only(self._collection.collected()),
        )
        self._pilot = _Pilot(
            self._folder,
            self.ledger,
            enrolment=self._enrolment,
            checks=self._checks,
            submission=self._submission,
            collection=self._collection,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shortened(str(self.folder), MAX_SHOWN)!r})"

    def _repr_html_(self) -> str:
        return _as_html(self.folder, self.service, self._enrolment, self.ledger)

    def __reduce__(self) -> NoReturn:
        raise WorkspaceError(
            "A workspace cannot be pickled or copied.",
            why="It holds an open ledger and a lock.",
            advice="Pass its folder, and open it there with Workspace(folder).",
        )

    def close(self) -> None:
        """Close the ledger; repeated calls do nothing.

        Examples
        --------
        >>> ws.close()
        """
        self.ledger.close()

    def _open_account(self) -> Account:
        return self._folder.account(self.service.name)

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

    def history(
        self, study: str | None = None, *, jobs_only: bool = False, last: int = 20
    ) -> pd.DataFrame:
        """Return the latest lines of the log: what was packaged, sent and collected, and when.

        Parameters
        ----------
        study
            Only lines about this study, by its label or `study_id`; None for all.
        jobs_only
            Only lines about whole jobs.
        last
            How many lines at most.

        Returns
        -------
        pandas.DataFrame
            One row per line, the oldest first: at (ISO 8601, in UTC), stage, label, study_id,
            status, done, total, message.

        Raises
        ------
        OptionError
            There is no such study, or `last` is not above 0.
        FolderError
            The log cannot be read.

        Examples
        --------
        >>> len(ws.history("D002_01", last=2))
        2
        """
        check_number("last", last)
        about = "" if study is None else self._enrolment.find(study)
        events = read_log(self.log, last, about or (ABOUT_JOBS if jobs_only else ""))
        table = pd.DataFrame(events, dtype=object)
        if "study_id" in table:
            labels = self._enrolment.labels()
            named = table["study_id"].map(labels)
            table.insert(list(table.columns).index("study_id"), "label", named)
        return table

    @property
    def is_busy(self) -> bool:
        """True while a notebook or command is packaging, sending or collecting here."""
        return self._folder.is_locked

    @property
    def running_job(self) -> RunningJob | None:
        """The job that runs here now and how far it is, whoever began it; None without one.

        A job is seen from its first second on, by every notebook, page and command.
        """
        return self._jobs.running

    def pause_job(self) -> None:
        """Pause the job that runs in this workspace; no byte is sent until it is resumed.

        The job may have been started elsewhere, by a form, a notebook or a command.

        Raises
        ------
        WorkspaceError
            No job runs here, or it cannot be paused.

        Examples
        --------
        >>> ws.pause_job()
        Traceback (most recent call last):
        ...
        neuroflow.errors.WorkspaceError: No job runs in this workspace...
        """
        self._jobs.send("pause")

    def resume_job(self) -> None:
        """Resume the job that was paused.

        Raises
        ------
        WorkspaceError
            No job runs here, or it cannot be paused.

        Examples
        --------
        >>> ws.resume_job()
        Traceback (most recent call last):
        ...
        neuroflow.errors.WorkspaceError: No job runs in this workspace...
        """
        self._jobs.send("resume")

    def stop_job(self) -> None:
        """Stop the job that runs in this workspace: it finishes the studies in progress.

        Raises
        ------
        WorkspaceError
            No job runs here, or it cannot be stopped.

        Examples
        --------
        >>> ws.stop_job()
        Traceback (most recent call last):
        ...
        neuroflow.errors.WorkspaceError: No job runs in this workspace...
        """
        self._jobs.send("stop")

    @property
    def account(self) -> Account:
        """The account at the service: the key that ids are derived with, and its journal."""
        return self._open_account()

    # ---------------------------------------------------------------- the cohorts

    def cohorts(self) -> list[str]:
        """List the ids of the cohorts in this workspace.

        Returns
        -------
        list of str
            In alphabetical order.

        Examples
        --------
        >>> ws.cohorts()
        ['PILOT_1']
        """
        return self._enrolment.ids()

    def cohort(
        self,
        cohort_id: Cohort | str,
        studies: Iterable[Study] | None = None,
        *,
        participants: str | Path | pd.DataFrame | None = None,
        executor: Executor | None = None,
        on_event: OnEvent | None = None,
    ) -> Cohort:
        """Make a cohort of studies, or open one again.

        Every study gets a `study_id`, and keeps it whenever the cohort is made again.

        Parameters
        ----------
        cohort_id
            The folder on the server: letters, digits, ``-``, ``_`` and ``.``, 100 at most.
        studies
            The studies that `neuroflow.find_studies` returned; None opens an existing cohort.
        participants
            participants.tsv, from which age (years) and sex are taken; it is copied into the
            workspace. Or what `neuroflow.read_participants` made of a file with other columns.
        executor
            Where to read the images of new studies; the local cores if None.
        on_event
            Called with each `Event` of reading them.

        Returns
        -------
        Cohort
            The studies with their ids, ages and sexes.

        Raises
        ------
        IdError
            The id cannot be the name of a folder on the server, or differs from another id in case
        only.
        OptionError
            `studies` is empty, or is not what `neuroflow.find_studies` returns.
        ParticipantsError
            participants.tsv cannot be used.
        WorkspaceError
            The cohort does not exist, or cannot be written.

        Examples
        --------
        >>> ws.cohort("PILOT_1")
        <Cohort PILOT_1: 3 studies>
        """
        return self._enrolment.cohort(
            cohort_id, studies, participants=participants, executor=executor, on_event=on_event
        )

    def participants(self, cohort: Cohort | str) -> pd.DataFrame | None:
        """Return the participants of a cohort.

        Parameters
        ----------
        cohort
            The cohort or its id.

        Returns
        -------
        pandas.DataFrame or None
            One row per row of participants.tsv; None if the cohort was made without it.

        Raises
        ------
        ParticipantsError
            The workspace's copy of participants.tsv cannot be read.

        Examples
        --------
        >>> ws.participants("PILOT_1")["participant_id"].unique().tolist()
        ['D002', 'D005']
        """
        return self._enrolment.participants(cohort)

    def exclude(self, cohort: Cohort | str, study: str, reason: str) -> None:
        """Exclude a study: it is not checked, packaged or sent until it is included again.

        Parameters
        ----------
        cohort
            The cohort or its id.
        study
            The study's label or `study_id`.
        reason
            Why, for the report of exclusions; it stays on this computer.

        Raises
        ------
        OptionError
            There is no such study or no reason, or the study was sent already.

        Examples
        --------
        >>> ws.exclude("PILOT_1", "D005_01", "moved in the scanner")
        >>> list(ws.excluded("PILOT_1").values())
        ['moved in the scanner']
        """
        self._enrolment.exclude(cohort, study, reason)

    def include(self, cohort: Cohort | str, study: str) -> None:
        """Include a study again that was excluded.

        Parameters
        ----------
        cohort
            The cohort or its id.
        study
            The study's label or `study_id`.

        Raises
        ------
        OptionError
            There is no such study.

        Examples
        --------
        >>> ws.include("PILOT_1", "D005_01")
        >>> ws.excluded("PILOT_1")
        {}
        """
        self._enrolment.include(cohort, study)

    def forget(self, study: str) -> pd.DataFrame:
        """Remove a study or participant whose consent was withdrawn; it is never sent again.

        Package, results, cached values, entries of the map and of participants.tsv, decisions,
        findings and lines of the log are removed. A tombstone of keyed digests stays: the scan is
        left out when it is found again, and its results are not collected. The scans themselves
        are not touched.

        Parameters
        ----------
        study
            The participant, for all of their studies; or a study's label or `study_id`.

        Returns
        -------
        DataFrame
            One row per item: `what`, `where`, and `state`, which is ``removed`` or ``remains``.
            What lies at the service, in exports and in reports of many studies cannot be removed
            from here.

        Raises
        ------
        OptionError
            There is no such study or participant.
        LockedError
            A job is running.
        WorkspaceError
            Something could not be removed: all else was, and the error names what is left.

        Examples
        --------
        >>> left = ws.forget("D005_01").query("state == 'remains'")
        >>> left["what"].tolist()[-1]
        'scans, backups, and copies outside the workspace'
        """
        return self._withdrawal.forget(study)

    def forget_preview(self, study: str) -> list[str]:
        """List the studies that `forget` would remove.

        Parameters
        ----------
        study
            As for `forget`.

        Returns
        -------
        list of str
            Cohort and label of each.

        Raises
        ------
        OptionError
            There is no such study or participant.

        Examples
        --------
        >>> ws.forget_preview("D005_01")
        ['PILOT_1 D005_01']
        """
        return self._withdrawal.preview(study)

    def excluded(self, cohort: Cohort | str) -> dict[str, str]:
        """Return which studies of a cohort are excluded, and why.

        Parameters
        ----------
        cohort
            The cohort or its id.

        Returns
        -------
        dict
            From `study_id` to the reason.

        Raises
        ------
        WorkspaceError
            The file with the decisions cannot be read.

        Examples
        --------
        >>> ws.excluded("PILOT_1")
        {'695dabdb-5ab6-40f7-94ef-f5fefcae39e9': 'motion'}
        """
        return self._enrolment.excluded(cohort)

    def repeat(self, cohort: Cohort | str, study: str, *, reason: str) -> str:
        """Prepare a study that was sent to be sent once more, deliberately.

        It is added to the cohort under a new id, with new UIDs, so that neuropacs processes it
        again instead of taking it for the first one; `submit` sends it. The results of the
        earlier submission are set aside, since one visit counts once: `include_result` includes
        them again.

        Parameters
        ----------
        cohort
            The cohort, or its id.
        study
            The study, by label or `study_id`.
        reason
            The reason, in a few words: it appears in captions and methods texts.

        Returns
        -------
        str
            The new `study_id`.

        Raises
        ------
        OptionError
            The study, or an earlier repetition of it, was not completely sent; or no reason.
        LockedError
            Studies are being packaged, sent or collected.

        Examples
        --------
        >>> sent = ws.status(offline=True).query("state == 'collected'").iloc[0]
        >>> again = ws.repeat(sent["cohort_id"], sent["study_id"], reason="asked for by neuropacs")
        >>> ws.submit(sent["cohort_id"], only=again, dry_run=True)["action"].tolist()
        ['send']
        >>> ws.forget(again)["state"].iloc[0]
        'removed'
        >>> ws.include_result(sent["study_id"])
        """
        if not isinstance(reason, str) or not reason.strip():
            raise OptionError(
                "A study is repeated with a reason.",
                advice="State the reason in a few words; it is kept with the results set aside.",
                about="reason",
            )
        words = " ".join(reason.split())
        new = self._enrolment.repeat(cohort, study, words)
        for study_id, first in self._enrolment.repetitions().items():
            if first == new.repeats and study_id != new.study_id:
                self._set_aside.exclude(study_id, None, f"repeated: {words}")
        self._set_aside.exclude(str(new.repeats), None, f"repeated: {words}")
        return str(new.study_id)

    def fill_in(
        self,
        cohort: Cohort | str,
        study: str,
        *,
        age: float | None = None,
        sex: str | None = None,
    ) -> None:
        """Fill in the age or sex of a study that neither participants.tsv nor its header has.

        The values are kept in the workspace. participants.tsv is not changed, and takes precedence
        where it has them later. Beside a sex of ``"O"``, the one filled in is only sent.

        Parameters
        ----------
        cohort
            The cohort or its id.
        study
            The study's label or `study_id`.
        age
            Age at the scan in years, 0 to 130; None leaves it as it is.
        sex
            ``"M"`` or ``"F"``; None leaves it as it is.

        Raises
        ------
        OptionError
            There is no such study, no such age or sex, or participants.tsv has another one.

        Examples
        --------
        >>> ws.fill_in("PILOT_1", "D002_01", age=60)
        >>> [study.age for study in ws.cohort("PILOT_1").studies][:2]
        [60.0, 61.0]
        """
        self._enrolment.fill_in(cohort, study, age=age, sex=sex)

    # ------------------------------------------------------- before the network

    def check(
        self,
        cohort: Cohort | str,
        *,
        on_event: OnEvent | None = None,
        executor: Executor | None = None,
        offline: bool = False,
    ) -> pd.DataFrame:
        """Check every study of a cohort against the service's acquisition protocol.

        Studies whose files did not change since the last check are not read again; those that
        are excluded are not checked.

        Parameters
        ----------
        cohort
            The cohort or its id.
        on_event
            Called with each `Event`; no progress is shown if None.
        executor
            Any `concurrent.futures.Executor`; None uses processes on the local cores.
        offline
            Return the findings of the last check without opening any file, for instance while the
            disk with the scans is not mounted. A study that was never checked has an error
            of its own.

        Returns
        -------
        pandas.DataFrame
            One row per finding: study, rule, severity, measured, accepted, advice. Errors that
            were overridden (see `override`) are warnings.

        Raises
        ------
        OptionError
            The cohort is not one of this workspace.

        Examples
        --------
        >>> ws.check("PILOT_1", offline=True)[["study", "rule", "severity", "measured"]]
             study             rule severity measured
        0  D002_01        echo_time  warning   130 ms
        1  D002_01  echo_time_older     note   130 ms
        """
        return self._checks.check(cohort, on_event=on_event, executor=executor, offline=offline)

    def override(self, cohort: Cohort | str, study: str | None, rule: str, reason: str) -> None:
        """Override one rule for one study or for all, with a reason that the ledger keeps.

        Parameters
        ----------
        cohort
            The cohort or its id.
        study
            The study's label or `study_id`; None overrides the rule for every study that is in
            the cohort now and not excluded. A study that joins later is held to the rule.
        rule
            The rule's id, as in the findings.
        reason
            Why the study may be sent nevertheless; an empty text withdraws the override.

        Raises
        ------
        OptionError
            There is no such study or rule, or the rule cannot be overridden.

        Examples
        --------
        >>> ws.override("PILOT_1", "D002_01", "echo_time", "agreed with neuropacs")
        >>> ws.override("PILOT_1", None, "echo_time", "agreed with neuropacs for all")
        """
        self._checks.override(cohort, study, rule, reason)

    def deidentification(self, cohort: Cohort | str, study: str) -> pd.DataFrame:
        """Return what de-identification changes in one study, and what it cannot detect.

        The values before it identify the patient: show them on screen only, never in a log.

        Parameters
        ----------
        cohort
            The cohort or its id.
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

        Examples
        --------
        >>> report = ws.deidentification("PILOT_1", "D002_02")
        >>> report.set_index("attribute").loc["PatientName", "action"]
        'removed'
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
        """De-identify and zip every study that is not packaged yet, except excluded ones.

        Parameters
        ----------
        cohort
            The cohort or its id.
        on_event
            Called with each `Event`; progress bars if None.
        stop
            When set, no other package is started; the next call continues.
        executor
            Any `concurrent.futures.Executor`; None uses processes on the local cores.

        Returns
        -------
        list of Package
            One per study, in the order of the cohort.

        Raises
        ------
        PackageError
            A study cannot be zipped.
        LockedError
            Another notebook or command is at work in this workspace.

        Examples
        --------
        >>> [package.size for package in ws.package("PILOT_1")]  # bytes
        [10648, 11035]
        """
        return self._packaging.package(cohort, on_event=on_event, stop=stop, executor=executor)

    # ------------------------------------------------------- across the network

    def submit(
        self,
        cohort: Cohort | str,
        *,
        dry_run: bool = False,
        only: Collection[str] | str | None = None,
        only_good: bool = False,
        retry_failed: bool = False,
        replace: bool = False,
        not_sent_before: bool = False,
        limit_mb_per_s: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Send every study of a cohort that was not sent yet, each once and only once.

        Interrupted at any moment, the next call checks the server and continues.

        Parameters
        ----------
        cohort
            The cohort or its id.
        dry_run
            Check and package everything and send nothing.
        only
            Only these studies, by `study_id` or label: the others are not checked, packaged or
            shown, and their errors do not block these. None for all.
        only_good
            Send the studies without errors even if others have some; uploads start while other
            studies are being packaged. Otherwise nothing is sent before all are packaged without
            errors.
        retry_failed
            Only studies whose last upload failed: interrupted, refused by the server, or of unknown
            outcome. The server is checked first: a study that may have arrived is sent again with
            `replace` only. A failure report of the service is not a failed upload.
        replace
            Send a study again if its content changed since it was sent, if the service returned a
            failure report for it, or if the outcome of its upload is unknown.
        not_sent_before
            Answer the question of a first submission: none of these studies was sent from another
            workspace, computer or service. The answer is recorded.
        limit_mb_per_s
            Megabytes (1,000,000 bytes) per second at most, over all connections; None for no
            limit.
        on_event
            Called with each `Event`; progress bars if None.
        stop
            When set, uploads in flight are completed and no other is started.
        pause
            While set, no byte is sent.
        executor
            Any `concurrent.futures.Executor` for checks and packaging; None uses processes on the
        local cores.

        Returns
        -------
        pandas.DataFrame
            The plan, one row per study: study_id, action, size (bytes), reason, seconds (at the
            speed of earlier uploads); and after a real run the outcome: state, message.
            ``attrs["summary"]`` is the plan in one line.

        Raises
        ------
        OptionError
            A study of `only` is not in the cohort, or is excluded; or `limit_mb_per_s` is not a
            number above 0.
        SubmissionError
            Studies have errors, and `only_good` is False.
        ConnectError
            The service cannot be reached.
        LockedError
            Another notebook or command is at work in this workspace.

        Examples
        --------
        >>> plan = ws.submit("PILOT_1", dry_run=True)
        >>> plan["action"].tolist()
        ['skip', 'skip', 'excluded']
        >>> plan.attrs["summary"]
        'nothing to send of 2 studies'
        """
        options = SubmitOptions(
            dry_run=dry_run,
            only=only,
            only_good=only_good,
            retry_failed=retry_failed,
            replace=replace,
            not_sent_before=not_sent_before,
            limit_mb_per_s=limit_mb_per_s,
            stop=stop,
            pause=pause,
            executor=executor,
        )
        return self._submission.submit(cohort, options, on_event)

    def pilot(
        self,
        cohort: Cohort | str,
        *,
        only: Collection[str] | str | None = None,
        only_good: bool = False,
        replace: bool = False,
        not_sent_before: bool = False,
        limit_mb_per_s: float | None = None,
        timeout_hours: float = 6.0,
        interval_seconds: float = 60.0,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> PilotResult:
        """Send one study of a cohort, wait for its results, and check them.

        Use it before the first cohort is sent to the real service: `submit` sends the others
        afterwards. If a study of the cohort was sent already, it is the pilot and no other is
        sent, so that an interrupted call can be repeated. After a failure the next call sends
        another study.

        Parameters
        ----------
        cohort
            The cohort or its id.
        only
            Choose the pilot among these studies, by `study_id` or label.
        only_good, replace, not_sent_before, limit_mb_per_s
            As for `submit`. With `replace`, a study that failed is sent again as the pilot.
        timeout_hours
            The longest time to wait for its results, in hours.
        interval_seconds
            The shortest time between two status checks.
        on_event
            Called with each `Event`; progress bars if None.
        stop
            When set, an upload in flight is completed and waiting ends.
        pause
            While set, nothing is transferred.

        Returns
        -------
        PilotResult
            The study, its state, and one row per check: all files of the result are there,
            aidp.csv can be read, and its values agree with those in the text report.

        Raises
        ------
        SubmissionError
            Studies have errors, and `only_good` is False.
        ConnectError
            The service cannot be reached.
        LockedError
            Another notebook or command is at work in this workspace.

        Examples
        --------
        >>> result = ws.pilot("PILOT_1")  # doctest: +SKIP
        >>> if result.is_passed:  # doctest: +SKIP
        ...     ws.submit("PILOT_1")
        """
        options = SubmitOptions(
            only=only,
            only_good=only_good,
            replace=replace,
            not_sent_before=not_sent_before,
            limit_mb_per_s=limit_mb_per_s,
            stop=stop,
            pause=pause,
        )
        waiting = PilotOptions(timeout_hours, interval_seconds)
        return self._pilot.run(cohort, options, waiting, on_event)

    @classmethod
    def with_new_ledger(cls, folder: str | Path) -> Self:
        """Open a workspace whose ledger may be damaged: such a file is set aside under a new name.

        Nothing is sent from it before `rebuild` has made the ledger again.

        Parameters
        ----------
        folder
            The project's folder.

        Returns
        -------
        Workspace
            The workspace; with the ledger that it had where that can be used.

        Raises
        ------
        WorkspaceError
            The folder cannot be used, or the damaged file cannot be renamed.

        Examples
        --------
        >>> with Workspace.with_new_ledger("my-project") as ws:  # doctest: +SKIP
        ...     ws.rebuild()
        """
        try:
            return cls(folder)
        except LedgerLostError:
            set_ledger_aside(ProjectFolder(folder).ledger)
            return cls(folder)

    def rebuild(self, *, on_event: OnEvent | None = None) -> pd.DataFrame:
        """Rebuild a lost or old ledger from the packages and the server; nothing is sent.

        Packages that are missing are made again. Interrupted, it has to be repeated before
        anything is sent.

        Parameters
        ----------
        on_event
            Called with each `Event`; progress bars if None.

        Returns
        -------
        pandas.DataFrame
            The `status` of all studies after it, from the ledger.

        Raises
        ------
        ConnectError
            The service cannot be reached, or the connection was lost.
        LockedError
            Another notebook or command is at work in this workspace.

        Examples
        --------
        >>> ws.rebuild()  # doctest: +SKIP
        """
        self._submission.rebuild(on_event)
        return self.status(offline=True)

    def status(self, *, offline: bool = False, all_studies: bool = False) -> pd.DataFrame:
        """Return the state of every study.

        Parameters
        ----------
        offline
            Use the ledger and the last status check only, without the network.
        all_studies
            Also those of other workspaces that use the same account.

        Returns
        -------
        pandas.DataFrame
            One row per study: cohort_id, label (participant and session), study_id, state, since
            (UTC), size (bytes), message, warnings of its result files, and the `note` if there are
            notes. ``attrs["listed_at"]``
            is the time of the last status check, in UTC by this computer's clock; None if there
            never was one. ``attrs["left_out"]`` lists what could not be read on the server,
            ``attrs["ledger_warnings"]`` why the ledger may not be the right one, and
            ``attrs["n_others"]`` counts the studies of other workspaces. ``attrs["result_hours"]``
            has number, median, shortest and longest of the hours from sending to a result, once
            three are known.

        Raises
        ------
        ConnectError
            The service cannot be reached.

        Warns
        -----
        ResultWarning
            A folder on the server could not be read; the ledger is older than what was sent from
            here; studies were sent to another service than the one in use.

        Examples
        --------
        >>> ws.status(offline=True)["state"].tolist()
        ['collected', 'collected']
        """
        return self._collection.listed(offline=offline, all_studies=all_studies)

    def watch(
        self,
        *,
        interval_seconds: float = 60.0,
        longest_seconds: float | None = None,
        timeout_hours: float = math.inf,
        stop: threading.Event | None = None,
    ) -> Iterator[StatusUpdate]:
        """Check the status repeatedly, less often while nothing changes.

        Parameters
        ----------
        interval_seconds
            The shortest time between two status checks: at first, and after a change.
        longest_seconds
            The longest time between two status checks; 15 intervals if None.
        timeout_hours
            The number of hours after which to stop, with one last status check.
        stop
            When set, watching ends at once, also between two checks.

        Yields
        ------
        StatusUpdate
            The `status`, whether it has changed, the seconds until the next check, and the error if
            the connection was lost; it is retried.

        Warns
        -----
        ResultWarning
            A study has failed or is overdue; once for each, in any process.

        Raises
        ------
        OptionError
            A time is not a number, or the interval is not above 0.
        ConnectError
            The first check failed, or the service refuses permanently.

        Examples
        --------
        >>> for update in ws.watch(timeout_hours=12):  # doctest: +SKIP
        ...     print(update.waiting, "studies are still being processed")
        """
        return self._collection.watch(
            interval_seconds=interval_seconds,
            longest_seconds=longest_seconds,
            timeout_hours=timeout_hours,
            stop=stop,
        )

    def wait(
        self,
        *,
        timeout_hours: float = 4.0,
        interval_seconds: float = 60.0,
        longest_seconds: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Wait until the service has answered for every study that was sent.

        Parameters
        ----------
        timeout_hours
            The longest time to wait, in hours.
        interval_seconds, longest_seconds
            The shortest and the longest time between two status checks; as for `watch`.
        on_event
            Called with each `Event`; a progress bar if None.
        stop
            When set, waiting ends at once.

        Returns
        -------
        pandas.DataFrame
            The last `status`.

        Raises
        ------
        OptionError
            A time is not a number, or the interval is not above 0.
        ConnectError
            The service cannot be reached.

        Examples
        --------
        >>> status = ws.wait(timeout_hours=6)  # doctest: +SKIP
        """
        return self._collection.wait(
            timeout_hours=timeout_hours,
            interval_seconds=interval_seconds,
            longest_seconds=longest_seconds,
            on_event=on_event,
            stop=stop,
        )

    def collect(
        self,
        *,
        all_studies: bool = False,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Download every result that is new or changed.

        Parameters
        ----------
        all_studies
            Also those of other workspaces of the account. Results whose names are no ids of a
            workspace are downloaded in any case.
        on_event
            Called with each `Event`; progress bars if None.
        stop
            When set, downloads in flight are completed and no other is started.
        pause
            While set, nothing is downloaded.

        Returns
        -------
        pandas.DataFrame
            The `status` afterwards, without another status check. Its attributes
            ``newly_collected``, ``newly_failed`` and ``newly_overdue`` list the studies that came
            to this state since the last report.

        Raises
        ------
        ConnectError
            The service cannot be reached.
        LockedError
            Another notebook or command is at work in this workspace.

        Warns
        -----
        ResultWarning
            A study has failed or is overdue, once for each; a file could not be collected; a
            notice could not be delivered.

        Examples
        --------
        >>> status = ws.collect()  # doctest: +SKIP
        """
        return self._collection.collect(
            all_studies=all_studies, on_event=on_event, stop=stop, pause=pause
        )

    # ------------------------------------------------------------ after the network

    def table(
        self,
        *,
        schema: Schema | None = None,
        all_studies: bool = False,
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Return the cohort table of everything collected.

        Parameters
        ----------
        schema
            How to read the result files; None recognises their layout.
        all_studies
            Also the results of other workspaces that were collected here.
        executor
            Where new files are read, for instance on a Dask cluster whose workers see the same
            disk; None reads them in this process.

        Returns
        -------
        pandas.DataFrame
            One row per study, region and metric; docs/cohort_table.md describes the columns.

        Raises
        ------
        OptionError
            `schema` is not a `Schema`.
        ResultError
            Nothing has been collected yet.

        Warns
        -----
        ResultWarning
            Files cannot be read, or studies and participants do not match.

        Examples
        --------
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     ws.table()[["region", "metric", "value"]].head(2).round(3)
          region metric  value
        0    aSN     FW  0.173
        1    aSN    FAt  0.672
        """
        table = self._collection.results(schema, all_studies=all_studies, executor=executor).table
        return self._checks.with_note(self._set_aside.apply(table))

    def exclude_result(self, study: str, region: str | None = None, *, reason: str) -> None:
        """Set a result aside: a study, or one of its regions, after quality control.

        The files stay. In `table` its values are missing and the column ``set_aside`` has the
        reason, which every comparison and figure follows and counts.

        Parameters
        ----------
        study
            The `study_id`, the label, or participant and session such as ``"sub-01_ses-2"``.
        region
            The region; None for the whole study.
        reason
            The reason, in a few words: it appears in captions and methods texts.

        Raises
        ------
        OptionError
            There is no such result, or no reason.
        WorkspaceError
            The decision cannot be written.

        Examples
        --------
        >>> study = ws.status(offline=True).query("state == 'collected'")["study_id"].iloc[0]
        >>> ws.exclude_result(study, "pSN", reason="registration failed")
        >>> ws.excluded_results()[["region", "reason"]].values.tolist()
        [['pSN', 'registration failed']]
        >>> ws.include_result(study)
        """
        self._set_aside.exclude(self._collection.find(study), region, reason)

    def include_result(self, study: str, region: str | None = None) -> None:
        """Include a result again that was set aside.

        Parameters
        ----------
        study
            The `study_id`, the label, or participant and session.
        region
            The region; None for all that is set aside of the study.

        Raises
        ------
        OptionError
            It is not set aside.

        Examples
        --------
        >>> study = ws.status(offline=True).query("state == 'collected'")["study_id"].iloc[0]
        >>> ws.exclude_result(study, reason="motion")
        >>> ws.include_result(study)
        >>> len(ws.excluded_results())
        0
        """
        self._set_aside.include(self._collection.find(study), region)

    def excluded_results(self) -> pd.DataFrame:
        """Return the results that are set aside.

        Returns
        -------
        pandas.DataFrame
            One row per decision: `study_id`, `region` (empty for a whole study) and `reason`.

        Raises
        ------
        WorkspaceError
            The decisions cannot be read.

        Examples
        --------
        >>> list(ws.excluded_results())
        ['study_id', 'region', 'reason']
        """
        return self._set_aside.table.read()

    def note(self, study: str, text: str) -> None:
        """Write a note about a study, for the team that shares the workspace.

        It takes the place of the study's earlier note. Notes are kept in the workspace alone: they
        are not sent, and no table, report, log or export has them, except `status`.

        Parameters
        ----------
        study
            The study's label or `study_id`, or participant and session.
        text
            The note, in 500 characters at most and one line; an empty text removes it.

        Raises
        ------
        OptionError
            There is no such study, or the note is too long.
        WorkspaceError
            The notes cannot be written.

        Examples
        --------
        >>> ws.note("D005_01", "The second scan of the day.")
        >>> ws.notes()["note"].tolist()
        ['The second scan of the day.']
        >>> ws.note("D005_01", "")
        """
        self._notes.write(self._enrolment.find(study), text)

    def notes(self) -> pd.DataFrame:
        """Return the notes about studies.

        Returns
        -------
        pandas.DataFrame
            One row per note: `label`, `study_id`, `note`, `by` (the user who wrote it) and `at`
            (UTC).

        Raises
        ------
        WorkspaceError
            The notes cannot be read.

        Examples
        --------
        >>> list(ws.notes())
        ['label', 'study_id', 'note', 'by', 'at']
        """
        labels, table = self._enrolment.labels(), self._notes.table.read()
        names = [labels.get(study_id, "") for study_id in table["study_id"]]
        table.insert(0, "label", names)
        return table.assign(at=pd.to_datetime(table["at"], utc=True, errors="coerce"))

    def study_facts(
        self, *, schema: Schema | None = None, all_studies: bool = False
    ) -> pd.DataFrame:
        """Return the metadata of every collected study: predictions, source file, warnings.

        Parameters
        ----------
        schema, all_studies
            As for `table`.

        Returns
        -------
        pandas.DataFrame
            One row per study; `neuroflow.study_facts` describes the columns.

        Raises
        ------
        OptionError
            `schema` is not a `Schema`.
        ResultError
            Nothing has been collected yet.

        Examples
        --------
        >>> ws.study_facts()["participant_id"].tolist()
        ['D002', 'D002']
        """
        return self._collection.results(schema, all_studies=all_studies).studies


def _as_html(folder: Path, service: Service, enrolment: Enrolment, ledger: Ledger) -> str:
    """Return the folder, the service and one row per cohort as HTML."""
    try:
        server = service.name or "no profile yet"
        rows = [_row(cohort_id, enrolment, ledger) for cohort_id in enrolment.ids()]
    except NeuroflowError as error:
        server, rows = str(error), []
    cells = "".join(
        "<tr>" + "".join(f"<td>{for_html(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th>{name}</th>" for name in ("cohort", "studies", "states"))
    return (
        f"<p><b>Workspace</b> {for_html(str(folder))}<br>Service: {for_html(server)}</p>"
        f"<table><tr>{head}</tr>{cells}</table>"
    )


def _row(cohort_id: str, enrolment: Enrolment, ledger: Ledger) -> tuple[str, str, str]:
    states = [str(row.state) for row in ledger.rows(cohort_id)]
    states += ["excluded"] * len(enrolment.excluded(cohort_id))
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return cohort_id, str(len(enrolment.current(cohort_id).studies)), counts or "not sent yet"
