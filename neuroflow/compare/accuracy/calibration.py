"""Whether predicted probabilities agree with observed frequencies.

Slope, intercept, Brier score and the curve.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

from neuroflow.compare.accuracy.labelled import Labelled, check_probabilities, read_labelled
from neuroflow.compare.accuracy.proportions import exact_interval
from neuroflow.compare.stats import ROUNDING
from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import BoolArray, FloatArray, Labels, check_number

_EDGE = 0.001
"""Probabilities closer to 0 or 1 are moved here: the logit of 0 and 1 is infinite."""
_STEPS = 50
_NO_MODEL = "too few studies, or all are of one side, or separated"
_NO_SPREAD = "too few studies, or all are as far from the truth"


def calibration(
    table: pd.DataFrame,
    score: str,
    *,
    truth: str = "group",
    positive: Labels | None = None,
    reference: Labels | None = "auto",
    visit: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute how well probabilities agree with what was true.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    score
        A column of probabilities, between 0 and 1, one per study.
    truth, positive, reference, visit
        As for `diagnostic_accuracy`.
    confidence
        Level of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per `measure` with `value`, `ci_low`, `ci_high`, `n` and `reason`: ``"observed /
        expected"`` (1 is best), ``"intercept"`` (0 is best; calibration in the large),
        ``"slope"`` (1 is best; below 1, probabilities are too extreme) and ``"Brier"`` (0 is
        best; the mean squared difference).

    Raises
    ------
    CompareError
        A side has no study, or participants have repeated visits and none is chosen.
    OptionError
        The column does not contain probabilities, or an argument is outside its choices.
    TableError
        The table lacks a column.

    References
    ----------
    Cox DR (1958), Biometrika 45:562-565 (intercept and slope).
    Van Calster B et al. (2019), BMC Med 17:230.
    Brier GW (1950), Mon Weather Rev 78:1-3.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3, "region": "SCP",
    ...     "metric": "FW", "value": 0.3, "p_psp": [0.1, 0.2, 0.6, 0.4, 0.7, 0.9]})
    >>> calibration(table, "p_psp").set_index("measure")["value"].round(3).to_dict()
    {'observed / expected': 1.034, 'intercept': 0.097, 'slope': 1.465, 'Brier': 0.145}
    """
    labelled = read_labelled(
        table, truth=truth, positive=positive, reference=reference, score=score, visit=visit
    )
    return calibrate(labelled, score, confidence)


def calibrate(labelled: Labelled, score: str, confidence: float) -> pd.DataFrame:
    """Return the measures of `calibration` for studies that were read."""
    check_number("confidence", confidence, below=1)
    p, y, excluded = _probabilities(labelled.values[:, 0], labelled.positive, score)
    rows = [
        ("observed / expected", *_ratio(p, y, confidence)),
        ("intercept", *_intercept(p, y, confidence)),
        ("slope", *_slope(p, y, confidence)),
        ("Brier", *_brier(p, y, confidence)),
    ]
    result = pd.DataFrame(rows, columns=["measure", "value", "ci_low", "ci_high"])
    result["n"] = pd.array([len(p)] * len(rows), dtype="Int64")
    result["reason"] = [
        "" if np.isfinite(low) else _NO_SPREAD if name == "Brier" else _NO_MODEL
        for name, _, low, _ in rows
    ]
    exclusions = [*labelled.facts["exclusions"], *excluded]
    result.attrs |= labelled.facts | {
        "accuracy": "calibration",
        "score": score,
        "exclusions": exclusions,
        "confidence": float(confidence),
    }
    return result


def calibration_curve(p: FloatArray, y: FloatArray, bins: int, confidence: float) -> pd.DataFrame:
    """Return the share of positive studies in bins of equal numbers, with exact intervals.

    Examples
    --------
    >>> curve = calibration_curve(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1.0]), 2, 0.95)
    >>> curve[["expected", "observed", "n"]].round(2).values.tolist()
    [[0.15, 0.0, 2.0], [0.85, 1.0, 2.0]]
    """
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, min(bins, len(p))) if len(part)]
    n = np.array([float(len(part)) for part in parts])
    hits = np.array([y[part].sum() for part in parts])
    low, high = exact_interval(hits, n, confidence)
    expected = [p[part].mean() for part in parts]
    columns = {"expected": expected, "observed": hits / n, "ci_low": low, "ci_high": high, "n": n}
    return pd.DataFrame(columns)


def _probabilities(
    values: FloatArray, positive: BoolArray, score: str
) -> tuple[FloatArray, FloatArray, list[dict[str, object]]]:
    """Return the known probabilities and the truth, and what was left out."""
    known = np.isfinite(values)
    p = check_probabilities(values, score)[known]
    y = positive[known].astype(np.float64)
    if extreme := int(((p < _EDGE) | (p > 1 - _EDGE)).sum()):
        warn_user(
            f"{extreme} probabilities in {score!r} are closer to 0 or 1 than {_EDGE:g}; intercept "
            f"and slope count them as {_EDGE:g} or {1 - _EDGE:g}.",
            ResultWarning,
        )
    lost = int((~known).sum())
    return p, y, [{"reason": f"no {score}", "n": lost, "study_ids": []}] if lost else []


def _ratio(p: FloatArray, y: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Return observed over expected positive studies, exact but for the expected number."""
    low, high = exact_interval(np.array([y.sum()]), np.array([float(len(y))]), confidence)
    mean = p.mean()
    return float(y.mean() / mean), float(low[0] / mean), float(high[0] / mean)


def _intercept(p: FloatArray, y: FloatArray, confidence: float) -> tuple[float, float, float]:
    value, se = _logistic(np.ones((len(p), 1)), y, _logits(p))
    return _around(value[0], se[0], confidence)


def _slope(p: FloatArray, y: FloatArray, confidence: float) -> tuple[float, float, float]:
    logits = _logits(p)
    if np.ptp(logits) == 0:
        return np.nan, np.nan, np.nan
    value, se = _logistic(np.column_stack([np.ones(len(p)), logits]), y, np.zeros(len(p)))
    return _around(value[1], se[1], confidence)


def _brier(p: FloatArray, y: FloatArray, confidence: float) -> tuple[float, float, float]:
    squares = (p - y) ** 2
    if len(p) < 2:
        return float(squares.mean()), np.nan, np.nan
    mean, sd = float(squares.mean()), float(squares.std(ddof=1))
    if sd <= ROUNDING * mean:
        return mean, np.nan, np.nan
    half = stats.t.ppf((1 + confidence) / 2, len(p) - 1) * sd / np.sqrt(len(p))
    return mean, max(0.0, mean - float(half)), mean + float(half)


def _logits(p: FloatArray) -> FloatArray:
    return np.asarray(special.logit(np.clip(p, _EDGE, 1 - _EDGE)))


def _around(value: float, se: float, confidence: float) -> tuple[float, float, float]:
    half = stats.norm.ppf((1 + confidence) / 2) * se
    return float(value), float(value - half), float(value + half)


def _logistic(x: FloatArray, y: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and errors of a logistic model by Newton's steps; NaN if separated."""
    beta = np.zeros(x.shape[1])
    nothing = np.full(x.shape[1], np.nan)
    for _ in range(_STEPS):
        fitted = special.expit(x @ beta + offset)
        weights = fitted * (1 - fitted)
        information = x.T @ (weights[:, None] * x)
        if np.linalg.cond(information) > 1e12:
            return nothing, nothing
        step = np.linalg.solve(information, x.T @ (y - fitted))
        beta = beta + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            return beta, np.sqrt(np.diag(np.linalg.inv(information)))
    return nothing, nothing
