"""Ordinary least squares of many columns on one design, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg

from neuroflow.compare.cells import FloatArray, IntArray

Robust = Literal["none", "HC3", "cluster"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear model fitted to many columns.

    Parameters
    ----------
    design
        n x p.
    coefficients
        p x m.
    residuals
        n x m.
    unscaled
        The inverse of the design's cross product, p x p.
    df
        Residual degrees of freedom.
    """

    design: FloatArray
    coefficients: FloatArray
    residuals: FloatArray
    unscaled: FloatArray
    df: int

    @property
    def sd(self) -> FloatArray:
        """Residual standard deviation, shape (m,); NaN where no degrees of freedom are left."""
        squares: FloatArray = np.einsum("nm,nm->m", self.residuals, self.residuals)
        return np.sqrt(squares / self.df) if self.df > 0 else np.full(len(squares), np.nan)

    @property
    def leverage(self) -> FloatArray:
        """Diagonal of the hat matrix, shape (n,)."""
        hat: FloatArray = np.einsum("np,pq,nq->n", self.design, self.unscaled, self.design)
        return hat


def fit(design: FloatArray, values: FloatArray) -> Fit:
    """Fit all columns at once.

    Parameters
    ----------
    design
        n x p, of full rank.
    values
        n x m, without missing values.

    Returns
    -------
    Fit
        By QR decomposition.
    """
    q, r = linalg.qr(design, mode="economic")
    coefficients = linalg.solve_triangular(r, q.T @ values)
    inverse = linalg.solve_triangular(r, np.eye(r.shape[0]))
    return Fit(
        design=design,
        coefficients=coefficients,
        residuals=values - design @ coefficients,
        unscaled=inverse @ inverse.T,
        df=design.shape[0] - design.shape[1],
    )


def scale(model: Fit, weights: FloatArray) -> float:
    """Return a contrast's standard error in units of the residual SD.

    Parameters
    ----------
    model
        A fit.
    weights
        The contrast, shape (p,).

    Returns
    -------
    float
        ``sqrt(w' (X'X)^-1 w)``.
    """
    return float(np.sqrt(weights @ model.unscaled @ weights))


def standard_errors(
    model: Fit, weights: FloatArray, robust: Robust = "none", cluster: IntArray | None = None
) -> tuple[FloatArray, float]:
    """Return the standard errors of one contrast and their degrees of freedom.

    Parameters
    ----------
    model
        A fit of m columns.
    weights
        The contrast, shape (p,).
    robust
        ``"none"`` for equal variances, ``"HC3"``, or ``"cluster"`` for repeated visits (CR1).
    cluster
        Whose each row is, shape (n,); for ``"cluster"``.

    Returns
    -------
    se : ndarray of float, shape (m,)
    df : float
        The residual ones, or clusters minus one.

    References
    ----------
    MacKinnon JG, White H (1985), J Econometrics 29:305-325 (HC3).
    Cameron AC, Miller DL (2015), J Hum Resour 50:317-372 (CR1, t with clusters - 1).
    """
    if robust == "none":
        return scale(model, weights) * model.sd, model.df
    covariance, df = covariances(model, weights[None, :], robust, cluster)
    return np.sqrt(covariance[:, 0, 0]), df


def covariances(
    model: Fit, weights: FloatArray, robust: Robust = "none", cluster: IntArray | None = None
) -> tuple[FloatArray, float]:
    """Return the covariance of several contrasts for every column.

    Parameters
    ----------
    model, robust, cluster
        As for `standard_errors`.
    weights
        k contrasts, shape (k, p).

    Returns
    -------
    covariance : ndarray of float, shape (m, k, k)
    df : float
        Degrees of freedom of the denominator.
    """
    if robust == "none":
        plain = weights @ model.unscaled @ weights.T
        return model.sd[:, None, None] ** 2 * plain, model.df
    influence = model.design @ (model.unscaled @ weights.T)
    if robust == "HC3":
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = (model.residuals / (1 - model.leverage)[:, None]) ** 2
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

    Parameters
    ----------
    model, robust, cluster
        As for `standard_errors`.
    weights
        k independent contrasts, shape (k, p).

    Returns
    -------
    f : ndarray of float, shape (m,)
        Wald's F.
    df : float
        Degrees of freedom of the denominator; those of the numerator are k.
    np2 : ndarray of float, shape (m,)
        Partial eta squared, with ordinary standard errors.

    References
    ----------
    Cohen J (1973), Educ Psychol Meas 33:107-112 (partial eta squared).
    """
    k = len(weights)
    estimates = (weights @ model.coefficients).T[:, :, None]

    def wald(covariance: FloatArray) -> FloatArray:
        solved = np.linalg.pinv(covariance, hermitian=True) @ estimates
        f: FloatArray = (estimates.transpose(0, 2, 1) @ solved)[:, 0, 0] / k
        return f

    plain = wald(covariances(model, weights)[0])
    np2 = plain * k / (plain * k + model.df)
    if robust == "none":
        return plain, model.df, np2
    covariance, df = covariances(model, weights, robust, cluster)
    return wald(covariance), df, np2


def patterns(values: FloatArray) -> list[tuple[IntArray, IntArray]]:
    """Group columns by which rows they miss, so that each pattern is solved once.

    Parameters
    ----------
    values
        n x m, NaN where missing.

    Returns
    -------
    list of (rows, columns)
        Positions of the complete rows and of the columns that share them.

    Examples
    --------
    >>> table = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    >>> [(rows.tolist(), columns.tolist()) for rows, columns in patterns(table)]
    [([0, 1], [0, 1]), ([1], [2])]
    """
    present = np.isfinite(values)
    packed = np.packbits(present, axis=0)
    found: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        found.setdefault(packed[:, column].tobytes(), []).append(column)
    return [
        (np.flatnonzero(present[:, columns[0]]), np.array(columns, dtype=np.intp))
        for columns in found.values()
    ]
