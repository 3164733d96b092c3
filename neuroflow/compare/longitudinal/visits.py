"""People with their visits: who is followed, since when, and with which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.stats import Sample, choose_sample
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    Cells,
    FloatArray,
    IntArray,
    TimeUnit,
    check_span,
    labels,
    participants,
    years_of,
)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """People, one row each, and all their visits in order of people and time."""

    people: Sample  # as at the first visit
    person: IntArray  # of every visit: its row in `people`
    years: FloatArray  # of every visit, since the person's first
    values: FloatArray  # visits x columns
    studies: pd.DataFrame  # of every visit

    @property
    def columns(self) -> pd.DataFrame:
        """What the columns of the values are."""
        return self.people.cells.columns


def read_follow_up(
    cells: Cells,
    *,
    by: str,
    time: str,
    unit: TimeUnit | None = None,
    groups: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
) -> FollowUp:
    """Read everybody's visits; people with one visit are kept."""
    years = years_of(cells.studies[time], time, unit)
    who = pd.factorize(participants(cells.studies))[0]
    check_groups(cells, who, by)
    order = np.lexsort((years, who))
    order = order[np.isfinite(years[order])]
    if not len(order):
        raise CompareError(
            "No visit has a time.",
            why=f"The times are taken from {time}.",
            advice="Give each visit its age or date in participants.tsv.",
        )
    starts = np.flatnonzero(np.r_[True, np.diff(who[order]) > 0])
    person = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(order)]))
    since = years[order] - years[order][starts][person]
    spans = np.maximum.reduceat(since, starts)
    check_several(spans, time, unit)
    first = order[starts]
    studies = cells.studies.iloc[first].reset_index(drop=True).assign(_place=np.arange(len(first)))
    at_first = replace(cells, studies=studies, values=cells.values[first])
    sample = choose_sample(at_first, by=by, groups=groups, covariates=covariates, least=1)
    kept = sample.cells.studies["_place"].to_numpy()
    place = np.full(len(first), -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    used = place[person] >= 0
    timeless = cells.studies["study_id"][~np.isfinite(years)].astype(str).tolist()
    gone = [{"reason": f"no {time}", "n": len(timeless), "study_ids": timeless}]
    return FollowUp(
        people=replace(sample, exclusions=[*gone[: len(timeless)], *sample.exclusions]),
        person=place[person][used],
        years=since[used],
        values=cells.values[order[used]],
        studies=cells.studies.iloc[order[used]].reset_index(drop=True),
    )


def check_groups(cells: Cells, who: IntArray, by: str) -> None:
    """Refuse people whose group changes."""
    elsewhere = labels(cells.studies[by]).groupby(who).transform("nunique") > 1
    if elsewhere.any():
        moved = cells.studies["participant_id"][elsewhere].iloc[0]
        raise CompareError(
            f"The participant {moved} is not in the same {by} at all visits.",
            advice=f"Correct {by} so that each participant has one.",
        )


def check_several(spans: FloatArray, time: str, unit: TimeUnit | None) -> None:
    """Refuse times without change, and those that years cannot be."""
    if not (spans > 0).any():
        raise CompareError(
            "No participant has two visits at different times.",
            why=f"The times are taken from {time}.",
            advice="Give each visit its own row in participants.tsv, with its session_id and "
            "age or date.",
        )
    check_span(spans[spans > 0], time, unit)


def facts_of(sample: Sample, by: str, time: str) -> dict[str, Any]:
    """Return what all analyses of change describe alike."""
    counts = np.bincount(sample.group, minlength=len(sample.names))
    return {
        "visit": "",
        "time": time,
        "by": by,
        "groups": {name: int(n) for name, n in zip(sample.names, counts, strict=True)},
        "n_participants": len(sample.group),
        "covariates": [item.name for item in sample.covariates],
        "exclusions": sample.exclusions,
        "data_notes": sample.cells.notes,
    }
