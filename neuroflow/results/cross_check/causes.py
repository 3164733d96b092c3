"""Likely causes of a difference: another study, unit, metric or region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuroflow.matrix import RegionName
from neuroflow.results.cross_check.measure import METRIC, Flags, Floats, Measured, Places

MAX_SEARCHED = 2000
"""Studies at most whose report is compared with the tables of all others."""
_MIN_REGIONS = 2  # that have to match the table of another study
_USUAL = 0.9  # share of studies in which a column has to match to be the cause
_UNITS = ((100.0, "aidp.csv seems to be in percent"), (0.01, "the report seems to be in percent"))


def find_swapped(measured: Measured, differing: Sequence[int]) -> dict[int, list[int]]:
    """Return for studies the others whose table their report matches."""
    if not len(measured.regions):
        return {}
    by = int(np.isfinite(measured.values).sum(axis=0).argmax())
    # Sorted by the region that most of them have, so that each report is compared with the few that
    # are near it.
    order = np.argsort(measured.values[:, by], kind="stable")
    order = order[np.isfinite(measured.values[order, by])]
    keys = measured.values[order, by]
    found: dict[int, list[int]] = {}
    for n in differing[:MAX_SEARCHED]:
        printed, tolerance = measured.printed[n], measured.tolerance[n, 0]
        has = np.isfinite(printed)
        if not has[by] or has.sum() < _MIN_REGIONS:
            continue
        low, high = np.searchsorted(keys, (printed[by] - tolerance, printed[by] + tolerance))
        near = order[low : high + 1]
        near = near[near != n]
        with np.errstate(invalid="ignore"):
            is_same = np.abs(measured.values[near][:, has] - printed[has]) <= tolerance
        matching = near[is_same.all(axis=1)]
        if matching.size:
            found[n] = matching.tolist()
    return found


@dataclass(frozen=True, slots=True)
class Causes:
    """Looks for the cause of differences in the tables."""

    measured: Measured
    names: Sequence[RegionName]
    matrix: Floats
    rows: Places  # Of the matrix, by study

    def unit(self, which: Flags) -> str:
        """Return the unit that explains all the differences that are flagged, or empty."""
        printed, values = self.measured.printed, self.measured.values
        tolerance = np.broadcast_to(self.measured.tolerance, which.shape)[which]
        for factor, what in _UNITS:
            apart = np.abs(printed[which] * factor - values[which])
            if np.mean(apart <= tolerance * max(factor, 1.0)) >= _USUAL:
                return what
        return ""

    def column(self, region: int, studies: Flags) -> str:
        """Return the other column that explains a region's differences, or empty."""
        which = np.flatnonzero(studies)[:MAX_SEARCHED]
        printed = self.measured.printed[which, region][:, None]
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.matrix[self.rows[which]] - printed)
            is_same = apart <= self.measured.tolerance[which]
        share = is_same.mean(axis=0)
        at = np.flatnonzero(share >= _USUAL)
        if len(at) != 1:
            return ""
        name, wanted = self.names[int(at[0])], self.measured.regions[region]
        if name.region == wanted and name.metric != METRIC:
            return f"the report's {wanted} is {name.suffix or name.metric} in aidp.csv"
        side = f" ({name.hemisphere})" if name.hemisphere in ("left", "right") else ""
        return f"the report's {wanted} is {name.region}{side} in aidp.csv"
