"""Ordinary least squares of many columns on one design, and F tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuroflow.matrix import FloatArray, IntArray

Robust = Literal["none", "HC3", "cluster"]
_ROWS = 64  # a block of a few hundred columns stays in the cache of a processor


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear model fitted to many columns."""

    design: FloatArray  # n x p
    coefficients: FloatArray  # p x m
    residuals: FloatArray  # n x m
    unscaled: FloatArray  # The inverse of the design's cross product, p x p
    df: int  # Residual degrees of freedom
    # Residual standard deviation, shape (m,); NaN where no degrees of freedom are left.
    sd: FloatArray

    @property
    def leverage(self) -> FloatArray:
        """Diagonal of the hat matrix, shape (n,)."""
        hat: FloatArray = np.einsum("np,np->n", self.design @ self.unscaled, self.design)
        return hat

    def squares_of(self, members: FloatArray) -> FloatArray:
        """Sum the squared residuals of groups; `members` is studies x groups."""
        found = np.zeros((members.shape[1], self.residuals.shape[1]))
        for rows in blocks(len(members)):
            found += members[rows].T @ self.residuals[rows] ** 2
        return found


def fit_linear(design: FloatArray, values: FloatArray) -> Fit:
    """Fit all columns at once."""
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, (values.T @ q).T)  # twice as fast as q.T @ values
    inverse = np.linalg.inv(r)
    residuals, squares = np.empty(values.shape), np.zeros(values.shape[1])
    for rows in blocks(len(values)):
        block = residuals[rows]
        np.matmul(design[rows], coefficients, out=block)
        np.subtract(values[rows], block, out=block)
        squares += np.einsum("nm,nm->m", block, block)
    df = design.shape[0] - design.shape[1]
    return Fit(
        design=design,
        coefficients=coefficients,
        residuals=residuals,
        unscaled=inverse @ inverse.T,
        df=df,
        sd=np.sqrt(squares / df) if df > 0 else np.full(len(squares), np.nan),
    )


def blocks(n: int) -> Iterator[slice]:
    """Yield blocks of rows that stay in the processor's cache from one step to the next."""
    return (slice(start, start + _ROWS) for start in range(0, n, _ROWS))


def scale(model: Fit, weights: FloatArray) -> float:
    """Return a contrast's standard error in units of the residual SD."""
    return float(np.sqrt(weights @ model.unscaled @ weights))


def wald_statistic(
    model: Fit, weights: FloatArray, covariance: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the Wald statistic that k contrasts are all zero over k, and partial eta squared.

    Without a robust covariance, columns x k x k, it is F.

    References
    ----------
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
    """Group columns by which rows they miss, so that each pattern is solved once.

    Examples
    --------
    >>> table = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    >>> [(rows.tolist(), columns.tolist()) for rows, columns in missing_patterns(table)]
    [([0, 1], [0, 1]), ([1], [2])]
    """
    present = np.isfinite(values)
    if present.all():
        return [(np.arange(len(values)), np.arange(values.shape[1]))]
    packed = np.packbits(present, axis=0)
    found: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        found.setdefault(packed[:, column].tobytes(), []).append(column)
    return [
        (np.flatnonzero(present[:, columns[0]]), np.array(columns, dtype=np.intp))
        for columns in found.values()
    ]
