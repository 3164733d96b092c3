"""The cohort table as a matrix: studies x (region, hemisphere, metric)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from neuroflow.errors import TableError
from neuroflow.matrix.controls import label_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """A cohort table as a matrix."""

    studies: pd.DataFrame  # One row per study: its id, group, covariates
    columns: pd.DataFrame  # One row per column of `values`: `REGION_COLUMNS`
    values: FloatArray  # Studies x columns, NaN where missing
    # Reason, number and ids of the studies that were set aside, as plain values.
    excluded: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # Sentences on the data, for captions
    suspect: IntArray | None = None  # How many values of each column were left out as suspect

    def keep(self, studies: BoolArray) -> Cells:
        """Return the cells of some studies only."""
        rows = self.studies.loc[studies].reset_index(drop=True)
        return replace(self, studies=rows, values=self.values[studies])


def labels(column: pd.Series) -> pd.Series:
    """Return a column as strings, with None where it is missing or blank."""
    return pd.Series(texts(column.array), index=column.index, dtype=object)


def texts(values: ExtensionArray) -> list[str | None]:
    """Return the values of a column as strings, None where they are missing or blank."""
    if isinstance(values, pd.Categorical):
        known = np.array([*texts(values.categories.array), None], dtype=object)
        taken: list[str | None] = known[values.codes].tolist()  # the code of missing is -1
        return taken
    pairs = zip(values.tolist(), values.isna().tolist(), strict=True)
    return [None if missing else label_of(value) or None for value, missing in pairs]


def coded(column: pd.Series) -> tuple[IntArray, list[str]]:
    """Return the labels of a column as numbers, -1 for a missing one, and the labels by number."""
    codes, values = raw_codes(column)
    known = texts(values.array)
    there = np.bincount(codes + 1, minlength=len(known) + 1)[1:].tolist()  # without missing ones
    names = sorted({text for text, n in zip(known, there, strict=True) if n and text is not None})
    place = {name: code for code, name in enumerate(names)}
    places = [-1 if text is None else place.get(text, -1) for text in known]
    return np.array([*places, -1], dtype=np.intp)[codes], names


def all_finite(values: FloatArray) -> bool:
    """Return whether no value is missing or infinite, in one pass over the memory."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()  # in this thread: waiting for others costs more than adding
    return bool(np.isfinite(total) or np.isfinite(values).all())


def raw_codes(column: pd.Series) -> tuple[npt.NDArray[np.integer[Any]], pd.Index]:
    """Return a number for each different value of a column, -1 where it is missing."""
    if isinstance(column.array, pd.Categorical):
        return column.array.codes, column.array.categories
    codes, values = pd.factorize(column)
    return codes, pd.Index(values)


def moments(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return number, mean and variance of every column, missing values left out."""
    present = np.isfinite(values)
    if len(values) > 1 and present.all():  # as usual, and quicker
        from_mean = values - (mean := values.mean(axis=0))
        squares = np.einsum("nm,nm->m", from_mean, from_mean)
        return np.full(len(mean), float(len(values))), mean, squares / (len(values) - 1)
    n = present.sum(axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0).sum(axis=0) / n
        squares = (np.where(present, values - mean, 0) ** 2).sum(axis=0)
        return n, mean, np.where(n > 1, squares / (n - 1), np.nan)


def numbers(column: pd.Series) -> FloatArray:
    """Return the values of a cohort table."""
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TableError(
            "The column 'value' contains something that is not a number.", why=f"{error}."
        ) from error
