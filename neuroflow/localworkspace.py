"""The half of a workspace that stays on this disk: cohorts, findings, packages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from neuroflow.cohorts import CohortStore
from neuroflow.ledger import Ledger, LedgerRow, utc_now
from neuroflow.models import Cohort, OnEvent, Package, Study
from neuroflow.participants import read_participants
from neuroflow.preparation import (
    find_study,
    overrides_of,
    unmatched_studies,
    with_participant,
)
from neuroflow.privatefile import write_private
from neuroflow.progress import listening
from neuroflow.studies.check import check
from neuroflow.studies.exceptions import Override, set_aside
from neuroflow.studies.package import package_studies
from neuroflow.studies.report import deidentification_report
from neuroflow.transfer.paths import check_cohort_id
from neuroflow.workfolder import WorkFolder


class LocalWorkspace:
    """What a workspace does without the service; `neuroflow.Workspace` adds the rest.

    Parameters
    ----------
    folder
        The project's folder; made where missing.
    clock
        What tells the time.

    Raises
    ------
    WorkspaceError
        The path is a file, or the folder cannot be written.
    """

    def __init__(self, folder: str | Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._places = WorkFolder(folder)
        self.ledger = Ledger(self._places.ledger, clock=clock)
        self._cohorts = CohortStore(self._places.cohorts)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._places.root

    def close(self) -> None:
        """Close the ledger; harmless when repeated."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r})"

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

    def check(
        self, cohort: Cohort, *, on_event: OnEvent | None = None, executor: Executor | None = None
    ) -> pd.DataFrame:
        """Check every study of a cohort against the service's acquisition protocol.

        Parameters
        ----------
        cohort
            The cohort.
        on_event
            What listens; nothing if None.
        executor
            Where to work; the local cores if None.

        Returns
        -------
        pandas.DataFrame
            One row per finding: study, rule, severity, measured, accepted, advice. Errors that
            were set aside (see `override`) are warnings.
        """
        own = {str(study.study_id) for study in cohort.studies}
        sent = {
            row.study_uid_sha256
            for row in self.ledger.rows()
            if row.submitted_at and row.study_uid_sha256 and row.study_id not in own
        }
        findings = check(cohort.studies, sent=sent, executor=executor, on_event=on_event)
        unmatched = unmatched_studies(cohort, self.participants(cohort.cohort_id))
        return set_aside(
            pd.concat([findings, unmatched], ignore_index=True),
            overrides_of(cohort, self.ledger.overrides()),
        )

    def override(self, cohort: Cohort, study: str, rule: str, reason: str) -> None:
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
        chosen = find_study(cohort, study)
        Override(chosen.label, rule, reason or "taken up again")
        self.ledger.set_aside(str(chosen.study_id), rule, reason.strip())

    def deidentification(self, cohort: Cohort, study: str) -> pd.DataFrame:
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
        return deidentification_report(find_study(cohort, study), salt=self._places.salt)

    # --------------------------------------------------------------- packages

    def package(
        self,
        cohort: Cohort,
        *,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        executor: Executor | None = None,
    ) -> list[Package]:
        """De-identify and zip every study that is not packaged yet.

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
        folder = self._places.packages(cohort.cohort_id)
        known = {row.study_id: _package(row, folder) for row in self.ledger.rows(cohort.cohort_id)}

        def note(package: Package) -> None:
            if package != known.get(package.study_id):
                self.ledger.add_package(package)

        with self._places.locked(), listening(on_event) as listen:
            return package_studies(
                cohort,
                folder,
                salt=self._places.salt,
                known=known,
                executor=executor,
                on_event=listen,
                on_package=note,
                stop=stop,
            )

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
