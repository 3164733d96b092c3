"""What the Cohort form knows and does: find, check, leave out, set aside, fill in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from threading import Event as StopEvent

import pandas as pd
from traitlets import Any, Dict, Tuple, Unicode, observe

from neuroflow.contract import check_cohort_id
from neuroflow.errors import IdError
from neuroflow.models import Cohort, OnEvent, Severity
from neuroflow.studies import find_studies
from neuroflow.widgets.cohort import table
from neuroflow.widgets.common import LEDGER, FormModel, Marks, marks_of
from neuroflow.workspace import CohortStore, Workspace, blocked_studies

ALL = "all"
AGAIN = "Checking again"
FILES = ("studies.tsv", "decisions.tsv", "checks.json", "participants.tsv")
"""What changes in a cohort's folder when somebody decides."""
Facts = Mapping[str, tuple[float | None, str | None]]
"""From `study_id` to age and sex."""


class CohortModel(FormModel):
    """The studies of a cohort, what the checks say of them, and what was decided, as a form."""

    folder = Unicode("")
    participants = Unicode("")
    cohort_id = Unicode("")
    known = Tuple()
    missing = Tuple()
    cohort = Any(None, allow_none=True)
    findings = Any(None, allow_none=True)
    excluded = Dict()
    blocked = Dict()
    studies = Any()
    filter = Unicode(ALL)
    chosen = Tuple()
    labels = Dict()

    def __init__(self, ws: Workspace) -> None:
        super().__init__(studies=table.no_rows())
        self.ws = ws
        self._is_opening = False
        self._opened = ""
        self._seen = self._look_of_the_disk()
        self.attempt(self._restore)
        self._find_what_is_missing()

    # ---------------------------------------------------------------- checking

    def check(self) -> None:
        """Find the studies, give them their ids, and check them; nothing is sent."""
        if self.missing:
            return
        cohort_id, folder = self.cohort_id.strip(), self.folder.strip()
        participants = self.participants.strip() or None

        def work(tell: OnEvent, _stop: StopEvent) -> tuple[Cohort, pd.DataFrame]:
            studies = find_studies(folder, on_event=tell) if folder else None
            cohort = self.ws.cohort(cohort_id, studies, participants=participants)
            return cohort, self.ws.check(cohort, on_event=tell)

        self.run("Looking for studies and checking them", work, self._show)

    def restore(self) -> None:
        """Show what the workspace knows of the cohort; no scan is opened."""
        cohort_id = self.cohort_id.strip()
        if cohort_id in self.known:
            cohort = self.ws.cohort(cohort_id)
            self._show((cohort, self.ws.check(cohort, look=False)))

    def poll(self) -> None:
        """Follow what code or another program decides of this cohort, or sends of it."""
        if self.busy:
            return
        map_, ledger = self._look_of_the_disk()
        if map_ != self._seen[0]:
            self.attempt(self._follow)
        elif ledger != self._seen[1] and self.cohort is not None:
            self.attempt(lambda: self._show((self.cohort, self.findings)))
        self._seen = map_, ledger

    # --------------------------------------------------------------- decisions

    def exclude(self, reason: str) -> None:
        """Leave the chosen studies out."""
        self._decide(lambda cohort, label: self.ws.exclude(cohort, label, reason))

    def include(self) -> None:
        """Take the chosen studies in again."""
        self._decide(self.ws.include)

    def set_aside(self, rule: str, reason: str) -> None:
        """Set one rule aside for the chosen studies; an empty reason takes it up again."""
        self._decide(lambda cohort, label: self.ws.override(cohort, label, rule, reason))

    def fill_in(self, facts: Facts) -> None:
        """Keep ages and sexes in the workspace; participants.tsv is not changed."""
        if self.cohort is None or not self.is_free_for(AGAIN):
            return
        cohort = self.cohort
        for study_id, (age, sex) in facts.items():
            cohort = self.ws.fill_in(cohort, study_id, age=age, sex=sex)
        self._check_again(cohort)

    def _decide(self, decide: Callable[[Cohort, str], object]) -> None:
        if self.cohort is None or not self.is_free_for(AGAIN):
            return
        try:
            for label in self.chosen:
                decide(self.cohort, label)
        finally:
            self._check_again(self.cohort)  # what was decided before an error stays decided

    def _check_again(self, cohort: Cohort) -> None:
        """Check once more: only what changed is read."""

        def work(tell: OnEvent, _stop: StopEvent) -> tuple[Cohort, pd.DataFrame]:
            return cohort, self.ws.check(cohort, on_event=tell)

        self.run(AGAIN, work, self._show)

    # -------------------------------------------------------------- what shows

    @property
    def shown(self) -> pd.DataFrame:
        """The rows of `studies` that pass the filter."""
        rows: pd.DataFrame = self.studies
        if self.filter == ALL:
            return rows
        return rows[rows["state"] == self.filter].reset_index(drop=True)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many studies are in each state, those that ask for attention first."""
        found = self.studies["state"].value_counts()
        return [(state, int(found[state])) for state in table.TONES if state in found]

    @property
    def details(self) -> pd.DataFrame:
        """The findings of the chosen studies, or of all where none is chosen."""
        return table.finding_rows(self.findings, self.chosen)

    @property
    def chosen_out(self) -> tuple[str, ...]:
        """Those of the chosen studies that are left out."""
        out = {self.labels.get(study_id) for study_id in self.excluded}
        return tuple(label for label in self.chosen if label in out)

    @property
    def rules_broken(self) -> tuple[str, ...]:
        """The rules that the chosen studies break."""
        rows = self._of_the_chosen()
        return tuple(sorted(set(rows.loc[rows["severity"] == Severity.ERROR, "rule"])))

    @property
    def rules_aside(self) -> tuple[str, ...]:
        """The rules that were set aside for the chosen studies."""
        rows = self._of_the_chosen()
        aside = rows["advice"].str.startswith(table.ASIDE)
        return tuple(sorted(set(rows.loc[aside, "rule"])))

    def _of_the_chosen(self) -> pd.DataFrame:
        if self.findings is None:
            return pd.DataFrame(columns=["study", "rule", "severity", "advice"], dtype="str")
        rows: pd.DataFrame = self.findings[self.findings["study"].isin(self.chosen)]
        return rows

    @property
    def without_facts(self) -> list[tuple[str, str, bool, bool]]:
        """The studies without age or sex: study_id, label, and which of them is missing."""
        if self.cohort is None:
            return []
        return table.without_facts(self.cohort, self.findings)

    def _show(self, result: tuple[Cohort, pd.DataFrame]) -> None:
        cohort, findings = result
        excluded = self.ws.excluded(cohort.cohort_id)
        sent = {row.study_id for row in self.ws.ledger.rows(cohort.cohort_id) if row.submitted_at}
        rows = table.study_rows(cohort, findings, excluded, sent)
        labels = {str(study.study_id): study.label for study in cohort.studies}
        self.set(
            known=tuple(self.ws.cohorts()),
            cohort=cohort,
            findings=findings,
            excluded=excluded,
            blocked=blocked_studies(cohort, findings),
            labels=labels,
            chosen=tuple(label for label in self.chosen if label in set(labels.values())),
            studies=rows,
        )
        good = int(rows["state"].isin(table.SENDABLE).sum())
        text = f"{len(rows)} studies, {good} without errors"
        text += f", {len(excluded)} left out." if excluded else "."
        self.set(notice=text, tone="warn" if self.blocked else "good" if good else "")
        self._find_what_is_missing()
        self._seen = self._look_of_the_disk()

    @observe("folder", "participants")
    def _edited(self, _change: object) -> None:
        if not self._is_opening:
            self._forget()

    @observe("cohort_id")
    def _named(self, _change: object) -> None:
        if not self._is_opening:
            self._forget()
            self.attempt(self._open)

    def _forget(self) -> None:
        self.set(cohort=None, findings=None, excluded={}, blocked={}, labels={}, chosen=())
        self.set(studies=table.no_rows(), filter=ALL, tone="", notice="")
        self._find_what_is_missing()

    def _open(self) -> None:
        """Show a cohort that is known already, as soon as it is named."""
        cohort_id = self.cohort_id.strip()
        if cohort_id not in self.known:
            return
        self._is_opening = True
        try:
            cohort = self.ws.cohort(cohort_id)
            folder = _common_folder(cohort)
            if self.folder.strip() not in {"", self._opened, folder}:
                return  # somebody typed another folder: its studies have to be looked for
            self._opened = folder
            self.set(folder=folder, participants="")
            self._show((cohort, self.ws.check(cohort, look=False)))
        finally:
            self._is_opening = False

    def _find_what_is_missing(self) -> None:
        missing = []
        cohort_id = self.cohort_id.strip()
        if not cohort_id:
            missing.append("Name the cohort: its folder on the server.")
        else:
            try:
                check_cohort_id(cohort_id)
            except IdError as error:
                missing.append(" ".join(filter(None, (error.what, error.why, error.advice))))
        if not self.folder.strip() and cohort_id not in self.known:
            missing.append("Choose the folder of scans.")
        self.missing = tuple(missing)

    def _restore(self) -> None:
        store = CohortStore(self.ws.folder / "cohorts")
        ids = store.ids()
        self.known = tuple(ids)
        if ids:
            self.cohort_id = max(ids, key=lambda each: (store.folder / each).stat().st_mtime)

    def _follow(self) -> None:
        self.known = tuple(self.ws.cohorts())
        if self.cohort is not None:
            self.restore()

    def _look_of_the_disk(self) -> tuple[Marks, Marks]:
        """Return what changes when somebody decides, and when somebody sends."""
        here = self.cohort_id.strip()
        decided = marks_of(self.ws.folder / "cohorts", [".", *(f"{here}/{n}" for n in FILES)])
        return decided, marks_of(self.ws.folder, LEDGER)


def _common_folder(cohort: Cohort) -> str:
    """Return the folder that holds all studies of a cohort; empty on several drives."""
    roots = [s.root if s.root.suffix.lower() != ".zip" else s.root.parent for s in cohort.studies]
    try:
        return os.path.commonpath(roots) if roots else ""
    except ValueError:
        return ""
