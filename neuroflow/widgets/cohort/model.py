"""Model of the Cohort form: find, check, exclude, override, fill in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event as StopEvent
from typing import ClassVar

import pandas as pd
from traitlets import Any, Dict, Tuple, Unicode, observe

from neuroflow.contract import check_cohort_id
from neuroflow.errors import FolderError, IdError, NeuroflowError, ParticipantsError
from neuroflow.io import Mtimes, mtimes
from neuroflow.models import Cohort, OnEvent
from neuroflow.results import save_cohort_table
from neuroflow.studies import OVERRIDDEN, is_violation
from neuroflow.widgets.cohort import table
from neuroflow.widgets.cohort.people_choice import PeopleChoice
from neuroflow.widgets.cohort.question import common_folder, question_on_folder
from neuroflow.widgets.common import FormModel
from neuroflow.workspace import (
    COHORTS,
    DECISION_FILES,
    LEDGER_FILES,
    CohortStore,
    Workspace,
)

ALL = "all"
CHECKING_AGAIN = "Checking again"
Facts = Mapping[str, tuple[float | None, str | None]]
"""From `study_id` to age and sex."""


class CohortModel(FormModel):
    """The studies of a cohort, their findings, and the decisions on them."""

    places: ClassVar = {
        FolderError: "folder",
        IdError: "cohort_id",
        ParticipantsError: "participants",
    }

    folder = Unicode("")
    participants = Unicode("")
    cohort_id = Unicode("")
    cohort_ids = Tuple()
    blockers = Tuple()
    cohort = Any(None, allow_none=True)
    findings = Any(None, allow_none=True)
    excluded = Dict()
    blocked = Dict()
    studies = Any()
    filter = Unicode(ALL)
    selected = Tuple()
    labels = Dict()
    question = Unicode("")  # asked where a known cohort was named with another folder

    def __init__(self, ws: Workspace, *, load: bool = True) -> None:
        super().__init__(studies=table.empty_table())
        self.ws = ws
        self._is_opening = False
        self._opened = ""
        self.people = PeopleChoice()
        self.people.observe(lambda _: self._edited(None), names=["file", "sheet", "columns"])
        self._last_mtimes = self._current_mtimes()
        self.latest = ""  # the cohort that was worked on last
        self.run_safely(self._find_cohorts)
        if load:
            self.cohort_id = self.latest
        self._update_blockers()

    # ---------------------------------------------------------------- checking

    def check(self) -> None:
        """Find the studies, assign their ids, and check them; nothing is sent."""
        if not self.blockers:
            self._find_and_check(add=False)

    def add_folder(self) -> None:
        """Add the studies of the folder to the known cohort, and check them all."""
        self.question = ""
        self._update_blockers()
        if not self.blockers:
            self._find_and_check(add=True)

    def show_known(self) -> None:
        """Show the known cohort with its own folder, instead of the one that was typed."""
        with self._opening():
            self.folder = ""
        self._open()

    def open_cohort(self, cohort_id: str) -> None:
        """Show a known cohort, whatever was typed before."""
        with self._opening():
            self.set(folder="", participants="", cohort_id=cohort_id)
        self._clear()
        self.run_safely(self._open)

    def _find_and_check(self, *, add: bool) -> None:
        cohort_id, folder = self.cohort_id.strip(), self.folder.strip()
        named = self.participants.strip() or None

        def work(on_event: OnEvent, _stop: StopEvent) -> tuple[Cohort, pd.DataFrame]:
            participants = self.people.read(named)
            from neuroflow.studies import find_studies  # with readers of scans, when needed

            studies = find_studies(folder, on_event=on_event) if folder else None
            if add and studies is not None:
                known = self.ws.cohort(cohort_id).studies
                roots = {study.root for study in known}
                studies = [*known, *(study for study in studies if study.root not in roots)]
            cohort = self.ws.cohort(
                cohort_id, studies, participants=participants, on_event=on_event
            )
            return cohort, self.ws.check(cohort, on_event=on_event)

        def done(result: tuple[Cohort, pd.DataFrame]) -> None:
            if add:
                with self._opening():
                    self.folder = ""  # the studies are in several folders now
            self._show(result)

        self.run("Finding and checking studies", work, done)

    def restore(self) -> None:
        """Show the cohort as saved in the workspace; no scan is opened."""
        cohort_id = self.cohort_id.strip()
        if cohort_id in self.cohort_ids:
            cohort = self.ws.cohort(cohort_id)
            self._show((cohort, self.ws.check(cohort, offline=True)))

    def poll(self) -> None:
        """Show decisions and uploads made by code or another program."""
        if self.busy:
            return
        map_, ledger = self._current_mtimes()
        if map_ != self._last_mtimes[0]:
            self.run_safely(self._reload)
        elif ledger != self._last_mtimes[1] and self.cohort is not None:
            self.run_safely(lambda: self._show((self.cohort, self.findings)))
        self._last_mtimes = map_, ledger

    # --------------------------------------------------------------- decisions

    def exclude(self, reason: str) -> None:
        """Exclude the selected studies."""
        self._apply(lambda cohort, label: self.ws.exclude(cohort, label, reason))

    def forget(self) -> None:
        """Remove the selected studies from the workspace for good: consent was withdrawn."""
        labels = self.selected
        if self.cohort is None or not labels or not self.can_start("Removing studies"):
            return
        ids = [str(s.study_id) for s in self.cohort.studies if s.label in labels]
        done = 0
        for study_id in ids:
            try:
                self.ws.forget(study_id)
                done += 1
            except NeuroflowError as error:  # the others are removed nevertheless
                self.report_error(error)
        self.set(selected=())
        self._reload()
        self.set(
            notice=f"{done} removed; never sent again. Copies at neuropacs, in exports and in "
            "backups have to be removed there: neuroflow forget lists them."
        )

    def include(self) -> None:
        """Include the selected studies again."""
        self._apply(self.ws.include)

    def override(self, rule: str, reason: str) -> None:
        """Override a rule for the selected studies; an empty reason applies it again."""
        self._apply(lambda cohort, label: self.ws.override(cohort, label, rule, reason))

    def override_for_all(self, rule: str, reason: str) -> None:
        """Override a rule for all studies of the cohort that are not excluded."""
        if self.cohort is None or not self.can_start(CHECKING_AGAIN):
            return
        self.ws.override(self.cohort, None, rule, reason)
        self._check_again(self.cohort)

    def save_findings(self) -> None:
        """Write all findings to a file in the workspace, for the people who scan and export."""
        from neuroflow.studies import findings_table  # with readers of scans, when needed

        if self.cohort is None or self.findings is None:
            return
        path = self.ws.folder / f"findings_{self.cohort.cohort_id}.csv"
        save_cohort_table(findings_table(self.findings, self.cohort.studies), path)
        self.set(notice=f"The findings are in {path}. It names participants and folders.")

    def fill_in(self, facts: Facts) -> None:
        """Save ages and sexes in the workspace; participants.tsv is not changed."""
        if self.cohort is None or not self.can_start(CHECKING_AGAIN):
            return
        cohort = self.cohort
        for study_id, (age, sex) in facts.items():
            try:
                self.ws.fill_in(cohort, study_id, age=age, sex=sex)
            except NeuroflowError as error:  # the others are saved
                self.report_error(error, at=f"{error.about or 'age'} {study_id}")
        self._check_again(self.ws.cohort(cohort.cohort_id))

    def _apply(self, decide: Callable[[Cohort, str], object]) -> None:
        if self.cohort is None or not self.can_start(CHECKING_AGAIN):
            return
        try:
            for label in self.selected:
                decide(self.cohort, label)
        finally:
            self._check_again(self.cohort)  # decisions made before an error stand

    def _check_again(self, cohort: Cohort) -> None:
        """Check again; only changed studies are read."""

        def work(on_event: OnEvent, _stop: StopEvent) -> tuple[Cohort, pd.DataFrame]:
            return cohort, self.ws.check(cohort, on_event=on_event)

        self.run(CHECKING_AGAIN, work, self._show)

    # -------------------------------------------------------------- what shows

    @property
    def filtered(self) -> pd.DataFrame:
        """The rows of `studies` that pass the filter."""
        rows: pd.DataFrame = self.studies
        if self.filter == ALL:
            return rows
        return rows[rows["state"] == self.filter].reset_index(drop=True)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Number of studies in each state, most urgent state first."""
        found = self.studies["state"].value_counts()
        return [(state, int(found[state])) for state in table.TONES if state in found]

    @property
    def details(self) -> pd.DataFrame:
        """The findings of the selected studies, or of all if none is selected."""
        studies = () if self.cohort is None else self.cohort.studies
        return table.finding_rows(self.findings, self.selected, studies)

    @property
    def selected_excluded(self) -> tuple[str, ...]:
        """The selected studies that are excluded."""
        out = {self.labels.get(study_id) for study_id in self.excluded}
        return tuple(label for label in self.selected if label in out)

    @property
    def unchecked(self) -> frozenset[str]:
        """Ids of the studies that were not checked yet: nothing is known of their errors."""
        if self.cohort is None or self.findings is None:
            return frozenset()
        return table.unchecked_studies(self.cohort, self.findings)

    @property
    def violated_rules(self) -> tuple[str, ...]:
        """The rules that the selected studies violate."""
        rows = self._selected_findings()
        return tuple(sorted(set(rows.loc[is_violation(rows), "rule"])))

    @property
    def overridden_rules(self) -> tuple[str, ...]:
        """The rules that are overridden for the selected studies."""
        rows = self._selected_findings()
        aside = rows["advice"].str.startswith(OVERRIDDEN)
        return tuple(sorted(set(rows.loc[aside, "rule"])))

    def _selected_findings(self) -> pd.DataFrame:
        if self.findings is None:
            names = ["study", "rule", "severity", "measured", "advice"]
            return pd.DataFrame(columns=names, dtype="str")
        rows: pd.DataFrame = self.findings[self.findings["study"].isin(self.selected)]
        return rows

    @property
    def missing_demographics(self) -> list[tuple[str, str, bool, bool]]:
        """Studies without age or sex: study_id, label, age missing, sex missing."""
        if self.cohort is None:
            return []
        return table.missing_demographics(self.cohort, self.findings)

    def _show(self, result: tuple[Cohort, pd.DataFrame]) -> None:
        cohort, findings = result
        excluded = self.ws.excluded(cohort.cohort_id)
        sent = {row.study_id for row in self.ws.ledger.rows(cohort.cohort_id) if row.submitted_at}
        rows = table.study_rows(cohort, findings, excluded, sent)
        labels = {str(study.study_id): study.label for study in cohort.studies}
        known = set(labels.values())
        self.set(
            cohort_ids=tuple(self.ws.cohorts()),
            cohort=cohort,
            findings=findings,
            excluded=excluded,
            blocked=table.blocked(cohort, findings),
            labels=labels,
            selected=tuple(label for label in self.selected if label in known),
            studies=rows,
        )
        unchecked = {labels[study_id] for study_id in self.unchecked}
        tone = "good" if table.n_good(rows, unchecked) else ""
        self.set(notice=table.summary(rows, unchecked), tone="warn" if self.blocked else tone)
        self._update_blockers()
        self._last_mtimes = self._current_mtimes()

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """Fill in fields without taking that for something that the user typed."""
        self._is_opening = True
        try:
            yield
        finally:
            self._is_opening = False

    @observe("participants")
    def _named_people(self, _change: object) -> None:
        self.run_safely(lambda: self.people.look(self.participants))

    @observe("folder", "participants")
    def _edited(self, _change: object) -> None:
        if not self._is_opening:
            self._clear()

    @observe("cohort_id")
    def _named(self, _change: object) -> None:
        if not self._is_opening:
            self._clear()
            self.run_safely(self._open)

    def _clear(self) -> None:
        self.set(cohort=None, findings=None, excluded={}, blocked={}, labels={}, selected=())
        self.set(studies=table.empty_table(), filter=ALL, tone="", notice="")
        self._ask()
        self._update_blockers()

    def _open(self) -> None:
        """Show a saved cohort as soon as its id is entered."""
        cohort_id = self.cohort_id.strip()
        if cohort_id not in self.cohort_ids:
            return
        with self._opening():
            cohort = self.ws.cohort(cohort_id)
            folder = common_folder(cohort)
            if self.folder.strip() not in {"", self._opened, folder}:
                return  # another folder was typed: the form asks what is meant
            self._opened, self.question = folder, ""
            self.set(folder=folder, participants="")
            self._show((cohort, self.ws.check(cohort, offline=True)))

    def _ask(self) -> None:
        """Ask what is meant by a known cohort with another folder; nothing is re-pointed."""
        self.question = ""
        cohort_id, folder = self.cohort_id.strip(), self.folder.strip()
        if not folder or cohort_id not in self.cohort_ids:
            return
        self.question = question_on_folder(self.ws, cohort_id, folder)

    def _update_blockers(self) -> None:
        blockers, wrong = [], {}
        if self.question:
            blockers.append("Answer the question on the folder.")
        cohort_id = self.cohort_id.strip()
        if not cohort_id:
            blockers.append("Enter the cohort id: the name of its folder on the server.")
        else:
            try:
                check_cohort_id(cohort_id)
            except IdError as error:
                wrong["cohort_id"] = error.worded_for("form").message
                blockers.append(wrong["cohort_id"])
        if not self.folder.strip() and cohort_id not in self.cohort_ids:
            blockers.append("Choose the scan folder.")
        if self.people.wrong:
            wrong["participants"] = self.people.wrong
            blockers.append(self.people.wrong)
        if self.people.blocker:
            blockers.append(self.people.blocker)
        self.set(blockers=tuple(blockers), wrong=wrong)

    def _find_cohorts(self) -> None:
        ids, folder = CohortStore(self.ws.folder / COHORTS).ids(), self.ws.folder / COHORTS
        self.cohort_ids = tuple(ids)
        self.latest = max(ids, key=lambda each: (folder / each).stat().st_mtime, default="")

    def _reload(self) -> None:
        self.cohort_ids = tuple(self.ws.cohorts())
        if self.cohort is not None:
            self.restore()

    def _current_mtimes(self) -> tuple[Mtimes, Mtimes]:
        """Return the modification times of the decisions and of the ledger."""
        here = self.cohort_id.strip()
        decided = mtimes(self.ws.folder / COHORTS, [".", *(f"{here}/{n}" for n in DECISION_FILES)])
        return decided, mtimes(self.ws.folder, LEDGER_FILES)
