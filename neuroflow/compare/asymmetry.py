"""Left against right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, OptionError, TableError
from neuroflow.matrix import (
    REGION_KEY,
    ExcludeSuspect,
    as_list,
    examine_table,
    labels,
    numbers,
    require,
)

_SUFFIX = " asymmetry"


def asymmetry(
    table: pd.DataFrame,
    *,
    metric: str | Sequence[str] | None = None,
    absolute: bool = False,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compute the asymmetry of every region that has a left and a right value.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    metric
        One metric, several, or None for all.
    absolute
        True for the absolute difference, whichever side is larger.

    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        A cohort table: one row per study, region and metric with both values, `value` in percent
        of their mean, ``100 * (left - right) / ((left + right) / 2)``; above zero, left is larger.
        `hemisphere` is ``"bilateral"``, and `metric` is ``"FW asymmetry"``, so that the result
        goes into `compare_groups`, `z_scores`, `correlate` and the plots like any other.

    Raises
    ------
    CompareError
        No region has both sides.
    OptionError
        There is no such metric.
    TableError
        The table lacks a column, or has two values for one side.

    References
    ----------
    Kong XZ et al. (2018), PNAS 115:E5154-E5163 (the index of asymmetry).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": "a", "region": "midbrain", "hemisphere": ["left", "right"],
    ...     "metric": "FW", "value": [0.22, 0.18]})
    >>> asymmetry(table)[["region", "metric", "value"]].round(6).values.tolist()
    [['midbrain', 'FW asymmetry', 20.0]]
    """
    require(table, ("study_id", *REGION_KEY, "value"))
    wanted = None if metric is None else as_list("metric", metric)
    metrics = labels(table["metric"])
    if wanted is not None and (unknown := [name for name in wanted if name not in set(metrics)]):
        raise OptionError(
            f"The table has no metric {', '.join(unknown)}.",
            advice=f"Its metrics are {', '.join(map(str, metrics.dropna().unique()))}.",
        )
    rows = table.assign(metric=metrics, region=labels(table["region"]))
    rows = rows if wanted is None else rows[rows["metric"].isin(list(wanted))]
    rows = rows.assign(hemisphere=labels(rows["hemisphere"]))
    rows = rows[rows["hemisphere"].isin(["left", "right"])]
    key = ["study_id", "region", "metric"]
    if (double := rows.duplicated([*key, "hemisphere"])).any():
        twice = rows[double].iloc[0]
        raise TableError(
            f"There are two values of {twice['region']} on one side.",
            advice="Keep one row per study, region, hemisphere and metric.",
            study_id=str(twice["study_id"]),
        )
    rows = examine_table(rows, exclude_suspect)
    left, right = (rows[rows["hemisphere"] == side] for side in ("left", "right"))
    both = left.merge(right[[*key, "value"]], on=key, suffixes=("", "_right"))
    if both.empty:
        raise CompareError(
            "No region has a left and a right value.",
            why="Most regions of the reports have one value for both sides.",
            advice="Use a table with regions whose hemisphere is left and right.",
        )
    one, two = (numbers(both[name]) for name in ("value", "value_right"))
    with np.errstate(divide="ignore", invalid="ignore"):
        index = 200 * (one - two) / (one + two)
    index[~np.isfinite(index)] = np.nan
    both = both.drop(columns="value_right")
    both["value"] = np.abs(index) if absolute else index
    both["hemisphere"] = "bilateral"
    both["metric"] = both["metric"] + _SUFFIX
    return both.reset_index(drop=True)
