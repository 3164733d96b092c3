"""Several groups without covariates: Welch's analysis of variance and the Kruskal-Wallis test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from neuroflow.matrix import FloatArray, moments


def welch_anova(groups: Sequence[FloatArray]) -> dict[str, FloatArray]:
    """Test for any difference between means, without assuming equal variances.

    Welch BL (1951), Biometrika 38:330-336; of two groups, the statistic is the square of Welch's t.
    """
    n, mean, variance = (np.stack(parts) for parts in zip(*map(moments, groups), strict=True))
    there = n > 0
    k = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(there, n / variance, 0)
        share = weight / weight.sum(axis=0)
        centre = np.where(there, share * mean, 0).sum(axis=0)
        between = np.where(there, weight * (mean - centre) ** 2, 0).sum(axis=0) / (k - 1)
        unsure = np.where(there, (1 - share) ** 2 / (n - 1), 0).sum(axis=0)
        statistic = between / (1 + 2 * (k - 2) * unsure / (k**2 - 1))
        df = (k**2 - 1) / (3 * unsure)
        within = np.where(there, (n - 1) * variance, 0).sum(axis=0)
        np2 = 1 - within / (within + _between(n, mean))
    p = np.asarray(stats.f.sf(statistic, k - 1, df))
    return {
        "n1": n.sum(axis=0),
        "statistic": statistic,
        "df_num": k - 1.0,
        "df": df,
        "p": p,
        "np2": np2,
    }


def kruskal_wallis(groups: Sequence[FloatArray]) -> dict[str, FloatArray]:
    """Test for any difference between groups by ranks.

    Kruskal WH, Wallis WA (1952), J Am Stat Assoc 47:583-621; Tomczak M, Tomczak E (2014), Trends
    Sport Sci 21:19-25 (the effect size).
    """
    ranks = stats.rankdata(np.concatenate(groups), axis=0, nan_policy="omit")
    ends = np.cumsum([len(values) for values in groups])[:-1]
    parts = [moments(part) for part in np.split(ranks, ends)]
    n, mean, _ = (np.stack(numbers) for numbers in zip(*parts, strict=True))
    total, _, variance = moments(ranks)
    k = (n > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # The variance of the ranks is smaller where there are ties: that corrects for them.
        eta = _between(n, mean) / (variance * (total - 1))
    statistic = eta * (total - 1)
    p = np.asarray(stats.chi2.sf(statistic, np.where(k > 1, k - 1, np.nan)))
    return {"n1": total, "statistic": statistic, "df_num": k - 1.0, "p": p, "np2": eta}


def _between(n: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the sum of squares between groups, groups x m."""
    known = np.where(n > 0, mean, 0)
    centre = (n * known).sum(axis=0) / n.sum(axis=0)
    squares: FloatArray = (n * (known - centre) ** 2).sum(axis=0)
    return squares
