"""Intervals that are expected to hold the truth less often than their level states."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuroflow.compare.stats import ResultTable
from neuroflow.errors import ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.matrix import percent_text

_WORSE = 1.4
"""Times as often beyond the interval as its level states: 7 % instead of 5 %."""
_WELCH = Wording(
    'Without covariates, method="welch" is better.',
    cli="Without covariates, --method welch is better.",
    form="Without covariates, Welch's t-test is better.",
)
_HC3 = Wording(
    'Use robust="HC3"; without covariates, method="welch" is better.',
    cli="Use --robust HC3; without covariates, --method welch is better.",
    form="Choose errors robust to unequal variance (HC3); without covariates, Welch's t-test is "
    "better.",
)
_MANY = 0.1  # share of the comparisons above which a warning is raised
_SHOWN = 3


def warn_low_coverage(
    results: ResultTable, columns: pd.DataFrame, how: tuple[str, str], confidence: float
) -> list[str]:
    """Return a note for methods texts where intervals are too narrow; warn where many are."""
    known = np.isfinite(results.numbers["ci_low"])
    low = known & (1 - np.nan_to_num(results.coverage, nan=1.0) > _WORSE * (1 - confidence))
    if not low.any():
        return []
    least = percent_text(round(float(results.coverage[low].min()), 2))
    names = list(dict.fromkeys(columns["region"].to_numpy()[low.any(axis=0)]))
    shown = ", ".join(map(str, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
    stated = percent_text(confidence)
    n = f"{int(low.sum())} of {int(known.sum())} comparisons"
    method, robust = how
    why = "a group is small" if robust == "HC3" else "the groups' spread differs so much"
    note = f"{stated} intervals may hold the truth in only {least}: {why} in {n} ({shown})"
    if low.sum() > _MANY * known.sum():
        only_welch = robust == "HC3" or method == "mannwhitney"
        warn_user(Wording.sentences(f"{note}.", _WELCH if only_welch else _HC3), ResultWarning)
    return [note]
