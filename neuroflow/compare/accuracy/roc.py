"""Areas under the ROC curve, all columns at once, with DeLong's variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from neuroflow.matrix import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class RocArea:
    """The area under each column's ROC curve: the chance that a positive study is above."""

    n_positive: FloatArray
    n_negative: FloatArray
    auc: FloatArray
    se: FloatArray  # DeLong's; 0 where the groups do not overlap
    placement_positive: FloatArray  # share of negative studies below each positive one
    placement_negative: FloatArray  # share of positive studies above each negative one


def roc_area(positive: FloatArray, negative: FloatArray) -> RocArea:
    """Compute areas and their standard errors from two groups of rows; NaN is missing.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), Biometrics 44:837-845.
    Sun X, Xu W (2014), IEEE Signal Process Lett 21:1389-1393 (by ranks).

    Examples
    --------
    >>> area = roc_area(np.array([[3.0], [2.0]]), np.array([[1.0], [2.0]]))
    >>> area.auc.tolist(), area.placement_positive[:, 0].tolist()
    ([0.875], [1.0, 0.75])
    """
    m, n = (np.isfinite(part).sum(axis=0).astype(np.float64) for part in (positive, negative))
    both = _ranks(np.concatenate([positive, negative]))
    above, below = both[: len(positive)], both[len(positive) :]
    with np.errstate(invalid="ignore", divide="ignore"):
        upper = (above - _ranks(positive)) / n
        lower = 1 - (below - _ranks(negative)) / m
        auc = np.nansum(upper, axis=0) / m
        one, other = _variance(upper, auc) / m, _variance(lower, auc) / n
        se = np.where((m > 1) & (n > 1), np.sqrt(one + other), np.nan)
        return RocArea(m, n, np.where((m > 0) & (n > 0), auc, np.nan), se, upper, lower)


def roc_points(values: FloatArray, positive: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return 1 - specificity and sensitivity of one score at every cut-off, the strictest first.

    Examples
    --------
    >>> x, y = roc_points(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]))
    >>> x.tolist(), y.tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    known = np.isfinite(values)
    sick, well = np.sort(values[known & positive]), np.sort(values[known & ~positive])
    cuts = np.unique(values[known])[::-1]
    y = 1 - np.searchsorted(sick, cuts) / len(sick) if len(sick) else np.full(len(cuts), np.nan)
    x = 1 - np.searchsorted(well, cuts) / len(well) if len(well) else np.full(len(cuts), np.nan)
    return np.concatenate([[0.0], x]), np.concatenate([[0.0], y])


def _ranks(values: FloatArray) -> FloatArray:
    """Return the midranks of each column, NaN where a value is missing."""
    missing = np.isnan(values)
    ranks = stats.rankdata(np.where(missing, np.inf, values), axis=0)
    return np.where(missing, np.nan, ranks)


def _variance(placement: FloatArray, mean: FloatArray) -> FloatArray:
    known = np.isfinite(placement).sum(axis=0)
    squares = np.nansum((placement - mean) ** 2, axis=0)
    return np.asarray(squares / np.where(known > 1, known - 1, np.nan))


def area_inference(area: RocArea, confidence: float) -> dict[str, FloatArray]:
    """Return interval and p value of each area; NaN with fewer than two studies on a side.

    The interval is symmetric on the logit scale, so that it stays between 0 and 1, and uses the
    t distribution with the degrees of freedom of the smaller group: where areas are near 1, those
    of two unequal variances are too many. Where the groups do not overlap, DeLong's variance is 0;
    there the interval is Newcombe's.

    References
    ----------
    Qin G, Hotilovac L (2008), Stat Methods Med Res 17:207-221 (logit scale).
    Newcombe RG (2006), Stat Med 25:559-573 (method 5).

    Examples
    --------
    >>> apart = roc_area(np.array([[3.0], [4.0], [5.0]]), np.array([[0.0], [1.0], [2.0]]))
    >>> found = area_inference(apart, 0.95)
    >>> found["ci_low"].round(3).tolist(), found["ci_high"].tolist()
    ([0.501], [1.0])
    """
    z = float(stats.norm.ppf((1 + confidence) / 2))
    fewest = np.minimum(area.n_positive, area.n_negative) - 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(fewest > 0, fewest, np.nan)
        low, high = _logit_interval(area, stats.t.ppf((1 + confidence) / 2, df), z)
        spread = area.se / (area.auc * (1 - area.auc))
        p = np.asarray(2 * stats.t.sf(np.abs(special.logit(area.auc) / spread), df))
    for i in np.flatnonzero(np.isfinite(area.se) & ~_usual(area)):
        m, n, auc = float(area.n_positive[i]), float(area.n_negative[i]), float(area.auc[i])
        p[i] = 2 * stats.norm.sf(abs(auc - 0.5) / np.sqrt(_hanley_mcneil(0.5, m, n)))
    return {"ci_low": low, "ci_high": high, "p": p}


def _usual(area: RocArea) -> BoolArray:
    """Return where the groups overlap, so that DeLong's variance is informative."""
    return np.asarray((area.se > 0) & (area.auc > 0) & (area.auc < 1))


def _logit_interval(
    area: RocArea, quantile: FloatArray | float, z: float
) -> tuple[FloatArray, FloatArray]:
    """Return intervals on the logit scale, and Newcombe's where the groups do not overlap."""
    usual = _usual(area)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = special.logit(np.where(usual, area.auc, np.nan))
        half = quantile * area.se / (area.auc * (1 - area.auc))
        low, high = np.asarray(special.expit([middle - half, middle + half]))
    for i in np.flatnonzero(np.isfinite(area.se) & ~usual):
        m, n, auc = float(area.n_positive[i]), float(area.n_negative[i]), float(area.auc[i])
        low[i], high[i] = _newcombe(auc, m, n, z)
    return low, high


def compare_areas(first: RocArea, second: RocArea, confidence: float) -> dict[str, FloatArray]:
    """Return the differences of areas of the same studies, column by column, without gaps.

    The test is DeLong's; the interval is made of those of the two areas on the logit scale and
    DeLong's correlation, as areas near 1 have skewed errors.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), Biometrics 44:837-845.
    Zou GY, Donner A (2008), Stat Med 27:1693-1702 (recovered variances).
    """
    m, n = first.n_positive, first.n_negative
    one, other = (
        _variance(a - b, np.mean(a - b, axis=0)) / k
        for a, b, k in (
            (first.placement_positive, second.placement_positive, m),
            (first.placement_negative, second.placement_negative, n),
        )
    )
    difference = first.auc - second.auc
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.where(one + other > 0, one + other, np.nan))
        z = difference / se
        both = (first.se**2 + second.se**2 - se**2) / 2
        related = np.clip(np.nan_to_num(both / (first.se * second.se)), -1, 1)
    q = float(stats.norm.ppf((1 + confidence) / 2))
    (low1, high1), (low2, high2) = (_logit_interval(area, q, q) for area in (first, second))
    below = _recovered(first.auc - low1, high2 - second.auc, related)
    above = _recovered(high1 - first.auc, second.auc - low2, related)
    known = np.where(np.isfinite(se), 1.0, np.nan)
    return {
        "auc_1": first.auc,
        "auc_2": second.auc,
        "difference": difference,
        "se": se,
        "ci_low": (difference - below) * known,
        "ci_high": (difference + above) * known,
        "z": z,
        "p": np.asarray(2 * stats.norm.sf(np.abs(z))),
    }


def _recovered(one: FloatArray, other: FloatArray, related: FloatArray) -> FloatArray:
    """Return the half width of a difference from those of its parts."""
    return np.asarray(np.sqrt(np.maximum(one**2 - 2 * related * one * other + other**2, 0)))


def _newcombe(auc: float, m: float, n: float, z: float) -> tuple[float, float]:
    def distance(theta: float) -> float:
        return (auc - theta) ** 2 - z * z * _hanley_mcneil(theta, m, n)

    low = 0.0 if auc == 0 else optimize.brentq(distance, 1e-12, min(auc, 1 - 1e-9))
    high = 1.0 if auc == 1 else optimize.brentq(distance, max(auc, 1e-9), 1 - 1e-12)
    return float(low), float(high)


def _hanley_mcneil(theta: float, m: float, n: float) -> float:
    """Return the variance of an area, with the average size of the groups."""
    size = (m + n) / 2 - 1
    inner = 1 + size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    return theta * (1 - theta) * inner / (m * n)
