"""What the researcher decided for single studies: excluded, age or sex filled in.

The user's own files are never changed: these decisions are in ``decisions.tsv`` beside the
cohort's map, readable by its owner only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import cast

import pandas as pd

from neuroflow.workspace.file_names import DECISIONS_NAME
from neuroflow.workspace.study_table import StudyTable


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one study."""

    excluded: str = ""  # Why the study is left out; empty where it is not
    age: float | None = None  # Age at the scan in years, where participants.tsv lacks it.
    sex: str | None = None  # ``"M"`` or ``"F"``, where participants.tsv has neither.
    repeated: str = ""  # Why another study was repeated as this one; empty for all others


class DecisionStore:
    """The decisions of all cohorts of a workspace, one file for each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, cohort_id: str) -> dict[str, Decision]:
        """Read what was decided in one cohort."""
        table = self._table(cohort_id)
        return _decisions(table, table.read())

    def change(self, cohort_id: str, study_id: str, **what: object) -> None:
        """Decide something of one study; what others decide meanwhile is not lost."""
        table = self._table(cohort_id)

        def edit(rows: pd.DataFrame) -> pd.DataFrame:
            decisions = _decisions(table, rows)
            before = decisions.get(study_id, Decision())
            decisions[study_id] = replace(before, **what)  # type: ignore[arg-type]
            return _rows(decisions)

        table.change(edit)

    def rename(self, cohort_id: str, ids: Mapping[str, str]) -> None:
        """Move decisions to the new ids of their studies."""
        self._table(cohort_id).change_ids(ids)

    def remove(self, cohort_id: str, study_ids: Collection[str]) -> None:
        """Remove what was decided of some studies."""
        self._table(cohort_id).drop(study_ids)

    def _table(self, cohort_id: str) -> StudyTable:
        path = self.folder / cohort_id / DECISIONS_NAME
        what = f"decisions of cohort {cohort_id!r}"
        return StudyTable(path, ("study_id", "excluded", "age", "sex"), what, later=("repeated",))


def _decisions(table: StudyTable, rows: pd.DataFrame) -> dict[str, Decision]:
    records = cast(list[dict[str, str]], rows.to_dict("records"))
    try:
        return {row["study_id"]: _decision(row) for row in records}
    except ValueError as error:  # an age that is no number
        raise table.damaged(error) from error


def _rows(decisions: Mapping[str, Decision]) -> pd.DataFrame:
    """Return decisions as rows of text, without studies of which nothing is decided."""
    rows = [
        (study_id, *("" if value is None else str(value) for value in astuple(decision)))
        for study_id, decision in decisions.items()
        if decision != Decision()
    ]
    return pd.DataFrame(rows, columns=["study_id", *(each.name for each in fields(Decision))])


def _decision(row: Mapping[str, str]) -> Decision:
    age = float(row["age"]) if row["age"] else None
    return Decision(row["excluded"], age, row["sex"] or None, row["repeated"])
