"""Ordinary least squares of many columns on one design, standard errors and F tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuroflow.matrix import FloatArray, IntArray

Robust = Literal["none", "HC3", "cluster"]

_ALONE = 1e-9  # what is left of a leverage of one, which only rounding keeps from zero


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
        hat: FloatArray = np.einsum("np,pq,nq->n", self.design, self.unscaled, self.design)
        return hat


def fit_linear(design: FloatArray, values: FloatArray) -> Fit:
    """Fit all columns at once."""
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, (values.T @ q).T)  # twice as fast as q.T @ values
    inverse = np.linalg.inv(r)
    residuals = design @ coefficients
    np.subtract(values, residuals, out=residuals)
    squares: FloatArray = np.einsum("nm,nm->m", residuals, residuals)
    df = design.shape[0] - design.shape[1]
    return Fit(
        design=design,
        coefficients=coefficients,
        residuals=residuals,
        unscaled=inverse @ inverse.T,
        df=df,
        sd=np.sqrt(squares / df) if df > 0 else np.full(len(squares), np.nan),
    )


def scale(model: Fit, weights: FloatArray) -> float:
    """Return a contrast's standard error in units of the residual SD."""
    return float(np.sqrt(weights @ model.unscaled @ weights))


def standard_errors(
    model: Fit, weights: FloatArray, robust: Robust = "none", cluster: IntArray | None = None
) -> tuple[FloatArray, float]:
    """Return the standard errors of one contrast and their degrees of freedom.

    References
    ----------
    MacKinnon JG, White H (1985), J Econometrics 29:305-325 (HC3).
    Cameron AC, Miller DL (2015), J Hum Resour 50:317-372 (CR1, t with clusters - 1).
    """
    if robust == "none":
        return scale(model, weights) * model.sd, model.df
    covariance, df = _covariances(model, weights[None, :], robust, cluster)
    return np.sqrt(covariance[:, 0, 0]), df


def _covariances(
    model: Fit, weights: FloatArray, robust: Robust, cluster: IntArray | None
) -> tuple[FloatArray, float]:
    """Return the robust covariance of k contrasts, m x k x k, and the degrees of freedom."""
    influence = model.design @ (model.unscaled @ weights.T)
    if robust == "HC3":
        left = 1 - model.leverage
        alone = left < _ALONE  # such a row has no residual
        squares = (model.residuals / np.where(alone, np.inf, left)[:, None]) ** 2
        if (np.abs(influence[alone]) > _ALONE).any():
            squares[:] = np.nan
        return np.einsum("nk,nm,nl->mkl", influence, squares, influence, optimize=True), model.df
    if cluster is None:
        raise ValueError("cluster-robust errors need the clusters")
    names, codes = np.unique(cluster, return_inverse=True)
    members = np.zeros((len(names), len(codes)))
    members[codes, np.arange(len(codes))] = 1
    n, p = model.design.shape
    count = len(names)
    small = count / max(count - 1, 1) * (n - 1) / max(n - p, 1)
    sums = np.stack([members @ (model.residuals * column[:, None]) for column in influence.T])
    return small * np.einsum("kgm,lgm->mkl", sums, sums, optimize=True), count - 1


def f_test(
    model: Fit, weights: FloatArray, robust: Robust = "none", cluster: IntArray | None = None
) -> tuple[FloatArray, float, FloatArray]:
    """Test that several contrasts are all zero.

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
    if robust == "none":
        return f, model.df, np2
    covariance, df = _covariances(model, weights, robust, cluster)
    if not np.isfinite(covariance).all():
        return np.full_like(f, np.nan), df, np2
    inverse = np.linalg.pinv(covariance, hermitian=True)
    wald: FloatArray = np.einsum("km,mkl,lm->m", estimates, inverse, estimates)
    return wald / k, df, np2


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
