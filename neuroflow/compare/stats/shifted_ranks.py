"""Ranks of groups of unequal spread: how often the interval of the shift holds the truth."""

from __future__ import annotations

import numpy as np
from scipy import stats

from neuroflow.compare.stats.linear import variances_differ
from neuroflow.matrix import FloatArray, moments


def shift_coverage(
    first: FloatArray, second: FloatArray, shift: FloatArray, confidence: float
) -> FloatArray:
    """Return how often intervals of a shift hold it; NaN where the spread does not differ for sure.

    Moses' interval takes the variance that U has where the groups differ by a shift only; here it
    is estimated from the placements of the groups once they are moved onto each other.
    """
    (n1, _, variance1), (n2, _, variance2) = moments(first), moments(second)
    found = np.full(first.shape[1], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        differ = variances_differ(variance1 / variance2, n1 - 1, n2 - 1)
    different = differ & np.isfinite(shift)
    quantile = stats.norm.ppf((1 + confidence) / 2)
    for column in np.flatnonzero(different):
        a = first[np.isfinite(first[:, column]), column] - shift[column]
        b = second[np.isfinite(second[:, column]), column]
        ranks = stats.rankdata(np.concatenate([a, b]))
        above = (ranks[: len(a)] - stats.rankdata(a)) / len(b)
        below = (ranks[len(a) :] - stats.rankdata(b)) / len(a)
        variance = above.var(ddof=1) / len(a) + below.var(ddof=1) / len(b)
        assumed = (len(a) + len(b) + 1) / (12 * len(a) * len(b))
        if variance > 0:
            found[column] = 2 * stats.norm.cdf(quantile * np.sqrt(assumed / variance)) - 1
    return found
