"""Which studies are compared, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neuroflow.compare.stats.terms import Covariate, read_covariates
from neuroflow.errors import CompareError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import (
    BoolArray,
    Cells,
    IntArray,
    as_labels,
    choose_visits,
    coded,
    group_order,
    match_labels,
    similar_labels,
)

Weights = Literal["proportional", "equal"]
"""How categories of covariates count in adjusted means: as in the sample, or all alike."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The studies that are compared."""

    cells: Cells  # Their values
    group: IntArray  # Codes of `names`, shape (n_studies,)
    names: list[str]  # The groups, in order
    covariates: list[Covariate]  # What to adjust for
    # Reason, number and ids of the studies left out, as plain values.
    exclusions: list[dict[str, Any]]


class ExclusionLog:
    """Excludes studies and records the reasons."""

    def __init__(self, cells: Cells) -> None:
        self._whole = cells
        self.kept = np.ones(len(cells.studies), dtype=bool)
        self.exclusions: list[dict[str, Any]] = list(cells.excluded)

    @property
    def cells(self) -> Cells:
        """The studies that were kept."""
        return self._whole if self.kept.all() else self._whole.keep(self.kept)

    def exclude(self, out: BoolArray, reason: str) -> None:
        """Exclude some studies."""
        gone = out & self.kept
        if gone.any():
            studies = [str(name) for name in self._whole.studies.loc[gone, "study_id"]]
            self.exclusions.append({"reason": reason, "n": len(studies), "study_ids": studies})
            self.kept &= ~gone

    def exclude_other_visits(self, visit: str | None, *, robust: bool = False) -> None:
        """Exclude all visits but one of each participant, as `choose_visits` does."""
        out = np.zeros(len(self.kept), dtype=bool)
        out[self.kept] = ~choose_visits(self.cells.studies, visit, robust=robust)
        self.exclude(out, f"visit other than {visit}")


def choose_sample(
    cells: Cells,
    *,
    by: str,
    groups: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    visit: str | None = None,
    repeated: bool = False,
    least: int = 2,
    weights: Weights = "proportional",
) -> Sample:
    """Choose the studies to compare."""
    log = ExclusionLog(cells)
    codes, labels = coded(cells.studies[by])
    present = group_order(labels)
    warn_similar_labels(by, present)
    chosen = present if groups is None else choose_groups(groups, present)
    if len(chosen) < least:
        raise CompareError(
            f"The column {by!r} has only the group {chosen[0]}, so there is nothing to compare."
            if chosen
            else f"The column {by!r} has no values, so there is nothing to compare.",
            advice="Add the groups to participants.tsv, or choose another column of groups.",
            about="groups",
        )
    place = {name: code for code, name in enumerate(chosen)}
    group = np.array([*(place.get(name, -1) for name in labels), -1], dtype=np.intp)[codes]
    log.exclude(codes < 0, f"no {by}")
    log.exclude(group < 0, f"{by} not compared")
    if visit is not None or not repeated:
        log.exclude_other_visits(visit, robust=True)
    adjust = read_covariates(
        cells.studies,
        covariates,
        group=Covariate(by, group.astype(np.float64), tuple(chosen), is_group=True),
        equal=weights == "equal",
    )
    for item in (item for item in adjust if not item.parts):
        warn_similar_labels(item.name, item.levels)
        log.exclude(~item.known, f"no {item.name}")
    if not log.kept.any():
        raise CompareError(
            "No study has a group and all covariates.",
            why="; ".join(f"{item['n']}: {item['reason']}" for item in log.exclusions) + ".",
            advice="Complete participants.tsv, or adjust for fewer covariates.",
            about="covariates",
        )
    return Sample(
        cells=log.cells,
        group=group[log.kept],
        names=chosen,
        covariates=[item.keep(log.kept) for item in adjust],
        exclusions=log.exclusions,
    )


def choose_groups(groups: str | Sequence[str], present: Sequence[str]) -> list[str]:
    """Return the labels of the groups to use, each once."""
    return list(dict.fromkeys(match_labels("group", as_labels("groups", groups), present)))


def warn_similar_labels(column: str, names: Iterable[str]) -> None:
    """Warn where labels of a column may be one, written in different ways."""
    if alike := similar_labels(names):
        listed = "; ".join(" and ".join(map(repr, group)) for group in alike)
        warn_user(
            f"The column {column!r} has labels that may mean the same: {listed}. They count as "
            "different; if they are the same, use one spelling in participants.tsv.",
            ResultWarning,
        )
