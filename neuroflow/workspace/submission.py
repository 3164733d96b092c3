"""Sending a cohort: which studies, what is planned, what became of it."""

from __future__ import annotations

import difflib
import threading
from collections import deque
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from neuroflow.errors import OptionError, SubmissionError, Wording
from neuroflow.ledger import Ledger
from neuroflow.models import Cohort, Event, OnEvent, Package
from neuroflow.transfer import (
    Clock,
    Control,
    PackageStream,
    Plan,
    Planner,
    SharedJournal,
    forward_events,
    has_failed,
    rebuild,
    submit,
    with_retries,
)
from neuroflow.workspace.arguments import check_number
from neuroflow.workspace.checking import Checks, blocked_studies
from neuroflow.workspace.connection import Service
from neuroflow.workspace.enrolment import Enrolment, named_studies
from neuroflow.workspace.jobs import Job, Jobs
from neuroflow.workspace.packaging import Packaging
from neuroflow.workspace.sent_before import SentBefore
from neuroflow.workspace.witness import Witness, known_name

MAX_NAMED = 5
"""How many blocked studies an error names; the findings have them all."""


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What the caller of a submission may choose; see `Workspace.submit`."""

    dry_run: bool = False
    only: Collection[str] | str | None = None
    only_good: bool = False
    retry_failed: bool = False
    replace: bool = False
    not_sent_before: bool = False
    limit_mb_per_s: float | None = None
    stop: threading.Event | None = None
    pause: threading.Event | None = None
    executor: Executor | None = None

    @property
    def needs_all_good(self) -> bool:
        """True where one study with errors keeps all others from being sent."""
        return not (self.only_good or self.dry_run)


class Draft:
    """The plan of one submission, while its studies are still being packaged."""

    def __init__(self, planner: Planner, cohort: Cohort, blocked: dict[str, str]) -> None:
        self.planner = planner
        self.cohort = cohort
        self.blocked = blocked

    @cached_property
    def plan(self) -> Plan:
        """The plan; to be read when the last package was added."""
        return self.planner.plan(self.cohort.cohort_id, self.blocked)


class Submission:
    """Sends the cohorts of a workspace, and rebuilds a lost ledger."""

    def __init__(
        self,
        ledger: Ledger,
        service: Service,
        *,
        enrolment: Enrolment,
        checks: Checks,
        packaging: Packaging,
        jobs: Jobs,
        clock: Clock | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._witness = witness
        self._ledger = ledger
        self._service = service
        self._enrolment = enrolment
        self._checks = checks
        self._packaging = packaging
        self._jobs = jobs
        self._clock = clock or Clock()
        self._sent_before = SentBefore(ledger, enrolment, witness)

    def submit(
        self, cohort: Cohort | str, options: SubmitOptions, on_event: OnEvent | None = None
    ) -> pd.DataFrame:
        """Send the studies of a cohort that were not sent yet; return the plan as a table."""
        if options.limit_mb_per_s is not None:
            check_number("limit_mb_per_s", options.limit_mb_per_s)
        cohort = self._selected(cohort, options)
        blocked = blocked_studies(cohort, self._checks.check(cohort, executor=options.executor))
        if blocked and options.needs_all_good:
            raise blocked_error(cohort, blocked)
        # One lock from the plan to the last byte: nobody sends meanwhile what is planned here.
        control = Control.of(options.stop, options.pause)
        control = replace(control, can_pause=not options.dry_run)
        options = replace(options, stop=control.stop, pause=control.pause)
        with self._jobs.run("submit", on_event, control=control) as job:
            service = self._service_name()
            shared = self._sent_before.shared(cohort)
            if not options.dry_run:
                is_confirmed = options.not_sent_before
                self._sent_before.check(cohort, service, is_confirmed=is_confirmed)
            planner = Planner(
                self._ledger,
                replace=options.replace,
                service=service,
                shared=shared,
                is_dry_run=options.dry_run,
                repeats=self._enrolment.repetitions(),
            )
            draft = Draft(planner, cohort, blocked)
            stream = self._stream(draft, options)
            if options.only_good and not options.dry_run:
                self._send(
                    Plan(cohort.cohort_id, ()), [], job, options, shared=shared, incoming=stream
                )
            else:
                # Errors may appear as late as here, so nothing is sent before the last package.
                packages = _drain(stream, job.report)
                if not options.dry_run:
                    self._send(draft.plan, packages, job, options, shared=shared)
        excluded = self._enrolment.excluded(cohort)
        rows = add_unplanned_rows(draft.plan.frame(), cohort, excluded)
        rows = rows if options.dry_run else self._with_outcome(cohort, rows)
        labels = {str(study.study_id): study.label for study in cohort.studies}
        rows.insert(0, "label", [labels[study_id] for study_id in rows["study_id"]])
        rows.attrs["summary"] = draft.plan.summary
        return rows

    def rebuild(self, on_event: OnEvent | None = None) -> None:
        """Rebuild a lost ledger from the packages, their marks and the server; nothing is sent."""
        marks = self._witness.marks() if self._witness else {}
        service = self._service_name()
        with (
            self._jobs.run("rebuild", on_event) as job,
            closing(with_retries(self._service.connect, self._clock.sleep)) as remote,
        ):
            for mark in marks.values():
                if mark.package.sha256 and self._ledger.row(mark.package.study_id) is None:
                    self._ledger.add_package(mark.package)
            for cohort_id in self._enrolment.ids():
                packages = {
                    mark.package.study_id: mark.package
                    for mark in marks.values()
                    if mark.package.cohort_id == cohort_id and mark.package.sha256
                }
                made = self._packaging.package(cohort_id, within=job)
                packages |= {package.study_id: package for package in made}
                rebuild(
                    [*packages.values()],
                    self._ledger,
                    remote,
                    marks=marks,
                    shared=self._sent_before.shared(self._enrolment.cohort(cohort_id)),
                    service=service,
                )
            if self._witness is not None:
                self._witness.renew()

    def _service_name(self) -> str:
        """Return the service in use, by the name under which the ledger knows it."""
        names = self._ledger.services()
        return known_name(self._service.name, names, self._service.hostkeys)

    def _selected(self, cohort: Cohort | str, options: SubmitOptions) -> Cohort:
        """Narrow a cohort to the studies asked for."""
        renewed = self._enrolment.renew_ids(cohort)
        cohort = self._enrolment.current(cohort)
        if options.only is not None:
            only = _with_new_ids(options.only, renewed)
            cohort = select_studies(cohort, only, self._enrolment.excluded(cohort))
        if not options.retry_failed:
            return cohort
        rows = self._ledger.rows(cohort.cohort_id, service=self._service_name() or None)
        failed = {row.study_id for row in rows if has_failed(row)}
        return replace(cohort, studies=tuple(s for s in cohort.studies if s.study_id in failed))

    def _stream(self, draft: Draft, options: SubmitOptions) -> PackageStream:
        """Yield what is to be sent, study by study, and at the end the summary of the plan."""
        n_blocked = len(draft.blocked)
        used = self._enrolment.without_excluded(draft.cohort).studies
        elsewhere = self._packaging.sent_with_others(replace(draft.cohort, studies=used))
        for row in elsewhere.values():
            draft.blocked.pop(row.study_id, None)
            draft.planner.skip(row)
        good = tuple(s for s in used if str(s.study_id) not in draft.blocked | elsewhere)
        pieces = self._packaging.pieces(
            replace(draft.cohort, studies=good), stop=options.stop, executor=options.executor
        )
        study_ids = [str(study.study_id) for study in good]
        yield from iter_ready_packages(pieces, study_ids, draft.planner, draft.blocked)
        if options.needs_all_good and len(draft.blocked) > n_blocked:
            raise blocked_error(draft.cohort, draft.blocked)
        count = len(draft.plan.items)
        yield Event("plan", None, count, count, "done", draft.plan.summary, self._clock.now())

    def _send(
        self,
        plan: Plan,
        packages: Sequence[Package],
        job: Job,
        options: SubmitOptions,
        *,
        shared: SharedJournal,
        incoming: PackageStream | None = None,
    ) -> None:
        upload = self._service.settings.upload
        service = self._service_name()
        events = submit(
            plan,
            packages,
            self._service.connect,
            self._ledger,
            options=replace(upload, limit_mb_per_s=options.limit_mb_per_s),
            control=Control.of(options.stop, options.pause),
            clock=self._clock,
            incoming=incoming,
            service=service,
            before_first=self._sent_before.before_first(
                plan.cohort_id, service, shared, is_confirmed=options.not_sent_before
            ),
            shared=shared,
        )
        forward_events(events, job.report)

    def _with_outcome(self, cohort: Cohort, rows: pd.DataFrame) -> pd.DataFrame:
        """Add the state and message of each study after sending."""
        known = {row.study_id: row for row in self._ledger.rows(cohort.cohort_id)}
        found = [known.get(study_id) for study_id in rows["study_id"]]
        return rows.assign(
            state=[str(row.state) if row else "" for row in found],
            message=[row.message if row else "" for row in found],
        )


def iter_ready_packages(
    pieces: Iterable[Event | Package],
    study_ids: Sequence[str],
    planner: Planner,
    blocked: MutableMapping[str, str],
) -> PackageStream:
    """Yield the packages that are to be sent, in the order of the cohort."""
    left = deque(study_ids)
    ready: dict[str, Package] = {}
    for piece in pieces:
        if isinstance(piece, Package):
            ready[piece.study_id] = piece
        else:
            if piece.status == "failed" and piece.study_id is not None:
                blocked[piece.study_id] = piece.message
            yield piece
        # They are made in any order; which one of two copies of a study is sent must not depend on
        # that.
        while left and (left[0] in ready or left[0] in blocked):
            package = ready.pop(left.popleft(), None)
            if package is not None and (item := planner.add(package)).is_to_do:
                yield item, package


def _drain(stream: PackageStream, report: OnEvent) -> list[Package]:
    """Wait for everything that is to be sent."""
    packages = []
    for piece in stream:
        if isinstance(piece, Event):
            report(piece)
        else:
            packages.append(piece[1])
    return packages


def blocked_error(cohort: Cohort, blocked: Mapping[str, str]) -> SubmissionError:
    """Return why a cohort may not be sent as it is."""
    labels = {str(study.study_id): study.label for study in cohort.studies}
    named = [f"{labels[study_id]} ({reason})" for study_id, reason in blocked.items()]
    more = f", and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    return SubmissionError(
        f"{len(blocked)} of {len(cohort.studies)} studies have errors; nothing was sent.",
        why=f"{', '.join(named[:MAX_NAMED])}{more}.",
        advice=Wording(
            "Workspace.check(cohort) shows what to do for each. Correct the studies, send the "
            "others with only_good=True, or override a rule with Workspace.override.",
            cli="`neuroflow check` shows what to do for each. Correct the studies, send the others "
            "with --only-good, or override a rule with `neuroflow override`.",
            form="The Cohort form shows what to do for each. Correct the studies, send only those "
            "without errors, or override a rule.",
        ),
    )


def select_studies(
    cohort: Cohort, only: Collection[str] | str, excluded: Collection[str]
) -> Cohort:
    """Narrow a cohort to the studies that are named."""
    if isinstance(only, str):
        only = [only]
    if not isinstance(only, Collection):
        raise OptionError(
            f"only must be a list of studies, not {only!r}.",
            advice="Name studies by their study_id, as Workspace.status() lists them.",
        )
    found = {name: named_studies(cohort.studies, name) for name in only}
    unknown = [name for name, studies in found.items() if not studies]
    if unknown:
        names = [name for s in cohort.studies for name in (s.study_id, s.label) if name]
        near = difflib.get_close_matches(unknown[0], names, n=MAX_NAMED, cutoff=0.5)
        raise OptionError(
            f"There is no study {unknown[0]!r} in cohort {cohort.cohort_id!r}.",
            why=f"The nearest are {', '.join(near)}." if near else "",
            advice=Wording(
                "Name studies by their study_id, as Workspace.status() lists them.",
                cli="Name studies by their label or study_id, as `neuroflow status` lists them.",
                form="Choose studies from the table of the plan.",
            ),
        )
    ids = {study.study_id for studies in found.values() for study in studies}
    chosen = tuple(study for study in cohort.studies if study.study_id in ids)
    out = [str(study.study_id) for study in chosen if study.study_id in excluded]
    if out:
        raise OptionError(
            "The study is excluded from the cohort.",
            advice="Include it again, or do not name it.",
            study_id=out[0],
        )
    return replace(cohort, studies=chosen)


def _with_new_ids(only: Collection[str] | str, renewed: Mapping[str, str]) -> Collection[str] | str:
    """Replace ids that were renewed just now in a list of studies."""
    if isinstance(only, Collection) and not isinstance(only, str):
        return [renewed.get(name, name) for name in only]
    return renewed.get(only, only)


def add_unplanned_rows(
    rows: pd.DataFrame, cohort: Cohort, excluded: Mapping[str, str]
) -> pd.DataFrame:
    """Add the studies that a plan has no row for: excluded, or stopped before packaging."""
    ids = [str(study.study_id) for study in cohort.studies]
    missing = set(ids) - set(rows["study_id"])
    added = pd.DataFrame(
        [
            {"study_id": study_id, "size": 0, "action": "excluded", "reason": excluded[study_id]}
            if study_id in excluded
            else {
                "study_id": study_id,
                "size": 0,
                "action": "send",
                "reason": "stopped before it was packaged",
            }
            for study_id in missing
        ]
    )
    whole = pd.concat([rows, added], ignore_index=True) if missing else rows
    return whole.set_index("study_id").loc[ids].reset_index()
