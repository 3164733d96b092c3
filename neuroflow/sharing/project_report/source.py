"""What the sections of a report are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from neuroflow.compare import paper_table
from neuroflow.escaping import without_paths
from neuroflow.matrix import choose_visits, is_control
from neuroflow.workspace import Workspace

_ADJUST = ("age", "sex")


@dataclass(frozen=True)
class Source:
    """A workspace with the choices for its report."""

    ws: Workspace
    metric: str
    by: str
    reference: str | None
    covariates: Sequence[str] | None
    visit: str | None
    figures: bool

    @cached_property
    def table(self) -> pd.DataFrame:
        """The cohort table."""
        return self.ws.table()

    @cached_property
    def facts(self) -> pd.DataFrame:
        """What is known of each study besides its values."""
        return self.ws.study_facts()

    @cached_property
    def status(self) -> pd.DataFrame:
        """The state of each study, from the ledger."""
        return self.ws.status(offline=True)

    @cached_property
    def studies(self) -> pd.DataFrame:
        """One row of the cohort table per study."""
        return self.table.drop_duplicates("study_id").reset_index(drop=True)

    @property
    def has_visits(self) -> bool:
        """Whether a participant was seen more than once."""
        people = self.studies["participant_id"].dropna()
        return bool(people.duplicated().any())

    @property
    def has_patients(self) -> bool:
        """Whether there are controls, and others to compare with them."""
        if self.by not in self.studies:
            return False
        found = self.studies[self.by].dropna().astype(str).unique().tolist()
        return len(found) > 1 and any(map(is_control, found))

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """The arguments that all comparisons share."""
        adjust = self.covariates
        if adjust is None:
            adjust = [
                name
                for name in _ADJUST
                if name in self.studies and self.studies[name].dropna().nunique() > 1
            ]
        return {"by": self.by, "covariates": list(adjust), "visit": self.first_visit}

    @property
    def first_visit(self) -> str | None:
        """The visit that counts where each participant counts once."""
        return self.visit or ("first" if self.has_visits else None)

    @cached_property
    def paper(self) -> pd.DataFrame:
        """The comparison of the groups as a table for a paper."""
        return paper_table(self.table, self.metric, reference=self.reference, **self.chosen)

    @cached_property
    def once(self) -> pd.DataFrame:
        """The cohort table with one visit of each participant."""
        if self.first_visit is None:
            return self.table
        kept = self.studies.loc[choose_visits(self.studies, self.first_visit), "study_id"]
        return self.table[self.table["study_id"].isin(kept)]

    @cached_property
    def _names(self) -> list[str]:
        """Return what names a participant or a scan here, the longest first."""
        names: set[str] = set()
        for cohort_id in self.ws.cohorts():
            for study in self.ws.cohort(cohort_id).studies:
                names |= {study.label, study.participant_id or "", study.root.name}
        return sorted((name for name in names if len(name) > 1), key=len, reverse=True)

    def public(self, text: object) -> str:
        """Return a text from people or servers without paths and names of participants."""
        words = without_paths(" ".join(str(text).split()))
        for name in self._names:
            words = words.replace(name, "[study]")
        return words
