"""Correlations of every column of one table with every column of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from neuroflow.compare.stats.linear import missing_patterns
from neuroflow.compare.stats.rank_correlation import spearman
from neuroflow.compare.stats.terms import Covariate, build_design
from neuroflow.errors import CompareError
from neuroflow.matrix import BoolArray, FloatArray, IntArray

Kind = Literal["pearson", "spearman"]

_FLAT = 1e-10  # of a column's length; below it what is left after adjusting is rounding
_SCATTERED = 4  # columns by pattern of missing values; with more of them patterns are quicker
_CANCELLED = 1e-6  # of a sum of squares; where less is left of it, rounding shows in r


@dataclass(frozen=True, slots=True)
class Correlations:
    """Correlations of left x right columns, NaN where there is none."""

    r: FloatArray  # The correlations
    n: FloatArray  # How many studies have both
    k: FloatArray  # How many coefficients the covariates took


def all_pairs(
    left: FloatArray, right: FloatArray, covariates: Sequence[Covariate], method: Kind
) -> Correlations:
    """Correlate every column of one side with every column of the other."""
    ours = missing_patterns(left)
    theirs = ours if left is right else missing_patterns(right)
    if not covariates and max(len(ours), len(theirs)) > 1:
        if method == "pearson":
            return _pearson_by_sums(left, right)
        if len(theirs) * _SCATTERED > right.shape[1]:
            return _spearman_by_ranks(left, right)
    shape = (left.shape[1], right.shape[1])
    found = Correlations(*(np.full(shape, np.nan) for _ in range(3)))
    same = left is right
    for place, (rows, columns) in enumerate(ours):
        for others, opposite in theirs[place if same else 0 :]:
            both = np.intersect1d(rows, others, assume_unique=True)
            basis = _basis(both, len(left), covariates, method)
            _correlate_block(found, (left, right), (both, columns, opposite), basis, method)
            if same:
                for square in (found.r, found.n, found.k):
                    square[np.ix_(opposite, columns)] = square[np.ix_(columns, opposite)].T
    return found


def _pearson_by_sums(left: FloatArray, right: FloatArray) -> Correlations:
    """Correlate all pairs from sums of products; one by one where rounding could be seen."""
    (x, has_x, least_x), (y, has_y, least_y) = _standardised(left), _standardised(right)
    n = has_x.T @ has_y
    sum_x, sum_y = x.T @ has_y, has_x.T @ y
    squares_x, squares_y = (x**2).T @ has_y, has_x.T @ y**2
    with np.errstate(divide="ignore", invalid="ignore"):
        rest_x, rest_y = squares_x - sum_x**2 / n, squares_y - sum_y**2 / n
        r = (x.T @ y - sum_x * sum_y / n) / np.sqrt(rest_x * rest_y)
    enough = n >= 3
    found = Correlations(
        np.where(enough, np.clip(r, -1, 1), np.nan), n, np.where(enough, 0.0, np.nan)
    )
    exact = (rest_x > np.maximum(_CANCELLED * squares_x, least_x[:, None])) & (
        rest_y > np.maximum(_CANCELLED * squares_y, least_y)
    )
    for i, j in np.argwhere(enough & ~exact):
        rows = np.flatnonzero((has_x[:, i] > 0) & (has_y[:, j] > 0))
        basis = _basis(rows, len(left), (), "pearson")
        _correlate_block(
            found, (left, right), (rows, np.array([i]), np.array([j])), basis, "pearson"
        )
    return found


def _spearman_by_ranks(left: FloatArray, right: FloatArray) -> Correlations:
    n = np.isfinite(left).T.astype(np.float64) @ np.isfinite(right)
    enough = n >= 3
    rho = np.clip(spearman(left, right), -1, 1)
    return Correlations(np.where(enough, rho, np.nan), n, np.where(enough, 0.0, np.nan))


def _standardised(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return columns centred and of unit length, 0 where missing; 1 where not; and the least.

    Columns that do not vary are NaN.

    The least is the sum of squares, of the pair's rows, which is more than rounding for sure.
    """
    has = np.isfinite(values)
    known = np.where(has, values, 0)
    centred = np.where(has, values - known.sum(axis=0) / np.maximum(has.sum(axis=0), 1), 0)
    length, size = np.linalg.norm(centred, axis=0), np.linalg.norm(known, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        unit, least = centred / length, (2 * _FLAT * size / length) ** 2
    return unit, has.astype(np.float64), least


def _correlate_block(
    found: Correlations,
    sides: tuple[FloatArray, FloatArray],
    where: tuple[IntArray, IntArray, IntArray],
    basis: FloatArray | None,
    method: Kind,
) -> None:
    rows, columns, opposite = where
    block = np.ix_(columns, opposite)
    found.n[block] = len(rows)
    if basis is None:
        return
    found.k[block] = basis.shape[1] - 1
    one = two = _adjusted(sides[0][np.ix_(rows, columns)], basis, method)
    if sides[0] is not sides[1] or columns is not opposite:
        two = _adjusted(sides[1][np.ix_(rows, opposite)], basis, method)
    found.r[block] = np.clip(one.T @ two, -1, 1)


def _basis(
    rows: IntArray, n: int, covariates: Sequence[Covariate], method: Kind
) -> FloatArray | None:
    """Return an orthonormal basis of mean and covariates, or None where they cannot be solved."""
    if len(rows) < 3:
        return None
    used: BoolArray = np.zeros(n, dtype=bool)
    used[rows] = True
    try:
        build_design(np.zeros(n, dtype=np.intp), [""], covariates, used, "the mean")
    except CompareError:
        return None  # solvable with all studies (that was checked), not with these
    blocks = [item.columns(used)[rows] for item in covariates]
    if method == "spearman":
        blocks = [np.asarray(stats.rankdata(block, axis=0)) for block in blocks]
    design = np.hstack([np.ones((len(rows), 1)), *blocks])
    basis, _ = np.linalg.qr(design)
    return np.asarray(basis, dtype=np.float64)


def _adjusted(values: FloatArray, basis: FloatArray, method: Kind) -> FloatArray:
    """Return what mean and covariates leave of each column, at unit length."""
    if method == "spearman":
        values = np.asarray(stats.rankdata(values, axis=0), dtype=np.float64)
    centred = values - values.mean(axis=0)
    rest = centred - basis @ (basis.T @ centred)
    rest -= basis @ (basis.T @ rest)
    length = np.linalg.norm(rest, axis=0)
    flat = length <= _FLAT * np.maximum(np.linalg.norm(values, axis=0), 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        unit: FloatArray = np.where(flat, np.nan, rest / length)
    return unit
