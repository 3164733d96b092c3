"""The design matrix: one column per group, then centred covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neuroflow.compare.stats.terms.covariate import Covariate
from neuroflow.errors import CompareError
from neuroflow.matrix import BoolArray, FloatArray, IntArray

_TOLERANCE = 1e-9  # of a column's length; what is left below it after projection is rounding


@dataclass(frozen=True, slots=True)
class Design:
    """A design matrix of full rank."""

    # Studies x coefficients. The coefficients of the groups, which come first, are their means
    # adjusted to the mean of every covariate.
    matrix: FloatArray
    groups: IntArray  # The codes of the groups that have a column, in the order of the columns
    blocks: tuple[slice, ...] = ()  # The columns of every covariate


def build_design(
    group: IntArray,
    names: Sequence[str],
    covariates: Sequence[Covariate],
    rows: BoolArray,
    by: str = "group",
) -> Design:
    """Build the design matrix of some studies, and check that it can be solved."""
    present = np.flatnonzero(np.bincount(group[rows]))
    basis = (group[rows][:, None] == present[None, :]).astype(np.float64)
    blocks = [basis]
    independent = basis / np.sqrt(basis.sum(axis=0))  # no study is in two groups
    before = [by]
    for item in covariates:
        block = item.columns(rows)[rows]
        if _is_empty(block):
            if item.parts:
                raise CompareError(
                    f"The interaction {item.name} cannot be estimated from the {rows.sum()} "
                    "studies used: a combination does not occur.",
                    advice=f"Remove {item.name}, or compare groups that have all combinations.",
                    about="covariates",
                )
            raise CompareError(
                f"The covariate {item.name} is the same in all {rows.sum()} studies used.",
                advice=f"Remove {item.name} from the covariates.",
                about="covariates",
            )
        length = np.linalg.norm(block, axis=0)
        rest = block - independent @ (independent.T @ block)
        rest -= independent @ (independent.T @ rest)  # twice is enough (Kahan), once is not
        left, least = _orthonormal(rest / length)
        if least < _TOLERANCE:
            raise _confounded(item, group, names, before, rows)
        independent = np.hstack([independent, left])
        blocks.append(block)
        before.append(item.name)
    ends = np.cumsum([block.shape[1] for block in blocks])
    places = tuple(slice(int(a), int(b)) for a, b in pairwise(ends))
    return Design(np.hstack(blocks), present, places)


def _orthonormal(block: FloatArray) -> tuple[FloatArray, float]:
    """Return orthonormal columns that span those of a block, and its smallest singular value."""
    if block.shape[1] == 1:  # as most covariates have, and quicker
        size = float(np.linalg.norm(block))
        return block / (size or 1), size
    left, sizes, _ = np.linalg.svd(block, full_matrices=False)
    return left, float(sizes.min())


def _is_empty(block: FloatArray) -> bool:
    return block.shape[1] == 0 or bool((np.ptp(block, axis=0) == 0).any())


def _confounded(
    item: Covariate, group: IntArray, names: Sequence[str], before: list[str], rows: BoolArray
) -> CompareError:
    why = ""
    if item.levels and len(np.unique(group[rows])) > 1:
        values = item.values[rows].astype(int)
        alone = [
            f"every study of {item.levels[level]} is {names[members[0]]}"
            for level in np.unique(values)
            if len(members := np.unique(group[rows][values == level])) == 1
        ]
        why = f"{'; '.join(alone[:3])}.".replace("every", "Every", 1) if alone else ""
    return CompareError(
        f"The effect of {item.name} cannot be separated from that of {' and '.join(before)}.",
        why=why,
        advice=f"Remove {item.name} from the covariates, or compare groups that share its values.",
        about="covariates",
    )
