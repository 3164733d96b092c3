"""Which studies are compared, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.compare.cells import Cells, IntArray, group_order, labels
from neuroflow.compare.contrasts import check_groups
from neuroflow.compare.design import Covariate, column_of, covariate
from neuroflow.compare.visits import choose_visits
from neuroflow.errors import CompareError


@dataclass(frozen=True, slots=True)
class Sample:
    """The studies that are compared.

    Parameters
    ----------
    cells
        Their values.
    group
        Codes of `names`, shape (n_studies,).
    names
        The groups, in order.
    covariates
        What to adjust for.
    exclusions
        Reason, number and ids of the studies left out, as plain values.
    """

    cells: Cells
    group: IntArray
    names: list[str]
    covariates: list[Covariate]
    exclusions: list[dict[str, Any]]


class Sieve:
    """Leaves studies out, and keeps account of it.

    Parameters
    ----------
    cells
        What to start from.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.exclusions: list[dict[str, Any]] = []

    def drop(self, out: npt.NDArray[np.bool_] | pd.Series, reason: str) -> None:
        """Leave some studies out.

        Parameters
        ----------
        out
            True for the studies to leave out.
        reason
            For people.
        """
        mask = np.asarray(out, dtype=bool)
        if mask.any():
            studies = [str(name) for name in self.cells.studies.loc[mask, "study_id"]]
            self.exclusions.append({"reason": reason, "n": len(studies), "study_ids": studies})
            self.cells = self.cells.keep(~mask)


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
    """Choose the studies to compare.

    Parameters
    ----------
    cells
        All of them.
    between
        The column of the groups.
    groups
        The groups to keep, or None for all.
    covariates
        Studies without one of these are left out.
    visit
        Which visit of a participant, as `choose_visits` takes it.
    repeated
        True where several studies of a participant may stay.
    least
        How many groups there must be.

    Returns
    -------
    Sample
        At least `least` groups and one study.

    Raises
    ------
    CompareError
        Nothing is left to compare, or there are repeated visits.
    OptionError
        There is no such group or session.
    """
    sieve = Sieve(cells)
    group = labels(cells.studies[between])
    present = group_order(name for name in group if name is not None)
    chosen = present if groups is None else list(dict.fromkeys(str(name) for name in groups))
    check_groups(chosen, present)
    if len(chosen) < least:
        raise CompareError(
            f"There are no two groups to compare in {between}, only {', '.join(chosen) or 'none'}.",
            advice="Give the groups in participants.tsv, or name another column as between.",
        )
    sieve.drop(group.isna(), f"no {between}")
    sieve.drop(~labels(sieve.cells.studies[between]).isin(chosen), f"{between} not compared")
    if visit is not None or not repeated:
        sieve.drop(~choose_visits(sieve.cells.studies, visit), f"visit other than {visit}")
    for name in covariates:
        sieve.drop(~covariate(sieve.cells.studies, name).known, f"no {column_of(name)}")
    if len(sieve.cells.studies) == 0:
        raise CompareError(
            "No study has a group and all covariates.",
            why="; ".join(f"{item['n']}: {item['reason']}" for item in sieve.exclusions) + ".",
            advice="Complete participants.tsv, or adjust for fewer covariates.",
        )
    codes = {name: code for code, name in enumerate(chosen)}
    return Sample(
        cells=sieve.cells,
        group=np.array([codes[g] for g in labels(sieve.cells.studies[between])], dtype=np.intp),
        names=chosen,
        covariates=[covariate(sieve.cells.studies, name) for name in covariates],
        exclusions=sieve.exclusions,
    )
