"""Shares of counts with their intervals: sensitivity, predictive values, likelihood ratios."""

from __future__ import annotations

import numpy as np
from scipy import stats

from neuroflow.matrix import FloatArray


def exact_interval(
    hits: FloatArray, n: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the exact interval of a share, NaN where nothing was counted.

    Clopper CJ, Pearson ES (1934), Biometrika 26:404-413.
    """
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits == 0, 0.0, stats.beta.ppf(tail, hits, n - hits + 1))
        high = np.where(hits == n, 1.0, stats.beta.isf(tail, hits + 1, n - hits))
    nothing = ~(n > 0)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)


def rates(
    tp: FloatArray, fn: FloatArray, fp: FloatArray, tn: FloatArray, confidence: float
) -> dict[str, FloatArray]:
    """Return every measure of a two by two table with its interval."""
    found: dict[str, FloatArray] = {}
    for name, hits, n in (
        ("sensitivity", tp, tp + fn),
        ("specificity", tn, tn + fp),
        ("ppv", tp, tp + fp),
        ("npv", tn, tn + fn),
    ):
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = np.where(n > 0, hits / n, np.nan)
        found[f"{name}_ci_low"], found[f"{name}_ci_high"] = exact_interval(hits, n, confidence)
    # Simel DL, Samsa GP, Matchar DB (1991), J Clin Epidemiol 44:763-770 (likelihood ratios; one
    # half is added to all counts where one that they need is 0).
    found |= _ratio("lr_positive", (tp, tp + fn), (fp, tn + fp), confidence)
    return found | _ratio("lr_negative", (fn, tp + fn), (tn, tn + fp), confidence)


def _ratio(
    name: str,
    above: tuple[FloatArray, FloatArray],
    below: tuple[FloatArray, FloatArray],
    confidence: float,
) -> dict[str, FloatArray]:
    """Return the ratio of two shares, with an interval that is symmetric on the log scale."""
    (hits, n), (others, m) = above, below
    more = np.where((hits == 0) | (others == 0), 0.5, 0.0)
    there = (n > 0) & (m > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (hits / n) / (others / m)
        a, b, c, d = hits + more, n + 2 * more, others + more, m + 2 * more
        middle = np.log((a / b) / (c / d))
        se = np.sqrt(1 / a - 1 / b + 1 / c - 1 / d)
    half = stats.norm.ppf((1 + confidence) / 2) * se
    columns = {name: ratio, f"{name}_ci_low": np.exp(middle - half)}
    columns[f"{name}_ci_high"] = np.exp(middle + half)
    return {column: np.where(there, values, np.nan) for column, values in columns.items()}
