"""From the long cohort table to the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from neuroflow.errors import OptionError, TableError, Wording
from neuroflow.matrix.arguments import as_list
from neuroflow.matrix.cells import (
    BoolArray,
    Cells,
    FloatArray,
    IntArray,
    all_finite,
    labels,
    numbers,
    raw_codes,
    texts,
)
from neuroflow.matrix.plausibility import SET_ASIDE, ExcludeSuspect, examine, set_aside
from neuroflow.matrix.regions import REGION_COLUMNS, REGION_KEY

_Codes = npt.NDArray[np.integer[Any]]  # small ones, as categories have them
_T = TypeVar("_T", bound=np.generic)


def read_cells(
    table: pd.DataFrame,
    *,
    metric: str | Sequence[str] | None = None,
    needed: Sequence[str] = (),
    exclude_suspect: ExcludeSuspect = None,
) -> Cells:
    """Turn the long cohort table into a matrix; what was set aside is left out."""
    cells, reasons = _read(table, metric, needed)
    if reasons is not None:
        cells = set_aside(cells, reasons)
    return examine(cells, exclude_suspect, table.attrs)


def _read(
    table: pd.DataFrame, metric: str | Sequence[str] | None, needed: Sequence[str]
) -> tuple[Cells, pd.DataFrame | None]:
    about = [name for name in ("participant_id", "session_id", "cohort_id", "age") if name in table]
    facts = list(dict.fromkeys(["study_id", *needed, *about]))
    described = [name for name in REGION_COLUMNS if name in table]
    require(table, ("study_id", "region", "metric", "value", *needed, *about, *described))
    if len(table) == 0:
        raise TableError(
            "The cohort table has no rows.", advice="Collect results first, or read another folder."
        )
    aside = [SET_ASIDE] * (SET_ASIDE in table)
    used = list(dict.fromkeys([*facts, *described, "value", *aside]))
    rows = table if metric is None else _of_metric(table[used], metric)
    given = {name: rows[name] for name in used}  # pandas takes its time to hand out a column
    layout = _layout(given)
    for name in needed:
        _one_per_study(given, name, layout)
    cells = Cells(
        studies=pd.DataFrame({name: given[name].array.take(layout.studies) for name in facts}),
        columns=_described({name: given[name].array.take(layout.columns) for name in described}),
        values=_values(given["value"], layout),
    )
    if not aside or not given[SET_ASIDE].notna().any():
        return cells, None
    reasons = layout.grid(labels(given[SET_ASIDE]).to_numpy(dtype=object))
    return cells, pd.DataFrame(reasons, dtype=object)


def row_values(table: pd.DataFrame, cells: Cells, values: FloatArray) -> FloatArray:
    """Return the values of a matrix for each row of the table that its cells were read from."""
    layout = _layout({name: table[name] for name in ("study_id", *REGION_KEY) if name in table})
    if len(cells.studies) < len(layout.studies):
        ids = table["study_id"].iloc[layout.studies].tolist()
        place = pd.Index(cells.studies["study_id"].tolist()).get_indexer(ids)
        # Studies that were set aside have none.
        values = np.where((place < 0)[:, None], np.nan, values[place])
    return layout.rows(values)


_FROM_RESULTS = Wording(
    "Use the table that read_results or Workspace.table returns; groups and covariates come from "
    "participants.tsv.",
    cli="Groups and covariates come from participants.tsv: name it with --participants where the "
    "source is a folder.",
    form="Groups and covariates come from participants.tsv.",
)


def require(
    table: pd.DataFrame, names: Sequence[str], *, advice: str | Wording = _FROM_RESULTS
) -> None:
    """Refuse a table that lacks columns; `advice` states where such a table comes from."""
    if not isinstance(table, pd.DataFrame):
        raise TableError(
            f"The table must be a DataFrame, not a {type(table).__name__}.",
            advice="Pass the DataFrame that read_results or Workspace.table returns."
            if advice is _FROM_RESULTS
            else advice,
        )
    missing = [name for name in dict.fromkeys(names) if name not in table.columns]
    if missing:
        raise TableError(
            f"The table has no column {', '.join(missing)}.",
            why=f"Its columns are {', '.join(map(str, table.columns)) or 'none at all'}.",
            advice=advice,
        )
    if not table.columns.is_unique and (
        twice := [name for name in dict.fromkeys(names) if (table.columns == name).sum() > 1]
    ):
        raise TableError(
            f"The table has several columns {', '.join(twice)}.",
            advice="Keep one column of each name.",
        )


def _of_metric(table: pd.DataFrame, metric: str | Sequence[str]) -> pd.DataFrame:
    wanted = as_list("metric", metric)
    if not wanted:
        raise OptionError(
            "The list of metrics is empty.",
            advice="Name one, or omit it for all metrics.",
            about="metric",
        )
    present = [str(name) for name in table["metric"].dropna().unique()]
    if unknown := [name for name in wanted if name not in present]:
        raise OptionError(
            f"The table has no metric {', '.join(unknown)}.",
            advice=f"Its metrics are {', '.join(present)}.",
            about="metric",
        )
    return table if set(present) == set(wanted) else table[table["metric"].isin(wanted)]


def combine_codes(columns: Iterable[pd.Series]) -> IntArray:
    """Return a number for each different row of some columns."""
    return _combine(raw_codes(column)[0] for column in columns)


def _combine(columns: Iterable[_Codes]) -> IntArray:
    code: Any = 0
    for codes in columns:
        own = codes.astype(np.intp) + 1
        code = code * (own.max(initial=0) + 1) + own
    return np.asarray(code, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which row of the table is which cell of the matrix."""

    studies: IntArray  # a row of each study
    columns: IntArray  # a row of each column
    order: IntArray | None = None  # the row of each cell, studies x columns; None: one by one
    missing: BoolArray | None = None  # where a study has no row, and `order` another one of its own

    def grid(self, values: npt.NDArray[_T]) -> npt.NDArray[_T]:
        """Return the values of all rows as studies x columns."""
        if self.order is None:
            return values.reshape(len(self.studies), len(self.columns))
        return values[self.order]

    def rows(self, grid: FloatArray) -> FloatArray:
        """Return the values of studies x columns row by row of the table."""
        if self.order is None or self.missing is None:
            return grid.reshape(-1)
        there = ~self.missing
        rows = np.empty(np.count_nonzero(there))
        rows[self.order[there]] = grid[there]
        return rows


def _layout(rows: Mapping[str, pd.Series]) -> _Layout:
    study = raw_codes(rows["study_id"])[0]
    if study.min() < 0:
        raise TableError("The cohort table has rows without a study_id.")
    keys = {name: raw_codes(rows[name])[0] for name in REGION_KEY if name in rows}
    for name, codes in keys.items():
        if name != "hemisphere" and codes.min() < 0:
            raise TableError(f"The cohort table has rows without a {name}.")
    return _regular(study, keys.values()) or _irregular(rows, study, keys.values())


def _regular(study: _Codes, keys: Iterable[_Codes]) -> _Layout | None:
    """Return the layout where all studies have the same rows in the same order, as usual."""
    width = int((study != study[0]).argmax()) or len(study)
    if len(study) % width:
        return None
    grid = study.reshape(-1, width)
    across = [codes.reshape(-1, width) for codes in keys]
    if not (grid == grid[:, :1]).all() or not all((codes == codes[0]).all() for codes in across):
        return None
    if not _different(grid[:, 0]) or not _different(_combine(codes[0] for codes in across)):
        return None
    return _Layout(np.arange(0, len(study), width), np.arange(width))


def _irregular(rows: Mapping[str, pd.Series], study: _Codes, keys: Iterable[_Codes]) -> _Layout:
    studies, first = _places(study)
    columns, first_of_column = _places(_combine(keys))
    place = studies * len(first_of_column) + columns
    if not _different(place):
        at = int(pd.Series(place).duplicated().to_numpy().argmax())
        twice: dict[str, Any] = {name: column.iat[at] for name, column in rows.items()}
        raise TableError(
            f"There are two values of {twice['metric']} in {twice['region']}.",
            advice="Keep one row per study, region, hemisphere and metric.",
            study_id=str(twice["study_id"]),
        )
    order = np.repeat(first, len(first_of_column))
    missing = np.ones(len(order), dtype=bool)
    order[place], missing[place] = np.arange(len(place)), False
    shape = (len(first), len(first_of_column))
    return _Layout(first, first_of_column, order.reshape(shape), missing.reshape(shape))


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


def _described(columns: Mapping[str, ExtensionArray]) -> pd.DataFrame:
    """Return `REGION_COLUMNS` as texts, names and kinds filled in."""
    known = {name: texts(values) for name, values in columns.items()}
    region = known["region"]
    named = known.get("region_name", region)
    known["region_name"] = [name or key for name, key in zip(named, region, strict=True)]
    for name in ("kind", "system", "hemisphere"):
        if name in known:
            known[name] = [text or "" for text in known[name]]
    return _frame(tuple((name, tuple(values)) for name, values in known.items())).copy(deep=False)


@lru_cache(maxsize=8)
def _frame(columns: tuple[tuple[str, tuple[str | None, ...]], ...]) -> pd.DataFrame:
    """Make the table of columns; every analysis of a project has the same, and pandas is slow."""
    known = {name: list(values) for name, values in columns}
    blank = [""] * len(known["region"])
    return pd.DataFrame({name: known.get(name, blank) for name in REGION_COLUMNS})


def _values(column: pd.Series, layout: _Layout) -> FloatArray:
    values = layout.grid(numbers(column))
    if layout.missing is None and all_finite(values):
        return values
    unknown = ~np.isfinite(values)
    if layout.missing is not None:
        unknown |= layout.missing
    return np.where(unknown, np.nan, values) if unknown.any() else values


def _one_per_study(rows: Mapping[str, pd.Series], name: str, layout: _Layout) -> None:
    column = rows[name]
    is_number = isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu"
    grid = layout.grid(column.to_numpy() if is_number else raw_codes(column)[0])
    own = grid[:, :1]
    differs = grid != own
    if is_number and differs.any():  # missing is like missing
        differs &= ~(np.isnan(grid) & np.isnan(own))
    if differs.any():
        study = layout.studies[int(differs.any(axis=1).argmax())]
        raise TableError(
            f"The column {name!r} has more than one value in this study.",
            advice="Make groups and covariates the same in all rows of a study.",
            study_id=str(rows["study_id"].iloc[study]),
        )
