"""From the long cohort table to the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.compare.cells import (
    REGION_COLUMNS,
    BoolArray,
    Cells,
    FloatArray,
    IntArray,
    labels,
)
from neuroflow.errors import OptionError, TableError

KEY = ("region", "hemisphere", "metric")

_Codes = npt.NDArray[np.integer[Any]]  # small ones, as categories have them


def read_cells(
    table: pd.DataFrame, *, metric: str | Sequence[str] | None = None, needed: Sequence[str] = ()
) -> Cells:
    """Turn the long cohort table into a matrix.

    Parameters
    ----------
    table
        The cohort table: at least `study_id`, `region`, `metric`, `value`.
    metric
        One metric, several, or None for all.
    needed
        Columns that describe a study (group, covariates); each must have one value per study.

    Returns
    -------
    Cells
        Studies and columns in the order of their first row in the table.

    Raises
    ------
    TableError
        A column is missing, a value is not a number, or a study has two values for one region.
    OptionError
        The table does not have this metric.
    """
    _require(table, ("study_id", "region", "metric", "value", *needed))
    about = [name for name in ("participant_id", "session_id", "cohort_id", "age") if name in table]
    kept = list(dict.fromkeys(["study_id", *needed, *about]))
    described = [name for name in REGION_COLUMNS if name in table]
    rows = table[list(dict.fromkeys([*kept, *described, "value"]))]
    rows = rows if metric is None else _of_metric(rows, metric)
    if rows.empty:
        raise TableError(
            "The cohort table has no rows.", advice="Collect results first, or read another folder."
        )
    layout = _layout(rows)
    first = layout.order[:, 0]
    for name in needed:
        _one_per_study(rows, name, layout)
    return Cells(
        studies=rows[kept].iloc[first].reset_index(drop=True),
        columns=_described(rows[described].iloc[layout.columns]),
        values=_values(rows["value"], layout),
    )


def _require(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(names) if name not in table.columns]
    if missing:
        raise TableError(
            f"The table has no column {', '.join(missing)}.",
            why=f"It has {', '.join(map(str, table.columns))}.",
            advice="Take the table that read_results or Workspace.table returns; "
            "groups and covariates come from participants.tsv.",
        )


def _of_metric(table: pd.DataFrame, metric: str | Sequence[str]) -> pd.DataFrame:
    wanted = [metric] if isinstance(metric, str) else list(metric)
    present = [str(name) for name in table["metric"].dropna().unique()]
    if unknown := [name for name in wanted if name not in present]:
        raise OptionError(
            f"The table has no metric {', '.join(unknown)}.", advice=f"It has {', '.join(present)}."
        )
    return table if set(present) == set(wanted) else table[table["metric"].isin(wanted)]


def _codes(column: pd.Series) -> _Codes:
    """Return a number for each different value, -1 where it is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    return pd.factorize(column)[0]


def cross(table: pd.DataFrame) -> IntArray:
    """Return a number for each different row of a table.

    Parameters
    ----------
    table
        Columns of any dtype; missing is a value like others.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Without columns all zero.

    Examples
    --------
    >>> cross(pd.DataFrame({"region": ["SCP", "SCP", "MCP"], "side": ["l", "r", "l"]})).tolist()
    [4, 5, 7]
    """
    code = np.zeros(len(table), dtype=np.intp)
    for name in table:
        own = _codes(table[name]).astype(np.intp) + 1
        code = code * (own.max(initial=0) + 1) + own
    return code


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which row of the table is which cell of the matrix."""

    order: IntArray  # studies x columns; where a study has no row, another one of its rows
    columns: IntArray  # a row of each column
    missing: BoolArray | None = None  # where a study has no row; None where all have all


def _layout(rows: pd.DataFrame) -> _Layout:
    study = _codes(rows["study_id"])
    if (study < 0).any():
        raise TableError("The cohort table has rows without a study_id.")
    keys = rows[[name for name in KEY if name in rows]]
    width = int((study != study[0]).argmax()) or len(rows)
    if len(rows) % width == 0:  # usually all studies have the same rows in the same order
        grid = study.reshape(-1, width)
        across = [_codes(keys[name]).reshape(-1, width) for name in keys]
        alike = (grid == grid[:, :1]).all() and all((codes == codes[0]).all() for codes in across)
        if alike and _different(grid[:, 0]) and _different(cross(keys[:width])):
            order = np.arange(len(rows)).reshape(-1, width)
            return _Layout(order, order[0])
    studies, first = _places(study)
    columns, first_of_column = _places(cross(keys))
    place = studies * len(first_of_column) + columns
    if not _different(place):
        twice = rows.iloc[int(pd.Series(place).duplicated().to_numpy().argmax())]
        raise TableError(
            f"There are two values of {twice['region']} ({twice['metric']}).",
            advice="Keep one row per study, region, hemisphere and metric.",
            study_id=str(twice["study_id"]),
        )
    filled = np.repeat(first, len(first_of_column))
    missing = np.ones(len(filled), dtype=bool)
    filled[place], missing[place] = np.arange(len(rows)), False
    shape = (len(first), len(first_of_column))
    return _Layout(filled.reshape(shape), first_of_column, missing.reshape(shape))


def _places(codes: _Codes) -> tuple[IntArray, IntArray]:
    """Return every row's code numbered by first appearance, and the rows of these."""
    first = np.full(codes.max() + 1, -1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # of repeated codes the last write stays
    order = np.argsort(first)[np.count_nonzero(first < 0) :]
    place = np.zeros(len(first), dtype=np.intp)
    place[order] = np.arange(len(order))
    return place[codes], first[order]


def _different(codes: _Codes) -> bool:
    return bool(np.bincount(codes).max() == 1)


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `REGION_COLUMNS` as texts, names and kinds filled in."""
    texts = {name: labels(rows[name]).tolist() for name in rows}
    region = texts["region"]
    texts["region_name"] = [
        name or key for name, key in zip(texts.get("region_name", region), region, strict=True)
    ]
    for name in ("kind", "system", "hemisphere"):
        texts[name] = [text or "" for text in texts.get(name, [""] * len(rows))]
    return pd.DataFrame({name: texts[name] for name in REGION_COLUMNS})


def _values(column: pd.Series, layout: _Layout) -> FloatArray:
    try:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TableError(
            "The column value holds something that is not a number.", why=f"{error}."
        ) from error
    values: FloatArray = numbers[layout.order]
    if layout.missing is not None:
        values[layout.missing] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def _one_per_study(rows: pd.DataFrame, name: str, layout: _Layout) -> None:
    column = rows[name]
    is_number = isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu"
    grid = (column.to_numpy() if is_number else _codes(column))[layout.order]
    own = grid[:, :1]
    differs = grid != own
    if is_number:  # missing is like missing
        differs &= ~(np.isnan(grid) & np.isnan(own))
    if differs.any():
        raise TableError(
            f"The column {name} has more than one value.",
            advice="Groups and covariates must be the same in all rows of a study.",
            study_id=str(rows["study_id"].iloc[layout.order[differs][0]]),
        )
