"""All values of all files as one matrix: a row per study, a column per region, side and metric."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.matrix import METRIC_ORDER, RegionName, load_regions
from neuroflow.results.search import Signature, ValueFile, in_reading_order

COLUMNS = {
    "source": "str", "study_id": "str", "id": "str", "names": "str", "layout": "str",
    "delimiter": "str", "decimal": "str", "encoding": "str", "sha256": "str", "facts": "str",
    "warnings": "str", "error": "str", "beside": "str", "size": "int64", "mtime_ns": "int64",
    "ctime_ns": "int64", "folder_mtime_ns": "int64", "folder_ctime_ns": "int64", "since": "int64",
}  # fmt: skip
"""The columns of `ValueMatrix.rows` and their types; facts and warnings are JSON.

A file that changed later than ``since`` (ns since 1970) is read again, even where its size and
times are the same.
"""

SIGNATURE = ("size", "mtime_ns", "ctime_ns", "folder_mtime_ns", "folder_ctime_ns")
"""The columns of `ValueMatrix.rows` that reveal a changed file."""

Names = tuple[RegionName, ...]
_TOGETHER = 4096  # rows
_AS_KNOWN: Signature = (0, 0, 0, 0, 0)  # of a file that needs no second look


@dataclass(frozen=True, slots=True, eq=False)
class ValueMatrix:
    """The content of many result files."""

    names: Names  # The columns of the matrix, in the dictionary's order, then the unknown ones
    matrix: npt.NDArray[np.float64]  # Shape (studies, names); NaN where a study has no such value
    # Where each row of the matrix comes from (`COLUMNS`); a file that could not be read has one
    # row, with an `error`.
    rows: pd.DataFrame
    # The names each kind of file gives, by the value of the column ``names``.
    sets: dict[str, Names]


@dataclass(frozen=True, slots=True)
class KnownFolders:
    """The usual result folders as they were read before; lists, for there may be thousands."""

    rows: dict[str, int]  # By the folder's place below the one that is searched, with a ``/``
    times: npt.NDArray[np.int64]  # The signature of each row
    sources: list[str]
    study_ids: list[str]
    kinds: npt.NDArray[np.intp]  # Which of `beside`
    beside: list[str]  # The names of the reports in a folder

    @classmethod
    def of(cls, values: ValueMatrix | None) -> KnownFolders:
        """Choose the folders with one file each that was old enough when it was read."""
        if values is None:
            nothing = np.empty((0, len(SIGNATURE)), dtype=np.int64)
            return cls({}, nothing, [], [], np.array([], dtype=np.intp), [])
        rows = values.rows
        times = rows[list(SIGNATURE)].to_numpy(dtype=np.int64)
        is_old = times[:, 1:].max(axis=1, initial=0) < rows["since"].to_numpy()
        is_old &= times[:, 3] != 0
        is_old &= ~rows["source"].duplicated(keep=False).to_numpy()  # a report of many
        sources, study_ids = rows["source"].tolist(), rows["study_id"].tolist()
        kinds, names = pd.factorize(rows["beside"])  # the same in nearly all
        below = {
            sources[row][: sources[row].rfind("/") + 1]: row
            for row in np.flatnonzero(is_old).tolist()
        }
        return cls(below, times, sources, study_ids, kinds, names.tolist())

    def unchanged(self, below: str, place: str) -> ValueFile | None:
        """Return a folder's file of values if nothing came, went or changed since it was read."""
        row = self.rows.get(below, -1)
        if row < 0:
            return None
        source = self.sources[row]
        try:
            folder = os.stat(place)  # noqa: PTH116  thousands of them
            file = os.stat(f"{place}{os.sep}{source[len(below) :]}")  # noqa: PTH116
        except OSError:
            return None
        now = [
            file.st_size,
            file.st_mtime_ns,
            file.st_ctime_ns,
            folder.st_mtime_ns,
            folder.st_ctime_ns,
        ]
        if self.times[row].tolist() != now:
            return None
        beside = self.beside[self.kinds[row]]
        return ValueFile("", source, self.study_ids[row], _AS_KNOWN, beside, row)


def merge(parts: Sequence[ValueMatrix]) -> ValueMatrix:
    """Merge what was read at different times; the last reading of a file wins."""
    if len(parts) == 1:
        return parts[0]
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    part_of = np.repeat(np.arange(len(parts)), [len(part.rows) for part in parts]).tolist()
    texts = (rows[name].tolist() for name in ("source", "study_id", "mtime_ns"))
    last = dict(zip(rows["source"].tolist(), part_of, strict=True))
    files = [
        ValueFile("", source, study_id, (0, changed, 0, 0, 0), "", at)
        for at, (source, study_id, changed) in enumerate(zip(*texts, strict=True))
        if last[source] == part_of[at]
    ]
    order = np.array([file.row for file in in_reading_order(files)], dtype=np.int64)
    sets: dict[str, Names] = {}
    for part in parts:
        sets |= part.sets
    names = sorted_names(sets.values())
    column = {name: j for j, name in enumerate(names)}
    matrix = np.full((len(order), len(names)), np.nan)
    target = np.full(len(rows), -1, dtype=np.int64)
    target[order] = np.arange(len(order))
    start = 0
    for part in parts:
        to = target[start : (start := start + len(part.rows))]
        columns = None if part.names == names else [column[name] for name in part.names]
        copy_rows(part.matrix, np.flatnonzero(to >= 0), matrix, to[to >= 0], columns)
    return ValueMatrix(names, matrix, rows.iloc[order].reset_index(drop=True), sets)


def copy_rows(
    source: npt.NDArray[np.float64],
    of: npt.NDArray[np.int64],
    target: npt.NDArray[np.float64],
    to: npt.NDArray[np.int64],
    columns: Sequence[int] | None = None,
) -> None:
    """Copy rows to rows, into all columns or some; a few at a time, to hold few of them twice."""
    for start in range(0, len(of), _TOGETHER):
        rows, here = of[start : start + _TOGETHER], to[start : start + _TOGETHER]
        if columns is None:
            target[here] = source[rows]
        else:
            target[here[:, None], columns] = source[rows]


def take_rows(values: ValueMatrix, rows: npt.NDArray[np.int64]) -> ValueMatrix:
    """Return some of the rows."""
    chosen = values.rows.iloc[rows].reset_index(drop=True)
    sets = {key: values.sets[key] for key in chosen["names"].unique() if key}
    names = sorted_names(sets.values())
    column = {name: j for j, name in enumerate(values.names)}
    places = np.array([column[name] for name in names], dtype=np.int64)
    return ValueMatrix(names, values.matrix[rows[:, None], places], chosen, sets)


def sorted_names(sets: Iterable[Names]) -> Names:
    """Put names into the dictionary's order, metric by metric; unknown ones follow by name."""
    regions = load_regions()
    keys = zip(regions["region"], regions["hemisphere"], strict=True)
    rank = {key: n for n, key in enumerate(keys)}
    metrics = {metric: n for n, metric in enumerate(METRIC_ORDER)}

    def place(name: RegionName) -> tuple[int, str, str, int, str]:
        known = rank[name.region, name.hemisphere] if name.known else len(rank)
        metric = str(name.metric)
        return known, name.region, name.hemisphere, metrics.get(metric, len(metrics)), metric

    return tuple(sorted({name for given in sets for name in given}, key=place))
