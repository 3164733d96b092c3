"""Two scores of the same studies: which one separates the groups better."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.accuracy.labelled import Direction, Labelled, numbers_of, read_labelled
from neuroflow.compare.accuracy.roc import compare_areas, roc_area
from neuroflow.compare.stats import Correction, correct
from neuroflow.errors import OptionError
from neuroflow.matrix import ExcludeSuspect, FloatArray, Labels, as_list, check_number

_LEAST = 2


def compare_auc(
    table: pd.DataFrame,
    scores: Sequence[str],
    *,
    truth: str = "group",
    positive: Labels | None = None,
    reference: Labels | None = "auto",
    metric: str = "FW",
    direction: Direction = "higher",
    visit: str | None = None,
    correction: Correction = "holm",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Test whether the areas under two ROC curves of the same studies differ.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    scores
        Two or more: columns of numbers, or identifiers of regions; all pairs are compared, each in
        the studies that have both.
    truth, positive, reference, direction, visit
        As for `diagnostic_accuracy`.
    metric
        The metric of the regions.
    correction
        Correction over all pairs.
    confidence
        Level of the interval, between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per pair: `score_1`, `score_2`, `n_positive`, `n_negative`, `auc_1`, `auc_2`,
        `difference` (first less second) with `se`, `ci_low`, `ci_high`, `z`, `p`, `q` and
        `reason`.

    Raises
    ------
    CompareError
        A side has no study, or participants have repeated visits and none is chosen.
    OptionError
        An argument is outside its choices, or a score is neither a column nor a region.
    TableError
        The table lacks a column.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), Biometrics 44:837-845.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.45, 0.40, 0.55, 0.60],
    ...     "updrs": [1, 5, 3, 4, 2, 6]})
    >>> compare_auc(table, ["SCP", "updrs"])[["auc_1", "auc_2", "p"]].round(3).values.tolist()
    [[0.889, 0.667, 0.48]]
    """
    check_number("confidence", confidence, below=1)
    names = list(dict.fromkeys(as_list("scores", scores)))
    if len(names) < 2:
        raise OptionError("One score cannot be compared.", advice="Name two scores or more.")
    plain = [name for name in names if name in table]
    labelled = read_labelled(
        table,
        truth=truth,
        positive=positive,
        reference=reference,
        metric=metric,
        direction=direction,
        visit=visit,
        exclude_suspect=exclude_suspect,
        needed=plain,
    )
    sign = 1.0 if direction == "higher" else -1.0
    values = {
        name: sign * numbers_of(labelled.studies, name)
        if name in plain
        else _region(labelled, name)
        for name in names
    }
    rows = [
        _pair(one, other, values, labelled, confidence) for one, other in combinations(names, 2)
    ]
    result = pd.DataFrame(rows)
    result[["n_positive", "n_negative"]] = result[["n_positive", "n_negative"]].astype("Int64")
    result.insert(
        len(result.columns) - 1, "q", correct(result["p"].to_numpy(dtype=np.float64), correction)
    )
    result.attrs |= labelled.facts | {
        "accuracy": "pairs",
        "metric": metric,
        "correction": correction,
        "family": ["all"],
        "confidence": float(confidence),
    }
    return result


def _region(labelled: Labelled, name: str) -> FloatArray:
    columns = labelled.columns
    matches = np.flatnonzero(
        ((columns["region"] == name) | (columns["region_name"] == name)).to_numpy(dtype=bool)
    )
    if len(matches) != 1:
        several = f"{len(matches)} regions are called {name}" if len(matches) else None
        raise OptionError(
            f"{several or f'{name!r} is neither a column of the table nor a region'}.",
            advice="Keep one hemisphere in the table."
            if several
            else "Write the region as in the table's column region.",
        )
    chosen: FloatArray = labelled.values[:, matches[0]]
    return chosen


def _pair(
    one: str,
    other: str,
    values: dict[str, FloatArray],
    labelled: Labelled,
    confidence: float,
) -> dict[str, Any]:
    """Return the test of two scores."""
    both = np.column_stack([values[one], values[other]])
    known = np.isfinite(both).all(axis=1)
    sick, well = both[known & labelled.positive], both[known & ~labelled.positive]
    row: dict[str, Any] = {"score_1": one, "score_2": other}
    row |= {"n_positive": len(sick), "n_negative": len(well)}
    row |= {
        name: numbers[0]
        for name, numbers in compare_areas(
            roc_area(sick[:, :1], well[:, :1]), roc_area(sick[:, 1:], well[:, 1:]), confidence
        ).items()
    }
    reason = ""
    if min(len(sick), len(well)) < _LEAST:
        reason = f"fewer than {_LEAST} positive or negative studies"
    elif np.isnan(row["se"]):
        reason = "the scores do not differ in any study's rank"
    return row | {"reason": reason}
