"""Participants per arm of a trial, from what was measured or published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.longitudinal.power import TrialDesign, area_variance, slope_variance
from neuroflow.compare.longitudinal.resampled import Resampled
from neuroflow.errors import TableError
from neuroflow.matrix import REGION_COLUMNS, FloatArray, carried_facts, check_number

PLANS = {
    "slopes": ("estimate", "sd_intercept", "sd_slope", "sd_residual"),
    "change": ("mean_change", "sd_change"),
    "area": ("auc",),
    "difference": ("effect_size",),
}
"""What is planned, by the columns that it is planned from."""
_KEPT = (*REGION_COLUMNS, "contrast", "score")


def sample_size(
    source: pd.DataFrame | Mapping[str, Any],
    *,
    table: pd.DataFrame | None = None,
    slowing: float = 0.3,
    power: float = 0.8,
    alpha: float = 0.05,
    visits: Sequence[float] = (0, 0.5, 1),
    dropout: float = 0.0,
    allocation: float = 1.0,
    composite: bool = True,
    confidence: float = 0.95,
    n_boot: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Compute how many participants per arm a study needs, for every region.

    Parameters
    ----------
    source
        What the study is planned from: `change_over_time` with ``method="mixed"`` (a trial that
        slows the change per year), `compare_groups` (a difference between groups, by its effect
        size), `diagnostic_accuracy` (an area under the ROC curve, against 0.5), or published
        numbers as a table or dictionary: `mean_change` and `sd_change` of a group without
        treatment; `estimate`, `sd_intercept`, `sd_slope`, `sd_residual` (and `correlation`) per
        year; `effect_size`; or `auc`.
    table
        The cohort table of `change_over_time`: adds an interval of the number, by bootstrap over
        participants, and the composite.
    slowing
        The share of the change that the treatment prevents; 0.3 slows it by 30 %.
    power, alpha
        Power, and two-sided level of the test.
    visits
        Times of the planned visits in years (slopes only).
    dropout
        Share of participants who leave before the last visit, at a constant rate; for all but
        slopes, participants who leave are replaced.
    allocation
        Treated participants for each one in the other arm; for areas, positive studies for each
        negative one.
    composite
        With `table`: whether to add a row per contrast and metric for the combination of all
        regions that needs the fewest participants. Its weights are cross-validated: each
        participant's composite has the weights of the others.
    confidence
        Level of the interval of the number, between 0 and 1.
    n_boot
        Bootstrap samples; 0 for no interval.
    seed
        Seed of bootstrap and cross-validation.

    Returns
    -------
    DataFrame
        One row per row of `source`: `n_per_arm` (control arm, group or negative studies),
        `n_treated`, `n_total`, with `n_ci_low` and `n_ci_high` of `n_per_arm`; `difference` (what
        is to be detected) and `variance` (one participant's). ``.attrs`` holds the plan.

    Raises
    ------
    OptionError
        A number is outside its bounds.
    TableError
        The source has none of the columns named above.

    References
    ----------
    Edland SD (2010), arXiv:1009.3660; Liu G, Liang KY (1997), Biometrics 53:937-947.
    Guenther WC (1981), Am Stat 35:243-244 (t instead of normal).
    Hanley JA, McNeil BJ (1982), Radiology 143:29-36 (areas).

    Examples
    --------
    >>> plan = sample_size({"mean_change": 1.0, "sd_change": 2.0}, slowing=0.25, power=0.8)
    >>> plan[["n_per_arm", "n_total"]].to_dict("records")
    [{'n_per_arm': 1006, 'n_total': 2012}]
    """
    design = TrialDesign.check(power, alpha, visits, dropout, allocation)
    check_number("slowing", slowing, below=1.000001)
    check_number("confidence", confidence, below=1)
    given = source if isinstance(source, pd.DataFrame) else _published(source)
    kind = _kind_of(given)
    result = given[[name for name in _KEPT if name in given]].reset_index(drop=True)
    variance, difference = requirements(given, kind, design, slowing)
    if kind == "slopes" and table is not None:
        more = Resampled.of(table, given)
        if composite:
            combined = more.composites(seed)
            rows = requirements(combined, kind, design, slowing)
            result = pd.concat([result, combined[list(result)]], ignore_index=True)
            variance = np.concatenate([variance, rows[0]])
            difference = np.concatenate([difference, rows[1]])
    result["difference"], result["variance"] = difference, variance
    n = _needed(kind, design, variance, difference)
    low = high = np.full(len(result), np.nan)
    if kind == "slopes" and table is not None and n_boot:
        draws = more.bootstrap(n_boot, seed, composite)
        numbers = np.stack(
            [_needed(kind, design, *requirements(draw, kind, design, slowing)) for draw in draws]
        )
        numbers = np.where(np.isnan(numbers), np.inf, numbers)
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.quantile(numbers, tails, axis=0, method="closest_observation")
    columns = {"n_per_arm": n, "n_ci_low": low, "n_ci_high": high}
    columns |= {"n_treated": n * allocation}
    for name, values in columns.items():
        result[name] = _whole(values)
    result["n_total"] = result["n_per_arm"] + result["n_treated"]
    result["reason"] = np.where(np.isnan(n), "no number in the source, or no change", "")
    result.attrs.clear()  # the source's, which pandas hands on
    result.attrs |= carried_facts(given, result) | {
        "plan": kind,
        "slowing": float(slowing),
        "power": float(power),
        "alpha": float(alpha),
        "visits": list(design.visits),
        "dropout": float(dropout),
        "allocation": float(allocation),
        "n_boot": n_boot if table is not None else 0,
        "confidence": float(confidence),
        "neuroflow": __version__,
    }
    return result


def _published(numbers: Mapping[str, Any]) -> pd.DataFrame:
    several = any(np.ndim(value) for value in numbers.values())
    return pd.DataFrame(numbers if several else {name: [v] for name, v in numbers.items()})


def _kind_of(given: pd.DataFrame) -> str:
    for kind, needed in PLANS.items():
        if set(needed) <= set(given):
            return kind
    raise TableError(
        "A sample size cannot be computed from this table.",
        why=f"Its columns are {', '.join(map(str, given.columns))}.",
        advice='Pass what change_over_time(method="mixed"), compare_groups or diagnostic_accuracy '
        "returned, or published numbers: mean_change and sd_change, effect_size, or auc.",
    )


def requirements(
    given: pd.DataFrame, kind: str, design: TrialDesign, slowing: float
) -> tuple[FloatArray, FloatArray]:
    """Return the variance of one participant and the difference to detect, row by row."""
    numbers = {
        name: given[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in PLANS[kind]
    }
    ones = np.ones(len(given))
    if kind == "area":
        auc = numbers["auc"]
        return area_variance(auc, design.allocation)[1], auc - 0.5
    if kind == "difference":
        return ones, numbers["effect_size"]
    if kind == "change":
        return numbers["sd_change"] ** 2, slowing * numbers["mean_change"]
    a, b = (np.nan_to_num(numbers[name]) for name in ("sd_intercept", "sd_slope"))
    together = np.zeros(len(given))
    if "correlation" in given:
        together = np.nan_to_num(given["correlation"].to_numpy(dtype=np.float64))
    known = np.isfinite(numbers["sd_residual"]) & (numbers["sd_residual"] > 0)
    residual = np.where(known, numbers["sd_residual"], 1.0) ** 2
    random = np.column_stack([a**2, together * a * b, b**2])
    variance = slope_variance(random, residual, design)
    return np.where(known, variance, np.nan), slowing * numbers["estimate"]


def _needed(
    kind: str, design: TrialDesign, variance: FloatArray, difference: FloatArray
) -> FloatArray:
    """Return participants in the control arm, rounded up."""
    if kind == "area":
        none, _ = area_variance(difference + 0.5, design.allocation)
        z, further = stats.norm.ppf(1 - design.alpha / 2), stats.norm.ppf(design.power)
        with np.errstate(divide="ignore", invalid="ignore"):
            positive = (z * np.sqrt(none) + further * np.sqrt(variance)) ** 2 / difference**2
        n = positive / design.allocation
    else:
        n = design.needed(variance, difference)
    if kind != "slopes":
        n = n / (1 - design.dropout)
    n = np.where(np.isfinite(n), n, np.nan)
    return np.asarray(np.ceil(n - 1e-9), dtype=np.float64)


def _whole(values: FloatArray) -> pd.Series:
    known = np.isfinite(values) & (values < 1e15)
    return pd.Series(np.where(known, np.ceil(values - 1e-9), np.nan)).astype("Int64")
