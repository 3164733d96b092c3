"""Send one study, wait for its results, and check them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import LockedError
from neuroflow.events import listening
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Cohort, OnEvent, Study
from neuroflow.transfer import TRANSIENT_ERRORS
from neuroflow.workspace.arguments import check_number
from neuroflow.workspace.checking import Checks, blocked_studies
from neuroflow.workspace.collection import Collection
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.pilot.checks import check_results
from neuroflow.workspace.pilot.result import PilotResult
from neuroflow.workspace.submission import (
    Submission,
    SubmitOptions,
    blocked_error,
    select_studies,
)


@dataclass(frozen=True, slots=True)
class PilotOptions:
    """How long to wait for the pilot study."""

    timeout_hours: float = 6.0
    interval_seconds: float = 60.0


class Pilot:
    """Sends one study of a cohort before the others."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        *,
        enrolment: Enrolment,
        checks: Checks,
        submission: Submission,
        collection: Collection,
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._enrolment = enrolment
        self._checks = checks
        self._submission = submission
        self._collection = collection

    def run(
        self,
        cohort: Cohort | str,
        options: SubmitOptions,
        pilot: PilotOptions,
        on_event: OnEvent | None = None,
    ) -> PilotResult:
        """Send one study, or continue with the one that was sent; wait, collect and check."""
        check_number("timeout_hours", pilot.timeout_hours, above=-1)
        check_number("interval_seconds", pilot.interval_seconds)
        cohort = self._enrolment.current(cohort)
        if options.only is not None:
            cohort = select_studies(cohort, options.only, self._enrolment.excluded(cohort))
        with listening(on_event) as listen:
            study = self._sent_before(cohort)
            if study is None:
                study = self._choose(cohort, options)
                if study is None:
                    message = "no study of the cohort is left to be sent"
                    return PilotResult(cohort.cohort_id, "", "", "", message)
                only = replace(options, only=[str(study.study_id)])
                self._submission.submit(cohort, only, listen)
            state, message = self._recorded(study)
            if state == State.SUBMITTED:
                state, message = self._wait(study, options, pilot, listen)
        result = PilotResult(
            cohort.cohort_id, str(study.study_id), study.label, str(state), message
        )
        if state != State.COLLECTED:
            return result
        results = self._folder.results / f"{study.study_id}{RESULT_SUFFIX}"
        return replace(result, checks=check_results(results))

    def _sent_before(self, cohort: Cohort) -> Study | None:
        """Return the study that is the pilot already: answered, or else sent first."""
        rows = {row.study_id: row for row in self._ledger.rows(cohort.cohort_id)}
        studies = [s for s in cohort.studies if s.study_id in rows]
        # One that failed is not: after a correction, another one is sent.
        for state in (State.COLLECTED, State.SUBMITTED):
            sent = [s for s in studies if rows[str(s.study_id)].state is state]
            if sent:
                return min(sent, key=lambda s: _sent_at(rows[str(s.study_id)]))
        return None

    def _choose(self, cohort: Cohort, options: SubmitOptions) -> Study | None:
        """Return the first study that may be sent; with `replace` one that failed, if any."""
        blocked = blocked_studies(cohort, self._checks.check(cohort, executor=options.executor))
        if blocked and not options.only_good:
            raise blocked_error(cohort, blocked)
        used = self._enrolment.without_excluded(cohort).studies
        good = [study for study in used if study.study_id not in blocked]
        states = {row.study_id: row.state for row in self._ledger.rows(cohort.cohort_id)}
        failed = [s for s in good if states.get(str(s.study_id)) is State.FAILED]
        fresh = [s for s in good if not _may_have_arrived(states.get(str(s.study_id)))]
        return _first(failed if options.replace and failed else fresh)

    def _recorded(self, study: Study) -> tuple[str, str]:
        row = self._ledger.row(str(study.study_id))
        if row is None:
            return "", "it was not packaged; the checks or the plan show why"
        return row.state, row.message

    def _wait(
        self, study: Study, options: SubmitOptions, pilot: PilotOptions, listen: OnEvent
    ) -> tuple[str, str]:
        """Wait until the service has answered for one study, and collect the answer."""
        state, message = self._recorded(study)
        for update in self._collection.watch(
            interval_seconds=pilot.interval_seconds,
            timeout_hours=pilot.timeout_hours,
            stop=options.stop,
        ):
            listen(update.event())
            if update.error is not None:
                continue
            table = update.table
            try:
                if (table["state"] == State.DELIVERED)[table["study_id"] == study.study_id].any():
                    table = self._collection.collect(
                        on_event=listen, stop=options.stop, pause=options.pause
                    )
            except (LockedError, *TRANSIENT_ERRORS):
                continue  # at the next check
            found = table.set_index("study_id").loc[str(study.study_id)]
            state, message = str(found["state"]), str(found["message"])
            if state in {State.COLLECTED, State.FAILED, State.OVERDUE}:
                break
        return state, message


def _sent_at(row: LedgerRow) -> datetime:
    return row.submitted_at or row.since


def _may_have_arrived(state: State | None) -> bool:
    return state is not None and (state.is_sent or state is State.UNCONFIRMED)


def _first(studies: Sequence[Study]) -> Study | None:
    return studies[0] if studies else None
