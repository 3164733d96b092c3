"""The half of a workspace that stays on this disk: cohorts, findings, packages."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from neuroflow.events import EventLog, listening
from neuroflow.ledger import LedgerRow, utc_now
from neuroflow.models import Cohort, Event, OnEvent, Package
from neuroflow.studies import deidentification_report, iter_packages
from neuroflow.workspace.enrolment import CohortWorkspace
from neuroflow.workspace.preparation import find_study


class LocalWorkspace(CohortWorkspace):
    """What a workspace does without the service; `neuroflow.Workspace` adds the rest."""

    _is_logged = False

    @property
    def log(self) -> Path:
        """Where packaging, sending and collecting are logged, one line of JSON for each event.

        No patient data and no secret: study ids, stages, bytes, rates, and what the server said.
        """
        return self._places.log

    def deidentification(self, cohort: Cohort, study: str) -> pd.DataFrame:
        """Show what de-identification changes in one study, and what it cannot know.

        The values before are the patient's own: for the user's screen, never for a log.
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
        """De-identify and zip every study that is not packaged yet, those excluded left out."""
        made: dict[str, Package] = {}
        with self._places.locked(), self._listening("package", on_event) as listen:
            for piece in self._packaging(cohort, stop=stop, executor=executor):
                if isinstance(piece, Package):
                    made[piece.study_id] = piece
                else:
                    listen(piece)
        return [made[str(s.study_id)] for s in cohort.studies if s.study_id in made]

    def _packaging(
        self, cohort: Cohort, *, stop: threading.Event | None, executor: Executor | None
    ) -> Generator[Event | Package, None, None]:
        """Make the packages one by one and enter them in the ledger; the lock is the caller's."""
        folder = self._places.packages(cohort.cohort_id)
        known = {row.study_id: _package(row, folder) for row in self.ledger.rows(cohort.cohort_id)}
        for piece in iter_packages(
            self._in_use(cohort),
            folder,
            salt=self._places.salt,
            known=known,
            executor=executor,
            stop=stop,
        ):
            if isinstance(piece, Package) and piece != known.get(piece.study_id):
                self.ledger.add_package(piece)
            yield piece

    @contextmanager
    def _listening(self, job: str, on_event: OnEvent | None) -> Iterator[OnEvent]:
        """Yield what listens to a job: the log, and behind it the caller's own or progress bars."""
        with listening(on_event) as listen:
            if self._is_logged:  # by the job that this one is a part of
                yield listen
                return
            self._is_logged = True
            try:
                with EventLog(self._places.log, job, listen, clock=utc_now) as log:
                    yield log
            finally:
                self._is_logged = False


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
