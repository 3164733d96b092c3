"""Two groups without covariates: Welch's t test and the Mann-Whitney test."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from neuroflow.compare.stats.effect_size import unequal_variances_g
from neuroflow.matrix import FloatArray, moments

_ALL = 50_000
"""Up to so many differences they are computed and sorted."""
_STEPS = 200


def welch(first: FloatArray, second: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Compare two groups by Welch's t test, all columns at once.

    Welch BL (1947), Biometrika 34:28-35.
    """
    n1, mean1, variance1 = moments(first)
    n2, mean2, variance2 = moments(second)
    estimate = mean1 - mean2
    with np.errstate(invalid="ignore", divide="ignore"):
        part1, part2 = variance1 / n1, variance2 / n2
        se = np.sqrt(part1 + part2)
        df = (part1 + part2) ** 2 / (part1**2 / (n1 - 1) + part2**2 / (n2 - 1))
        half = stats.t.ppf((1 + confidence) / 2, df) * se
        sizes, variances = np.stack([n1, n2]), np.stack([variance1, variance2])
        g, low, high = unequal_variances_g(estimate, sizes, variances, confidence)
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

    Mann HB, Whitney DR (1947), Ann Math Stat 18:50-60; DeLong ER et al. (1988), Biometrics
    44:837-845, for the interval of the effect size.
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
                *shift(a, b, confidence),
                u,
                p,
                *_rank_biserial(a, b, confidence),
            )
    means = {"n1": n1, "n2": n2, "mean1": mean1, "mean2": mean2}
    return means | dict(zip(names, numbers, strict=True))


def shift(a: FloatArray, b: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Return the median of all pairwise differences, with Moses' interval.

    Hodges JL, Lehmann EL (1963), Ann Math Stat 34:598-611; the interval after Moses LE, in
    Hollander M, Wolfe DA (1999), Nonparametric statistical methods, 4.3.
    """
    count = len(a) * len(b)
    z = stats.norm.ppf((1 + confidence) / 2)
    rank = int(np.floor(count / 2 - z * np.sqrt(count * (len(a) + len(b) + 1) / 12)))
    ends = (rank, count - rank + 1) if rank >= 1 else ()  # too few values for this confidence
    wanted = ((count + 1) // 2, count // 2 + 1, *ends)
    if count <= _ALL:
        differences = (a[:, None] - b).ravel()
        places = [place - 1 for place in wanted]
        found = np.partition(differences, places)[places].tolist()
    else:
        ordered = np.sort(a), np.sort(b)
        known = {place: _smallest(*ordered, place) for place in set(wanted)}
        found = [known[place] for place in wanted]
    low, high = found[2:] if ends else (np.nan, np.nan)
    return (found[0] + found[1]) / 2, low, high


def _smallest(a: FloatArray, b: FloatArray, place: int) -> float:
    """Return the difference of this rank, by halving the range of values; a and b are sorted.

    Monahan JF (1984), ACM Trans Math Softw 10:265-270 (selection without the matrix).
    """
    low, high = float(a[0] - b[-1]), float(a[-1] - b[0])
    if _count(a, b, low) >= place:
        return low
    for _ in range(_STEPS):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        if _count(a, b, middle) >= place:
            high = middle
        else:
            low = middle
    nearest = b[np.searchsorted(b, a - high).clip(max=len(b) - 1)]
    differences = a - nearest
    return float(differences[np.abs(differences - high).argmin()])


def _count(a: FloatArray, b: FloatArray, limit: float) -> int:
    """Return how many differences are not above a limit."""
    return int((len(b) - np.searchsorted(b, a - limit, side="left")).sum())


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
