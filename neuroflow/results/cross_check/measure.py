"""Printed values beside those of the tables, as matrices, and how far they may be apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuroflow.matrix import RegionName
from neuroflow.results.reports import Biomarker

METRIC = "FW"
"""The metric of the values in reports."""
EPSILON = 1e-9  # what floating-point numbers themselves are apart
_EXACT = 12  # decimals from which a table's number is taken as not rounded
_ONE_SIDE = ("left", "right")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of both sources; the shape of each is (studies, regions)."""

    regions: tuple[str, ...]
    printed: Floats  # NaN where the report has none
    values: Floats  # NaN where the table has none
    tolerance: Floats  # (studies, 1): by how much rounding alone may set them apart

    @property
    def is_compared(self) -> Flags:
        """Which values are in both."""
        return np.isfinite(self.printed) & np.isfinite(self.values)

    @property
    def is_same(self) -> Flags:
        """Which are the same at the printed precision."""
        with np.errstate(invalid="ignore"):
            same: Flags = np.abs(self.printed - self.values) <= self.tolerance
        return same


def measure(
    reports: Sequence[Mapping[str, Biomarker]],
    names: Sequence[RegionName],
    matrix: Floats,
    rows: Places,
) -> Measured:
    """Put the values of reports beside those of the tables, whose `rows` they are (-1: none)."""
    regions = tuple(dict.fromkeys(region for report in reports for region in report))
    column = free_water_columns(names)
    shape = (len(reports), len(regions))
    printed, values = np.full(shape, np.nan), np.full(shape, np.nan)
    places = {region: at for at, region in enumerate(regions)}
    digits = np.zeros(len(reports))
    for n, report in enumerate(reports):
        for region, biomarker in report.items():
            printed[n, places[region]] = biomarker.value
            # Of several, the most: numbers in JSON lose the zeros at their ends.
            digits[n] = max(digits[n], biomarker.digits)
    for region, at in places.items():
        if region in column:
            values[rows >= 0, at] = matrix[rows[rows >= 0], column[region]]
    values[~np.isfinite(values)] = np.nan
    half = 0.5 * 10.0**-digits + 0.5 * _steps(np.where(np.isfinite(printed), values, np.nan))
    return Measured(regions, printed, values, (half + EPSILON)[:, None])


def free_water_columns(names: Sequence[RegionName]) -> dict[str, int]:
    """Return the column of each region's free water; without a named metric, its only one."""
    columns = {
        name.region: at
        for at, name in enumerate(names)
        if not name.metric and name.hemisphere not in _ONE_SIDE
    }
    return columns | {
        name.region: at
        for at, name in enumerate(names)
        if name.metric == METRIC and name.hemisphere not in _ONE_SIDE
    }


def _steps(values: Floats) -> Floats:
    """Return the last decimal place of each study's values, 0 for numbers that are not rounded."""
    steps = np.zeros(len(values))
    for n, row in enumerate(values.tolist()):
        decimals = [_decimals(value) for value in row if value == value]  # noqa: PLR0124  not NaN
        most = max(decimals, default=_EXACT)
        steps[n] = 0 if most >= _EXACT else 10.0**-most
    return steps


def _decimals(value: float) -> int:
    mantissa, _, power = repr(value).partition("e")
    return max(0, len(mantissa.partition(".")[2].rstrip("0")) - int(power or 0))
