"""Rank correlations of columns with scattered missing values: each pair has ranks of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from neuroflow.matrix import BoolArray, FloatArray, IntArray

_T = TypeVar("_T", bound=np.generic)


def spearman(left: FloatArray, right: FloatArray) -> FloatArray:
    """Correlate the ranks of all pairs of columns, among the rows that a pair has.

    Spearman C (1904), Am J Psychol 15:72-101.
    """
    # Columns are sorted once. Among some of the rows, the rank of a value is one more than how many
    # of these rows come before it, and counting them along the order gives that number; ties have
    # the mean of their ranks. Twice such ranks are whole numbers, so all sums are exact.
    ranked, has = _Ranked.of(right), np.isfinite(right)
    rho = np.full((left.shape[1], right.shape[1]), np.nan)
    for i, column in enumerate(left.T):
        both = has & np.isfinite(column)[:, None]
        rho[i] = _correlation(_Ranked.of(column[:, None]).among(both), ranked.among(both))
    return rho


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Columns in their order, each array of shape (n, m)."""

    # The rows by value.
    order: IntArray
    # For each row, how many places of that order come before its value, and how many end with it.
    before: IntArray
    until: IntArray

    @classmethod
    def of(cls, values: FloatArray) -> _Ranked:
        order = np.argsort(values, axis=0, kind="stable")  # missing ones come last
        ordered = np.take_along_axis(values, order, axis=0)
        place = np.arange(len(values))[:, None]
        changes = ordered[1:] != ordered[:-1]
        first, last = (np.broadcast_to(place, values.shape).copy() for _ in range(2))
        first[1:][~changes] = 0
        last[:-1][~changes] = len(values)
        before, until = np.empty_like(order), np.empty_like(order)
        np.put_along_axis(before, order, np.maximum.accumulate(first), axis=0)
        np.put_along_axis(until, order, np.minimum.accumulate(last[::-1])[::-1] + 1, axis=0)
        return cls(order, before, until)

    def among(self, rows: BoolArray) -> FloatArray:
        """Return twice the ranks, less their mean, among the rows that are True in a column."""
        counts = np.zeros((len(rows) + 1, rows.shape[1]), dtype=np.int32)
        np.cumsum(_along(rows, self.order), axis=0, out=counts[1:])
        ranks = _along(counts, self.before) + _along(counts, self.until)
        return np.where(rows, ranks - counts[-1], 0).astype(np.float64)


def _along(values: npt.NDArray[_T], places: IntArray) -> npt.NDArray[_T]:
    """Take places of each column; one column of places serves all."""
    one_order = places.shape[1] == 1
    columns = np.arange(values.shape[1])
    taken: npt.NDArray[_T] = (
        values[places[:, 0]] if one_order else values.ravel()[places * len(columns) + columns]
    )
    return taken


def _correlation(x: FloatArray, y: FloatArray) -> FloatArray:
    sums = [np.einsum("nm,nm->m", a, b) for a, b in ((x, y), (x, x), (y, y))]
    with np.errstate(divide="ignore", invalid="ignore"):
        r: FloatArray = sums[0] / np.sqrt(sums[1] * sums[2])
    return r
