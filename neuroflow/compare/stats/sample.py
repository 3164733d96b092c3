"""Which studies are compared, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroflow.compare.stats.contrasts import check_groups
from neuroflow.compare.stats.design import Covariate, read_covariate
from neuroflow.errors import CompareError
from neuroflow.matrix import BoolArray, Cells, IntArray, choose_visits, coded, group_order


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
        self.exclusions: list[dict[str, Any]] = []

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

    def exclude_other_visits(self, visit: str | None) -> None:
        """Exclude all visits but one of each participant, as `choose_visits` does."""
        out = np.zeros(len(self.kept), dtype=bool)
        out[self.kept] = ~choose_visits(self.cells.studies, visit)
        self.exclude(out, f"visit other than {visit}")


def choose_sample(
    cells: Cells,
    *,
    between: str,
    groups: Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    visit: str | None = None,
    repeated: bool = False,
    least: int = 2,
) -> Sample:
    """Choose the studies to compare."""
    log = ExclusionLog(cells)
    codes, labels = coded(cells.studies[between])
    present = group_order(labels)
    if groups is not None:
        check_groups(groups, present)
    chosen = present if groups is None else list(dict.fromkeys(groups))
    if len(chosen) < least:
        raise CompareError(
            f"There are no two groups to compare in {between}, only {', '.join(chosen) or 'none'}.",
            advice="Give the groups in participants.tsv, or name another column as between.",
        )
    place = {name: code for code, name in enumerate(chosen)}
    group = np.array([*(place.get(name, -1) for name in labels), -1], dtype=np.intp)[codes]
    log.exclude(codes < 0, f"no {between}")
    log.exclude(group < 0, f"{between} not compared")
    if visit is not None or not repeated:
        log.exclude_other_visits(visit)
    adjust = [read_covariate(cells.studies, name) for name in covariates]
    for item in adjust:
        log.exclude(~item.known, f"no {item.name}")
    if not log.kept.any():
        raise CompareError(
            "No study has a group and all covariates.",
            why="; ".join(f"{item['n']}: {item['reason']}" for item in log.exclusions) + ".",
            advice="Complete participants.tsv, or adjust for fewer covariates.",
        )
    return Sample(
        cells=log.cells,
        group=group[log.kept],
        names=chosen,
        covariates=[item.keep(log.kept) for item in adjust],
        exclusions=log.exclusions,
    )
