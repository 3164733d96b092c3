"""Ordinary least squares of many columns on one design, and F tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from neuroflow.matrix import FloatArray, IntArray, all_finite

Robust = Literal["none", "HC3", "cluster"]
_ROWS = 128  # a block of a few hundred columns stays in the cache of a processor


@dataclass(frozen=True)
class Fit:
    """A linear model fitted to many columns."""

    design: FloatArray  # n x p
    values: FloatArray  # n x m
    coefficients: FloatArray  # p x m
    squares: FloatArray  # Sums of squared residuals of each group of studies, groups x m
    unscaled: FloatArray  # The inverse of the design's cross product, p x p
    df: int  # Residual degrees of freedom
    # Residual standard deviation, shape (m,); NaN where no degrees of freedom are left.
    sd: FloatArray

    @property
    def leverage(self) -> FloatArray:
        """Diagonal of the hat matrix, shape (n,)."""
        hat: FloatArray = np.einsum("np,np->n", self.design @ self.unscaled, self.design)
        return hat

    @cached_property
    def residuals(self) -> FloatArray:
        """What the model leaves, n x m; most tests need the sums of their squares only."""
        left: FloatArray = self.values - self.design @ self.coefficients
        return left


def fit_linear(design: FloatArray, values: FloatArray, members: FloatArray | None = None) -> Fit:
    """Fit all columns at once; `members`, studies x groups, has a 1 where a study is in a group."""
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, (values.T @ q).T)  # twice as fast as q.T @ values
    inverse = np.linalg.inv(r)
    groups = np.ones((len(values), 1)) if members is None else members
    squares = np.zeros((groups.shape[1], values.shape[1]))
    scratch = np.empty((min(_ROWS, len(values)), values.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in blocks(len(values)):
            block = scratch[: len(values[rows])]
            np.matmul(design[rows], coefficients, out=block)
            np.subtract(values[rows], block, out=block)
            np.multiply(block, block, out=block)
            squares += groups[rows].T @ block
    df = design.shape[0] - design.shape[1]
    total = squares.sum(axis=0)
    return Fit(
        design=design,
        values=values,
        coefficients=coefficients,
        squares=squares,
        unscaled=inverse @ inverse.T,
        df=df,
        sd=np.sqrt(total / df) if df > 0 else np.full(len(total), np.nan),
    )


def blocks(n: int) -> Iterator[slice]:
    """Yield blocks of rows that stay in the processor's cache from one step to the next."""
    return (slice(start, start + _ROWS) for start in range(0, n, _ROWS))


def scale(model: Fit, weights: FloatArray) -> float:
    """Return a contrast's standard error in units of the residual SD."""
    return float(np.sqrt(weights @ model.unscaled @ weights))


def wald_statistic(
    model: Fit,
    weights: FloatArray,
    covariance: FloatArray | None = None,  # robust, columns x k x k; without it, the statistic is F
) -> tuple[FloatArray, FloatArray]:
    """Return the Wald statistic that k contrasts are all zero over k, and partial eta squared.

    Cohen J (1973), Educ Psychol Meas 33:107-112 (partial eta squared).
    """
    k = len(weights)
    estimates = weights @ model.coefficients
    solved = np.linalg.solve(weights @ model.unscaled @ weights.T, estimates)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = (estimates * solved).sum(axis=0) / model.sd**2 / k
        np2 = f * k / (f * k + model.df)
    if covariance is None:
        return f, np2
    if not np.isfinite(covariance).all():
        return np.full_like(f, np.nan), np2
    inverse = np.linalg.pinv(covariance, hermitian=True)
    wald: FloatArray = np.einsum("km,mkl,lm->m", estimates, inverse, estimates)
    return wald / k, np2


def missing_patterns(values: FloatArray) -> list[tuple[IntArray, IntArray]]:
    """Group columns by which rows they miss, so that each pattern is solved once."""
    if all_finite(values):
        return [(np.arange(len(values)), np.arange(values.shape[1]))]
    present = np.isfinite(values)
    packed = np.packbits(present, axis=0)
    found: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        found.setdefault(packed[:, column].tobytes(), []).append(column)
    return [
        (np.flatnonzero(present[:, columns[0]]), np.array(columns, dtype=np.intp))
        for columns in found.values()
    ]
