"""Sentences on intervals: those that are too narrow, and those that there are not."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.coverage_warning import warn_low_coverage
from neuroflow.compare.stats import ResultTable
from neuroflow.matrix import BoolArray, percent_text

_SHOWN = 3


def interval_notes(
    effects: pd.DataFrame,
    results: ResultTable,
    columns: pd.DataFrame,
    how: tuple[str, str],
    confidence: float,
) -> dict[Hashable, Any]:
    """Return notes for methods texts, method and kind of errors given; warn where many are low."""
    notes = warn_low_coverage(results, columns, how, confidence)
    notes += missing_intervals(effects, results, how, confidence)
    return {"interval_notes": notes} if notes else {}


def missing_intervals(
    effects: pd.DataFrame, results: ResultTable, how: tuple[str, str], confidence: float
) -> list[str]:
    """Explain why numbers that are there have no interval; `reason` explains those that are not."""
    method, robust = how
    known = {
        name: np.isfinite(results.numbers[name]).ravel()
        for name in ("estimate", "ci_low", "effect_size", "effect_size_ci_low", "np2", "np2_ci_low")
    }
    effect, errors = known["effect_size"], "ordinary errors"
    if robust == "none":
        errors = "the linear model"
    found = (
        (
            known["estimate"] & ~known["ci_low"],
            "interval of the difference",
            f"too few values for a confidence of {percent_text(confidence)}",
        ),
        (
            known["ci_low"] & ~effect,
            "effect size",
            "it needs two degrees of freedom",
        ),
        (
            effect & ~known["effect_size_ci_low"],
            "interval of the effect size",
            "the groups do not overlap" if method == "mannwhitney" else "too few values",
        ),
        (
            known["np2"] & ~known["np2_ci_low"],
            "interval of (partial) η²",
            f"it is known for {errors} only",
        ),
    )
    return [_note(effects, where, what, why) for where, what, why in found if where.any()]


def correlation_notes(result: pd.DataFrame, regions: str) -> dict[str, Any]:
    """Explain why correlations have no interval; `regions` is the column that names them."""
    lacks: BoolArray = (result["r"].notna() & result["ci_low"].isna()).to_numpy(dtype=bool)
    if not lacks.any():
        return {}
    why = "it needs a study more than the test"
    return {"interval_notes": [_note(result, lacks, "interval of the correlation", why, regions)]}


def _note(
    effects: pd.DataFrame, where: BoolArray, what: str, why: str, named: str = "region"
) -> str:
    regions = list(dict.fromkeys(effects[named].to_numpy()[where].tolist()))
    shown = ", ".join(map(str, regions[:_SHOWN])) + (", ..." if len(regions) > _SHOWN else "")
    return f"No {what} in {int(where.sum())} of {len(effects)} rows ({shown}): {why}"
