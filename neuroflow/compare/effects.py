"""The numbers of a comparison while they are being filled in: contrasts x columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from neuroflow.compare.cells import BoolArray, FloatArray, IntArray

NUMBERS = (
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
    "effect_size",
    "effect_size_ci_low",
    "effect_size_ci_high",
    "np2",
    "df_num",
)
_INFERENCE = NUMBERS[NUMBERS.index("estimate") :]


@dataclass(slots=True)
class Sheet:
    """One row per contrast, one column per region and metric, one array per number.

    Parameters
    ----------
    n_rows, n_columns
        Its shape.
    """

    n_rows: int
    n_columns: int
    numbers: dict[str, FloatArray] = field(init=False)
    reason: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.n_rows, self.n_columns)
        self.numbers = {name: np.full(shape, np.nan) for name in NUMBERS}
        self.reason = np.full(shape, "", dtype=object)

    def put(self, row: int, columns: IntArray | slice, **numbers: FloatArray | float) -> None:
        """Write numbers into some columns of one row.

        Parameters
        ----------
        row
            Which contrast.
        columns
            Any index of columns.
        **numbers
            Arrays or scalars by their name in `NUMBERS`.
        """
        for name, values in numbers.items():
            self.numbers[name][row, columns] = values

    def blank(self, row: int, where: BoolArray, reason: str) -> None:
        """Take the inference out of some columns of a row, and say why.

        Parameters
        ----------
        row
            Which contrast.
        where
            True for the columns, shape (n_columns,).
        reason
            For people. The first one given stays.
        """
        for name in _INFERENCE:
            self.numbers[name][row, where] = np.nan
        self.reason[row, where & (self.reason[row] == "")] = reason

    def frame(self, columns: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
        """Return the sheet as a table, contrast by contrast.

        Parameters
        ----------
        columns
            What each column is: `REGION_COLUMNS`.
        names
            The contrasts.

        Returns
        -------
        DataFrame
            ``n_rows * n_columns`` rows.
        """
        table = pd.concat([columns] * self.n_rows, ignore_index=True)
        table["contrast"] = np.repeat(np.asarray(names, dtype=object), self.n_columns)
        for name, values in self.numbers.items():
            table[name] = values.reshape(-1)
        table["reason"] = self.reason.reshape(-1)
        for name in ("n1", "n2", "df_num"):
            table[name] = table[name].astype("Int64")
        return table


def refuse_thin(sheet: Sheet, row: int, sides: Sequence[tuple[str, FloatArray]]) -> None:
    """Blank the columns where a group is empty, has a single value, or does not vary.

    Parameters
    ----------
    sheet
        Where to blank.
    row
        Which contrast.
    sides
        A label and the values (n x n_columns, NaN where missing) of each group compared.
    """
    for label, values in sides:
        count = np.isfinite(values).sum(axis=0)
        sheet.blank(row, count == 0, f"no values in {label}")
        sheet.blank(row, count == 1, f"only one value in {label}")
        if len(values):
            low = np.where(np.isfinite(values), values, np.inf).min(axis=0)
            high = np.where(np.isfinite(values), values, -np.inf).max(axis=0)
            sheet.blank(row, (count > 1) & (low == high), f"all values of {label} are the same")
