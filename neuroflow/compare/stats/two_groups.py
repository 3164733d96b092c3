"""Two groups without covariates: Welch's t test and the Mann-Whitney test."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from neuroflow.compare.stats.effect_size import hedges_g
from neuroflow.matrix import FloatArray, moments


def welch(first: FloatArray, second: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Compare two groups by Welch's t test, all columns at once.

    References
    ----------
    Welch BL (1947), Biometrika 34:28-35.
    """
    n1, mean1, variance1 = moments(first)
    n2, mean2, variance2 = moments(second)
    estimate = mean1 - mean2
    with np.errstate(invalid="ignore", divide="ignore"):
        part1, part2 = variance1 / n1, variance2 / n2
        se = np.sqrt(part1 + part2)
        df = (part1 + part2) ** 2 / (part1**2 / (n1 - 1) + part2**2 / (n2 - 1))
        pooled = np.sqrt(((n1 - 1) * variance1 + (n2 - 1) * variance2) / (n1 + n2 - 2))
        scale = np.sqrt(1 / n1 + 1 / n2)
        half = stats.t.ppf((1 + confidence) / 2, df) * se
        g, low, high = hedges_g(estimate / (pooled * scale), n1 + n2 - 2, scale, confidence)
        statistic = estimate / se
    return {
        "n1": n1,
        "n2": n2,
        "mean1": mean1,
        "mean2": mean2,
        "estimate": estimate,
        "se": se,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "statistic": statistic,
        "df": df,
        "p": np.asarray(2 * stats.t.sf(np.abs(statistic), df)),
        "effect_size": g,
        "effect_size_ci_low": low,
        "effect_size_ci_high": high,
    }


def mann_whitney(first: FloatArray, second: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Compare two groups by ranks.

    References
    ----------
    Mann HB, Whitney DR (1947), Ann Math Stat 18:50-60.
    Hodges JL, Lehmann EL (1963), Ann Math Stat 34:598-611; the interval after Moses LE,
    in Hollander M, Wolfe DA (1999), Nonparametric statistical methods, 4.3.
    DeLong ER et al. (1988), Biometrics 44:837-845, for the interval of the effect size.
    """
    n1, mean1, _ = moments(first)
    n2, mean2, _ = moments(second)
    names = (
        "estimate",
        "ci_low",
        "ci_high",
        "statistic",
        "p",
        "effect_size",
        "effect_size_ci_low",
        "effect_size_ci_high",
    )
    numbers = np.full((len(names), first.shape[1]), np.nan)
    for column in range(first.shape[1]):
        a = first[np.isfinite(first[:, column]), column]
        b = second[np.isfinite(second[:, column]), column]
        if len(a) and len(b):
            u, p = stats.mannwhitneyu(a, b)
            numbers[:, column] = (
                *_shift(a, b, confidence),
                u,
                p,
                *_rank_biserial(a, b, confidence),
            )
    means = {"n1": n1, "n2": n2, "mean1": mean1, "mean2": mean2}
    return means | dict(zip(names, numbers, strict=True))


def _shift(a: FloatArray, b: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Return the median of all pairwise differences, with Moses' interval."""
    differences = (a[:, None] - b[None, :]).ravel()
    count = len(differences)
    z = stats.norm.ppf((1 + confidence) / 2)
    rank = int(np.floor(count / 2 - z * np.sqrt(count * (len(a) + len(b) + 1) / 12)))
    middle = float(np.median(differences))
    if rank < 1:
        return middle, np.nan, np.nan  # too few values for this confidence
    ends = np.partition(differences, [rank - 1, count - rank])
    return middle, float(ends[rank - 1]), float(ends[count - rank])


def _rank_biserial(a: FloatArray, b: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Return the rank-biserial correlation, its interval on the logit scale."""
    ranks = stats.rankdata(np.concatenate([a, b]))
    above = (ranks[: len(a)] - stats.rankdata(a)) / len(b)
    below = 1 - (ranks[len(a) :] - stats.rankdata(b)) / len(a)
    area = float(above.mean())
    if not 0 < area < 1 or min(len(a), len(b)) < 2:
        return 2 * area - 1, np.nan, np.nan
    se = np.sqrt(above.var(ddof=1) / len(a) + below.var(ddof=1) / len(b))
    half = stats.norm.ppf((1 + confidence) / 2) * se / (area * (1 - area))
    low, high = special.expit(special.logit(area) + np.array([-half, half]))
    return 2 * area - 1, float(2 * low - 1), float(2 * high - 1)
