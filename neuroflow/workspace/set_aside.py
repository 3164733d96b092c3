"""Results that the researcher set aside: a study, or a region of a study, with a reason.

The files stay. The decisions are in ``results_set_aside.tsv``, readable by the owner only; every
table of the workspace has them in its column ``set_aside``, which all analyses follow.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.io import study_names
from neuroflow.matrix import SET_ASIDE, resolve
from neuroflow.workspace.file_names import SET_ASIDE_FILE
from neuroflow.workspace.study_table import StudyTable, one_line

COLUMNS = ("study_id", "region", "reason")
"""One row per decision; an empty region stands for the whole study."""
_SHOWN = 5


class SetAside:
    """The results that are set aside in one workspace."""

    def __init__(self, root: Path) -> None:
        self.table = StudyTable(root / SET_ASIDE_FILE, COLUMNS, "results that are set aside")

    def exclude(self, study_id: str, region: str | None, reason: str) -> None:
        """Set a study or one of its regions aside; a new reason replaces the old one."""
        words = one_line(str(reason))
        if not words:
            raise OptionError(
                "A reason is missing.", advice='State one, such as "motion".', about="reason"
            )
        name = "" if region is None else known_region(region)

        def edit(table: pd.DataFrame) -> pd.DataFrame:
            kept = table[(table["study_id"] != study_id) | (table["region"] != name)]
            return self.table.with_row(kept, study_id, name, words)

        self.table.change(edit)

    def include(self, study_id: str, region: str | None) -> None:
        """Include a study, or one of its regions, again; without a region all of it."""

        def edit(table: pd.DataFrame) -> pd.DataFrame:
            out = table["study_id"] == study_id
            if region is not None:
                out &= table["region"] == known_region(region)
            if not out.any():
                raise OptionError(
                    f"{region or 'Nothing'} of study {study_id} is not set aside.",
                    study_id=study_id,
                )
            return table[~out]

        self.table.change(edit)

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Mark what is set aside in a cohort table; its values are missing there."""
        decided = self.table.read()
        if decided.empty:
            return table
        studies = table["study_id"].astype(str).to_numpy()
        regions = table["region"].astype(str).to_numpy()
        reasons = np.full(len(table), None, dtype=object)
        by_region = decided["region"].ne("").to_numpy(dtype=bool)
        for part in (decided[by_region], decided[~by_region]):  # the whole study takes precedence
            for study_id, region, reason in part.itertuples(index=False):
                mine = studies == study_id
                reasons[mine & (regions == region) if region else mine] = reason
        is_out = pd.notna(reasons)
        marked = table.assign(**{SET_ASIDE: pd.Series(reasons, index=table.index, dtype="str")})
        marked["value"] = marked["value"].mask(is_out)
        marked.attrs = dict(table.attrs)
        return marked


def known_region(region: str) -> str:
    """Return the identifier of a region, as the cohort table has it."""
    return resolve(region).region


def find_result(study: str, studies: pd.DataFrame, collected: Collection[str]) -> str:
    """Return the id of a study by its id, or by participant and session."""
    if study in collected:
        return study
    names: dict[str, list[str]] = {}
    for row in studies.to_dict("records"):
        if row["study_id"] in collected:
            for name in study_names(row.get("participant_id"), row.get("session_id")):
                names.setdefault(name, []).append(str(row["study_id"]))
    found = names.get(study, [])
    if len(found) == 1:
        return found[0]
    raise OptionError(
        f"There are several results of {study!r}: {', '.join(found[:_SHOWN])}."
        if found
        else f"There is no collected result of {study!r}.",
        advice="Use the study_id, or participant and session such as sub-01_ses-2.",
    )
