"""The numbers of a comparison while they are being filled in: contrasts x columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.matrix import BoolArray, FloatArray, IntArray, all_finite

RESULT_NUMBERS = (
    "n1",
    "n2",
    "mean1",
    "mean2",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "statistic",
    "df",
    "p",
    "q",
    "effect_size",
    "effect_size_ci_low",
    "effect_size_ci_high",
    "np2",
    "np2_ci_low",
    "np2_ci_high",
    "df_num",
)
_INFERENCE = RESULT_NUMBERS[RESULT_NUMBERS.index("estimate") :]


@dataclass(slots=True)
class ResultTable:
    """One row per contrast, one column per region and metric, one array per number."""

    n_rows: int  # Its shape
    n_columns: int
    numbers: dict[str, FloatArray] = field(init=False)
    reason: np.ndarray = field(init=False)
    coverage: FloatArray = field(init=False)  # expected of the intervals, NaN where as stated

    def __post_init__(self) -> None:
        shape = (self.n_rows, self.n_columns)
        self.numbers = dict(
            zip(RESULT_NUMBERS, np.full((len(RESULT_NUMBERS), *shape), np.nan), strict=True)
        )
        self.reason = np.full(shape, "", dtype=object)
        self.coverage = np.full(shape, np.nan)

    def fill(
        self, row: int | slice, columns: IntArray | slice, **numbers: FloatArray | float
    ) -> None:
        """Write numbers into some columns of a row, or of several."""
        for name, values in numbers.items():
            self.numbers[name][row, columns] = values

    def doubt(self, row: int, columns: IntArray | slice, coverage: FloatArray | float) -> None:
        """Record how often intervals are expected to hold the truth."""
        self.coverage[row, columns] = coverage

    def mask(self, row: int, where: BoolArray, reason: str) -> None:
        """Take the inference out of some columns of a row, and state why."""
        if not where.any():
            return
        for name in _INFERENCE:
            self.numbers[name][row, where] = np.nan
        self.reason[row, where & (self.reason[row] == "")] = reason

    def to_frame(self, columns: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
        """Return the sheet as a table, contrast by contrast."""
        data: dict[str, Any] = {str(name): columns[name].array for name in columns}
        if self.n_rows != 1:
            places = np.tile(np.arange(self.n_columns), self.n_rows)
            data = {name: values.take(places) for name, values in data.items()}
        data["contrast"] = np.repeat(np.asarray(names, dtype=object), self.n_columns)
        for name, values in self.numbers.items():
            data[name] = values.reshape(-1)
        data["reason"] = self.reason.reshape(-1)
        for name in ("n1", "n2", "df_num"):
            data[name] = _counts(data[name])
        return pd.DataFrame(data)


def _counts(values: FloatArray) -> pd.arrays.IntegerArray:
    """Return whole numbers, missing where they are NaN."""
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.nan_to_num(values).astype(np.int64), missing)


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """One side of a comparison, column by column."""

    label: str  # What it is called
    n: IntArray  # How many values, shape (n_columns,)
    flat: BoolArray  # True where there are values, all the same

    @classmethod
    def of(cls, label: str, values: FloatArray) -> GroupSummary:
        """Summarise the values of one side."""
        if len(values) and all_finite(values):  # as usual, and quicker
            flat = values[0] == values[-1]
            flat[flat] = (values[:, flat] == values[0, flat]).all(axis=0)
            return cls(label, np.full(values.shape[1], len(values)), flat)
        known = np.isfinite(values)
        low, high = (
            reduce(values, axis=0, initial=np.nan) for reduce in (np.fmin.reduce, np.fmax.reduce)
        )
        return cls(label, known.sum(axis=0), low == high)


def mask_underpowered(
    results: ResultTable, row: int, sides: Sequence[GroupSummary], what: str = "value"
) -> None:
    """Blank the columns where a side is empty, has a single value, or does not vary."""
    for side in sides:
        results.mask(row, side.n == 0, f"no {what}s in {side.label}")
        results.mask(row, side.n == 1, f"only one {what} in {side.label}")
        results.mask(row, (side.n > 1) & side.flat, f"all {what}s of {side.label} are the same")
