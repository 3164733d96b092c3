"""The packages of a workspace: de-identified zips, made once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pandas as pd

from neuroflow.identity import Account
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Cohort, Event, OnEvent, Package, Study
from neuroflow.transfer import Control
from neuroflow.workspace.enrolment import Enrolment, find_study
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Job, Jobs


class Packaging:
    """Packages the cohorts of a workspace."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        enrolment: Enrolment,
        jobs: Jobs,
        *,
        account: Callable[[], Account] | None = None,
    ) -> None:
        self._folder = folder
        self._account = account or folder.account
        self._ledger = ledger
        self._enrolment = enrolment
        self._jobs = jobs

    def deidentification(self, cohort: Cohort | str, study: str) -> pd.DataFrame:
        """Return what de-identification changes in one study."""
        from neuroflow.studies import deidentification_report  # with readers of scans

        chosen = find_study(self._enrolment.current(cohort), study)
        return deidentification_report(chosen, salt=self._salt(chosen, self._account()))

    def package(
        self,
        cohort: Cohort | str,
        *,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        executor: Executor | None = None,
        within: Job | None = None,
    ) -> list[Package]:
        """Package every study that is not excluded, as a job or `within` a running one."""
        made: dict[str, Package] = {}
        cohort = self._enrolment.without_excluded(cohort)
        elsewhere = self.sent_with_others(cohort)
        cohort = replace(
            cohort, studies=tuple(s for s in cohort.studies if s.study_id not in elsewhere)
        )
        control = replace(Control.of(stop), can_pause=False)
        with self._jobs.run("package", on_event, control=control, within=within) as job:
            for piece in self.pieces(cohort, stop=control.stop, executor=executor):
                if isinstance(piece, Package):
                    made[piece.study_id] = piece
                else:
                    job.report(piece)
        return [made[str(s.study_id)] for s in cohort.studies if s.study_id in made]

    def sent_with_others(self, cohort: Cohort) -> dict[str, LedgerRow]:
        """Return the studies of a cohort that are sent with another one, and record it."""
        own = {study.study_id for study in cohort.studies}
        elsewhere = {
            row.study_id: row
            for row in self._ledger.rows()
            if row.study_id in own
            and row.cohort_id != cohort.cohort_id
            and row.state is not State.PACKAGED
        }
        for study_id in elsewhere:
            self._ledger.add_cohort(study_id, cohort.cohort_id)
        return elsewhere

    def pieces(
        self, cohort: Cohort, *, stop: threading.Event | None, executor: Executor | None
    ) -> Generator[Event | Package, None, None]:
        """Yield events and packages as they are made, recorded in the ledger.

        The caller holds the lock, and hands over the studies to package.
        """
        from neuroflow.studies import iter_packages  # with readers of scans, when they are needed

        folder = self._folder.packages(cohort.cohort_id)
        rows = self._ledger.rows(cohort.cohort_id)
        known = {
            row.study_id: _recorded(row, folder)
            for row in rows
            if row.cohort_id == cohort.cohort_id
        }
        account = self._account()
        for piece in iter_packages(
            cohort,
            folder,
            salt={str(study.study_id): self._salt(study, account) for study in cohort.studies},
            known=known,
            sent={row.study_id for row in rows if row.state is not State.PACKAGED},
            executor=executor,
            stop=stop,
        ):
            if isinstance(piece, Package):
                keyed = self._folder.seal.digest(piece.study_uid_sha256)
                package = replace(piece, study_uid_sha256=keyed)
                if package != known.get(package.study_id):
                    self._ledger.add_package(package)
                yield package
            else:
                yield piece

    def _salt(self, study: Study, account: Account) -> bytes:
        """Return what de-identification is keyed with: the same in every workspace of a key."""
        key = account.key_of(str(study.study_id))
        return self._folder.salt if key is None else key.salt


def _recorded(row: LedgerRow, folder: Path) -> Package:
    """Return the package that the ledger has of a study."""
    return Package(
        cohort_id=row.cohort_id,
        study_id=row.study_id,
        path=folder / f"{row.study_id}.zip",
        size=row.size,
        sha256=row.sha256,
        source_sha256=row.source_sha256,
        study_uid_sha256=row.study_uid_sha256,
    )
