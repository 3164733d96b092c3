"""Robust standard errors: HC3 for studies, CR2 for the studies of a participant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from neuroflow.compare.stats.linear.fit import Fit, Robust
from neuroflow.matrix import FloatArray, IntArray

_ALONE = 1e-9  # what is left of a leverage of one, which only rounding keeps from zero


@dataclass(frozen=True, slots=True)
class Sandwich:
    """How far each unit, a study or a participant, moves some contrasts of a fit."""

    vectors: FloatArray  # n x k: a residual's part in each contrast
    order: IntArray  # the studies, unit by unit
    starts: IntArray  # where each unit begins in `order`
    df: float  # of one contrast, or of the denominator of F
    factor: float  # by which the Wald statistic over k is multiplied to be F
    own_df: float  # what `df` is if it is computed from the errors

    @classmethod
    def hc3(cls, model: Fit, weights: FloatArray) -> Sandwich:
        """Return HC3 errors of k contrasts.

        MacKinnon JG, White H (1985), J Econometrics 29:305-325.
        """
        influence = model.design @ (model.unscaled @ weights.T)
        left = 1 - model.leverage
        alone = left < _ALONE  # such a study has no residual
        vectors = influence / np.where(alone, np.inf, left)[:, None]
        if (np.abs(influence[alone]) > _ALONE).any():
            vectors[:] = np.nan
        everyone = np.arange(len(left))
        own, _ = _degrees(model, weights, vectors, everyone, everyone)
        return cls(vectors, everyone, everyone, model.df, 1.0, own)

    @classmethod
    def cr2(cls, model: Fit, weights: FloatArray, cluster: IntArray) -> Sandwich:
        """Return CR2 errors of k contrasts, with the degrees of freedom that belong to them.

        Bell RM, McCaffrey DF (2002), Surv Methodol 28:169-181 (CR2).
        """
        order, starts = _units(cluster)
        vectors = np.empty((len(cluster), len(weights)))
        influence = model.unscaled @ weights.T
        sizes = np.diff(starts, append=len(order))
        for size in np.unique(sizes):
            rows = order[starts[sizes == size][:, None] + np.arange(size)]
            vectors[rows] = _adjusted(model, influence, model.design[rows])
        # Pustejovsky JE, Tipton E (2018), J Bus Econ Stat 36:672-683 (degrees of freedom of t and
        # F).
        df, factor = _degrees(model, weights, vectors[order], starts, order)
        return cls(vectors, order, starts, df, factor, df)

    def expected_coverage(self, confidence: float) -> float:
        """Return how often an interval with `df` degrees of freedom holds the truth."""
        if not np.isfinite(self.own_df):
            return np.nan
        quantile = float(special.stdtrit(self.df, (1 + confidence) / 2))
        return float(2 * special.stdtr(self.own_df, quantile) - 1)

    def scores(self, residuals: FloatArray, contrast: int = 0) -> FloatArray:
        """Return what each unit adds to a contrast, units x columns."""
        parts = (residuals * self.vectors[:, contrast, None])[self.order]
        return np.asarray(np.add.reduceat(parts, self.starts, axis=0))

    def covariance(self, residuals: FloatArray) -> FloatArray:
        """Return the covariance of the contrasts, columns x k x k."""
        scores = np.stack([self.scores(residuals, k) for k in range(self.vectors.shape[1])])
        found: FloatArray = np.einsum("kgm,lgm->mkl", scores, scores, optimize=True)
        return found


def sandwich(model: Fit, weights: FloatArray, robust: Robust, cluster: IntArray | None) -> Sandwich:
    """Return the robust errors of k contrasts, shape k x p."""
    if robust == "HC3":
        return Sandwich.hc3(model, weights)
    if cluster is None:
        raise ValueError("cluster-robust errors need the clusters")
    return Sandwich.cr2(model, weights, cluster)


def spread_df(model: Fit, cluster: IntArray | None) -> FloatArray:
    """Return the degrees of freedom of the residual SD, each unit a study or a participant."""
    left = np.maximum(1 - model.leverage, _ALONE)[:, None]
    excess = (model.residuals**2 / left - model.sd**2) / len(left)
    small = 1.0
    if cluster is not None:
        order, starts = _units(cluster)
        excess = np.add.reduceat(excess[order], starts, axis=0)
        small = len(starts) / (len(starts) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * model.sd**4 / (small * np.asarray((excess**2).sum(axis=0)))


def _units(cluster: IntArray) -> tuple[IntArray, IntArray]:
    """Return the studies participant by participant, and where each participant begins."""
    order = np.argsort(cluster, kind="stable")
    return order, np.flatnonzero(np.diff(cluster[order], prepend=cluster[order[0]] - 1))


def _adjusted(model: Fit, influence: FloatArray, x: FloatArray) -> FloatArray:
    """Return the vectors of clusters of one size; x is clusters x size x p."""
    left = np.eye(x.shape[1]) - x @ model.unscaled @ x.transpose(0, 2, 1)
    roots, axes = np.linalg.eigh(left)
    along = axes.transpose(0, 2, 1) @ (x @ influence)
    alone = roots < _ALONE  # a direction that the cluster determines by itself
    if (np.abs(along[alone]) > _ALONE).any():
        return np.full((*x.shape[:2], influence.shape[1]), np.nan)
    with np.errstate(divide="ignore"):
        scale = np.where(alone, 0.0, np.where(alone, 1.0, np.abs(roots)) ** -0.5)
    adjusted: FloatArray = axes @ (scale[:, :, None] * along)
    return adjusted


def _degrees(
    model: Fit, weights: FloatArray, vectors: FloatArray, starts: IntArray, order: IntArray
) -> tuple[float, float]:
    """Return the denominator's degrees of freedom, and the factor of the Wald statistic over k."""
    if not np.isfinite(vectors).all():
        return np.nan, np.nan
    k = vectors.shape[1]
    middle = np.linalg.cholesky(weights @ model.unscaled @ weights.T)
    even = np.linalg.solve(middle, vectors.T).T  # contrasts that do not correlate
    x = model.design[order]
    sums = [np.add.reduceat(x * even[:, [s]], starts, axis=0) for s in range(k)]

    def own(s: int, t: int) -> tuple[FloatArray, FloatArray]:
        """Return the diagonal of clusters x clusters, and the part of it from the design."""
        shared = np.einsum("gp,pq,gq->g", sums[s], model.unscaled, sums[t])
        return np.add.reduceat(even[:, s] * even[:, t], starts), shared

    def product(one: tuple[int, int], other: tuple[int, int]) -> float:
        """Sum the products of two matrices clusters x clusters without making them."""
        (own1, shared1), (own2, shared2) = own(*one), own(*other)
        left, right = (sums[i].T @ sums[j] for i, j in zip(one, other, strict=True))
        pairs = np.einsum("pq,pr,qs,rs->", left, model.unscaled, model.unscaled, right)
        return float((own1 * own2 - own1 * shared2 - shared1 * own2).sum() + pairs)

    trace = np.mean([np.subtract(*own(s, s)).sum() for s in range(k)])
    variance = sum(
        product((s, s), (t, t)) + product((s, t), (t, s)) for s in range(k) for t in range(k)
    )
    eta = k * (k + 1) * trace**2 / variance
    return eta - k + 1, (eta - k + 1) / eta
