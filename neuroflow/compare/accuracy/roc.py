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
    df: FloatArray  # degrees of freedom of `se`
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
        df = (one + other) ** 2 / (one**2 / (m - 1) + other**2 / (n - 1))
        se = np.where((m > 1) & (n > 1), np.sqrt(one + other), np.nan)
        return RocArea(m, n, np.where((m > 0) & (n > 0), auc, np.nan), se, df, upper, lower)


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
    t distribution with the degrees of freedom of two unequal variances. Where the groups do not
    overlap, DeLong's variance is 0; there the interval is Newcombe's.

    References
    ----------
    Qin G, Hotilovac L (2008), Stat Methods Med Res 17:207-221 (logit scale).
    Brunner E, Munzel U (2000), Biom J 42:17-25 (degrees of freedom).
    Newcombe RG (2006), Stat Med 25:559-573 (method 5).

    Examples
    --------
    >>> apart = roc_area(np.array([[3.0], [4.0], [5.0]]), np.array([[0.0], [1.0], [2.0]]))
    >>> found = area_inference(apart, 0.95)
    >>> found["ci_low"].round(3).tolist(), found["ci_high"].tolist()
    ([0.501], [1.0])
    """
    z = float(stats.norm.ppf((1 + confidence) / 2))
    usual = (area.se > 0) & (area.auc > 0) & (area.auc < 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = special.logit(np.where(usual, area.auc, np.nan))
        spread = area.se / (area.auc * (1 - area.auc))
        half = stats.t.ppf((1 + confidence) / 2, area.df) * spread
        low = np.asarray(special.expit(middle - half))
        high = np.asarray(special.expit(middle + half))
        p = np.asarray(2 * stats.t.sf(np.abs(middle / spread), area.df))
    for i in np.flatnonzero(np.isfinite(area.se) & ~usual):
        m, n, auc = float(area.n_positive[i]), float(area.n_negative[i]), float(area.auc[i])
        low[i], high[i] = _newcombe(auc, m, n, z)
        p[i] = 2 * stats.norm.sf(abs(auc - 0.5) / np.sqrt(_hanley_mcneil(0.5, m, n)))
    return {"ci_low": low, "ci_high": high, "p": p}


def compare_areas(first: RocArea, second: RocArea, confidence: float) -> dict[str, FloatArray]:
    """Return the differences of areas of the same studies, column by column, without gaps.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), Biometrics 44:837-845.
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
    half = stats.norm.ppf((1 + confidence) / 2) * se
    return {
        "auc_1": first.auc,
        "auc_2": second.auc,
        "difference": difference,
        "se": se,
        "ci_low": difference - half,
        "ci_high": difference + half,
        "z": z,
        "p": np.asarray(2 * stats.norm.sf(np.abs(z))),
    }


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
