"""The two shapes of the cohort table: long (a row per value), and wide (studies x regions)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import OptionError, TableError
from neuroflow.io import BIDS_LABELS
from neuroflow.matrix import REGION_COLUMNS, REGION_KEY, SET_ASIDE, RegionName, require
from neuroflow.models import STUDY_KEYS
from neuroflow.results.table.join import COVARIATES, JOIN_FLAGS, Joined

_T = TypeVar("_T", bound=np.generic)
COLUMNS = (*STUDY_KEYS, *COVARIATES, *REGION_COLUMNS, "value")
"""The first columns of every cohort table; covariates of participants.tsv follow."""


def to_wide(
    table: pd.DataFrame, metric: str | None = "FW", *, covariates: bool = False
) -> pd.DataFrame:
    """Turn the cohort table into studies x regions.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    metric
        The metric; None for all, with columns named ``<region>_<metric>``.
    covariates
        True puts the columns of study and participant before those of regions.

    Returns
    -------
    DataFrame
        One row per study, indexed by ``study_id``; one column per region, named after it, with
        the hemisphere where the region has several.

    Raises
    ------
    TableError
        The table lacks columns, or a study has a region twice.
    OptionError
        The table does not have the metric.

    Examples
    --------
    >>> long = pd.DataFrame({"study_id": ["a", "a"], "region": ["pSN", "MCP"],
    ...     "hemisphere": "bilateral", "metric": "FW", "value": [0.2, 0.1]})
    >>> to_wide(long)
    region    pSN  MCP
    study_id
    a         0.2  0.1
    """
    require(table, ("study_id", *REGION_KEY, "value"))
    if metric is not None:
        if not (table["metric"] == metric).any():
            there = ", ".join(map(str, table["metric"].dropna().unique()))
            raise OptionError(f"The table has no metric {metric!r}.", advice=f"It has {there}.")
        table = table[table["metric"] == metric]
    rows, study_ids = pd.factorize(table["study_id"])
    columns, labels = _labels(table, with_metric=metric is None)
    if len(np.unique(rows * len(labels) + columns)) != len(table):
        raise TableError("A study has a region twice.", advice="Drop the duplicates first.")
    matrix = np.full((len(study_ids), len(labels)), np.nan)
    matrix[rows, columns] = table["value"].to_numpy(dtype=float)
    index = pd.Index(study_ids.astype(str), name="study_id")
    wide = pd.DataFrame(matrix, index=index, columns=pd.Index(labels, name="region"))
    if not covariates:
        return wide
    of_region = (*REGION_COLUMNS, "value", "study_id", SET_ASIDE)
    facts = table.drop(columns=[name for name in of_region if name in table])
    facts = facts.set_axis(pd.Index(table["study_id"].astype(str), name="study_id"))
    joined = facts[~facts.index.duplicated()].join(wide)
    joined.attrs |= {BIDS_LABELS: True} if table.attrs.get(BIDS_LABELS) else {}
    return joined


def _labels(table: pd.DataFrame, *, with_metric: bool) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return the column of the wide table for each row, and the names of these columns."""
    names = list(REGION_KEY if with_metric else REGION_KEY[:2])
    parts = [pd.factorize(table[name]) for name in names]
    code = np.zeros(len(table), dtype=np.int64)
    for codes, values in parts:
        code = code * (len(values) + 1) + codes
    _, first = np.unique(code, return_index=True)
    first.sort()
    keys = table[names].iloc[first].astype(str)
    columns = pd.factorize(code)[0]
    sides = keys.groupby("region")["hemisphere"].transform("nunique")
    labels = keys["region"].where(sides == 1, keys["region"] + "_" + keys["hemisphere"])
    if with_metric:
        labels = labels + "_" + keys["metric"]
    return columns, labels.tolist()


def long_table(
    matrix: npt.NDArray[np.float64],
    names: Sequence[RegionName],
    joined: Joined,
    studies: Sequence[int],
) -> pd.DataFrame:
    """Make the cohort table: repeat what is known of studies and regions along the values."""
    frame = joined.frame.iloc[list(studies)]
    # Columns without any text share one array: without categories, no other code can be set in it.
    nothing = np.full(len(frame) * len(names), -1, dtype=np.int8)

    def by_study(name: str) -> object:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            return _spread(column.to_numpy(), len(names))
        return _repeated(column, joined.order.get(name, []), len(names), nothing)

    columns = {name: by_study(name) for name in (*STUDY_KEYS, *COVARIATES)}
    for name in REGION_COLUMNS:
        texts = pd.Series([getattr(one, name) for one in names], dtype="str")
        codes, categories = pd.factorize(texts)
        columns[name] = _coded(np.tile(_small(codes, len(categories)), len(frame)), categories)
    columns["value"] = matrix.ravel()
    for name in map(str, frame.columns):
        if name not in columns and name not in JOIN_FLAGS:
            columns[name] = by_study(name)
    return pd.DataFrame(columns, copy=False)


def _spread(values: npt.NDArray[_T], times: int) -> npt.NDArray[_T]:
    """Repeat each value, much faster than `numpy.repeat`."""
    return np.broadcast_to(values[:, None], (len(values), times)).ravel()


def _repeated(
    column: pd.Series, order: Sequence[str], times: int, nothing: npt.NDArray[np.int8]
) -> pd.Categorical:
    there = column.notna()
    if not there.any():
        return _coded(nothing, pd.Index([], dtype="str"))
    pairs = zip(column.tolist(), there.tolist(), strict=True)
    texts = [str(value) if is_there else None for value, is_there in pairs]
    present = dict.fromkeys(text for text in texts if text is not None)
    ordered = [name for name in order if name in present]
    place = {name: code for code, name in enumerate(dict.fromkeys([*ordered, *present]))}
    codes = np.array([-1 if text is None else place[text] for text in texts])
    return _coded(_spread(_small(codes, len(place)), times), pd.Index(list(place), dtype="str"))


def _small(codes: npt.NDArray[np.integer[Any]], n: int) -> npt.NDArray[np.integer[Any]]:
    """Return codes of n categories in as few bytes as a categorical takes them."""
    return codes.astype(np.min_scalar_type(-n - 1))


def _coded(codes: npt.NDArray[np.integer[Any]], categories: pd.Index) -> pd.Categorical:
    """Make a categorical of valid codes, which pandas need not check again."""
    return pd.Categorical.from_codes(codes, categories, validate=False)
