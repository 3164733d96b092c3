"""Random-effects summaries of several estimates of one quantity, many columns at once."""

from __future__ import annotations

import numpy as np
from scipy import stats

from neuroflow.matrix import BoolArray, FloatArray

_STEPS = 200
_CLOSE = 1e-12
_SAME = 1e-16
"""Cohorts whose squared distances, over their squared errors, are below this have one effect."""


def pool(estimates: FloatArray, errors: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Summarise the estimates of several cohorts, cohorts x columns; NaN is missing.

    Hartung J, Knapp G (2001), Stat Med 20:1771-1782 (interval and test); Higgins JPT, Thompson SG
    (2002), Stat Med 21:1539-1558 (I squared).
    """
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    y = np.where(known, estimates, 0.0)
    variance = np.where(known, errors, 1.0) ** 2
    k = known.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Viechtbauer W (2005), J Educ Behav Stat 30:261-293 (REML).
        tau2 = _reml(y, variance, known, k)
        weight = np.where(known, 1 / (variance + tau2), 0.0)
        total = weight.sum(axis=0)
        mean = (weight * y).sum(axis=0) / total
        spread = (weight * (y - mean) ** 2).sum(axis=0) / (k - 1)
        # Where all cohorts have the same estimate there is no error: it is made of their spread.
        se = np.sqrt(np.where(spread > _SAME, spread, np.nan) / total)
        quantile = stats.t.ppf((1 + confidence) / 2, np.where(k > 1, k - 1, np.nan))
        fixed = np.where(known, 1 / variance, 0.0)
        middle = (fixed * y).sum(axis=0) / fixed.sum(axis=0)
        q = (fixed * (y - middle) ** 2).sum(axis=0)
        typical = (k - 1) * fixed.sum(axis=0)
        typical /= fixed.sum(axis=0) ** 2 - (fixed**2).sum(axis=0)
    found = {
        "k": k,
        "estimate": mean,
        "se": se,
        "ci_low": mean - quantile * se,
        "ci_high": mean + quantile * se,
        "statistic": mean / se,
        "df": k - 1,
        "p": np.asarray(2 * stats.t.sf(np.abs(mean / se), k - 1)),
        "tau2": tau2,
        "i2": 100 * tau2 / (tau2 + typical),
        "heterogeneity_q": q,
        "heterogeneity_p": np.asarray(stats.chi2.sf(q, k - 1)),
    }
    return {name: np.where((k > 1) | (name == "k"), v, np.nan) for name, v in found.items()}


def _reml(y: FloatArray, variance: FloatArray, known: BoolArray, k: FloatArray) -> FloatArray:
    """Return the variance between cohorts, by Fisher scoring of the restricted likelihood."""
    middle = y.sum(axis=0) / k
    spread = np.where(known, (y - middle) ** 2, 0.0).sum(axis=0) / (k - 1)
    tau2 = np.maximum(spread - np.where(known, variance, 0).sum(axis=0) / k, 0.0)
    for _ in range(_STEPS):
        weight = np.where(known, 1 / (variance + tau2), 0.0)
        one, two, three = (np.sum(weight**power, axis=0) for power in (1, 2, 3))
        mean = (weight * y).sum(axis=0) / one
        squares = (weight**2 * (y - mean) ** 2).sum(axis=0)
        step = (squares - (one - two / one)) / (two - 2 * three / one + (two / one) ** 2)
        new = np.maximum(tau2 + step, 0.0)
        change = np.nanmax(np.abs(new - tau2) / (new + np.nanmean(variance)), initial=0.0)
        tau2 = new
        if change < _CLOSE:
            break
    return np.asarray(tau2, dtype=np.float64)
