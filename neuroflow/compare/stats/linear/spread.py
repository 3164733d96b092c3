"""Groups of unequal spread: how often the intervals of one common spread hold the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from neuroflow.compare.stats.linear.fit import Fit
from neuroflow.compare.stats.terms import Design
from neuroflow.matrix import BoolArray, FloatArray

_SURE = 6.3e-5  # p of four standard deviations; above it a difference of variances may be chance


@dataclass(frozen=True, slots=True)
class UnequalSpread:
    """The variances of the groups, and where they differ for sure."""

    member: FloatArray  # studies x groups
    variance: FloatArray  # groups x columns
    differs: BoolArray  # groups x columns

    @classmethod
    def of(cls, model: Fit, design: Design) -> UnequalSpread:
        """Compare each group's residuals with those of the others, of a model fitted by group."""
        member = design.matrix[:, : len(design.groups)]
        df = (member * (1 - model.leverage)[:, None]).sum(axis=0)[:, None]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            squares = model.squares
            variance = squares / df
            rest = (squares.sum(axis=0) - squares) / (df.sum() - df)
            differs = variances_differ(variance / rest, df, df.sum() - df)
        return cls(member, variance, differs)

    def coverage(self, model: Fit, weights: FloatArray, confidence: float) -> FloatArray:
        """Return how often a contrast's intervals hold the truth; NaN where nothing differs."""
        influence = model.design @ (model.unscaled @ weights)
        share = (influence**2) @ self.member
        some: BoolArray = np.asarray(self.differs[share > 0].any(axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = share @ self.variance[:, some] / (share.sum() * model.sd[some] ** 2)
            quantile = special.stdtrit(model.df, (1 + confidence) / 2) / np.sqrt(ratio)
        found = np.full(len(some), np.nan)
        found[some] = 2 * special.stdtr(model.df, quantile) - 1
        return found


def variances_differ(ratio: FloatArray, df1: FloatArray, df2: FloatArray) -> BoolArray:
    """Return where two variances differ for sure, by their ratio (F test, two sides)."""
    low, high = special.fdtri(df1, df2, _SURE / 2), 1 / special.fdtri(df2, df1, _SURE / 2)
    return np.asarray((ratio < low) | (ratio > high))
