"""A linear model with a random intercept for each participant, many columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuroflow.matrix import FloatArray, IntArray

_GRID = np.concatenate([[0.0], np.geomspace(1e-3, 1e4, 57)])
"""Ratios of the variances of participants and residuals that are tried first."""
_REFINE = 40
_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """A mixed model fitted to many columns by restricted maximum likelihood."""

    coefficients: FloatArray  # p x m
    intercepts: FloatArray  # predicted for each row, n x m
    residuals: FloatArray  # beside both, n x m
    sd: FloatArray  # of the residuals, shape (m,)
    ratio: FloatArray  # variance between participants over that of the residuals, shape (m,)


def fit_random_intercept(design: FloatArray, values: FloatArray, who: IntArray) -> RandomIntercept:
    """Fit columns without gaps.

    Laird NM, Ware JH (1982), Biometrics 38:963-974; Pinheiro JC, Bates DM (2000), Mixed-effects
    models in S and S-PLUS, 2.2 (profiled REML).
    """
    _, person, n = np.unique(who, return_inverse=True, return_counts=True)
    fits = _Profile(design, values, person, n.astype(np.float64))
    criteria = np.stack([fits.criterion(np.full(values.shape[1], ratio)) for ratio in _GRID])
    best = criteria.argmin(axis=0)
    low, high = _GRID[np.maximum(best - 1, 0)], _GRID[np.minimum(best + 1, len(_GRID) - 1)]
    ratio = _golden(fits, low, high)
    at_zero = criteria[0] <= fits.criterion(ratio)
    return fits.solve(np.where(at_zero, 0.0, ratio))


def _golden(fits: _Profile, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the lowest point between two ratios, by golden sections on the square root."""
    left, right = np.sqrt(low), np.sqrt(high)
    for _ in range(_REFINE):
        step = _GOLDEN * (right - left)
        one, other = right - step, left + step
        lower = fits.criterion(one**2) < fits.criterion(other**2)
        left, right = np.where(lower, left, one), np.where(lower, other, right)
    return ((left + right) / 2) ** 2


class _Profile:
    """The restricted likelihood as a function of the ratio of variances alone."""

    def __init__(
        self, design: FloatArray, values: FloatArray, person: IntArray, n: FloatArray
    ) -> None:
        self._x, self._y, self._person, self._n = design, values, person, n
        members = np.zeros((len(n), len(person)))
        members[person, np.arange(len(person))] = 1
        self._sum_x: FloatArray = members @ design
        self._sum_y: FloatArray = members @ values
        self._xx: FloatArray = design.T @ design
        self._xy: FloatArray = design.T @ values
        self._yy: FloatArray = np.einsum("nm,nm->m", values, values)
        self._df = design.shape[0] - design.shape[1]

    def _cross(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return X'WX, X'Wy and y'Wy of each column; W is the inverse covariance."""
        weight = ratio / (1 + self._n[:, None] * ratio)  # participants x m
        x, y = self._sum_x, self._sum_y
        xx = self._xx - np.einsum("gm,gp,gq->mpq", weight, x, x, optimize=True)
        xy = self._xy - np.einsum("gm,gp,gm->pm", weight, x, y, optimize=True)
        yy = self._yy - np.einsum("gm,gm->m", weight, self._sum_y**2)
        return xx, xy, yy

    def _coefficients(self, xx: FloatArray, xy: FloatArray) -> FloatArray:
        solved = np.linalg.solve(xx, xy.T[:, :, None])[:, :, 0].T
        return np.asarray(solved, dtype=np.float64)

    def criterion(self, ratio: FloatArray) -> FloatArray:
        """Return minus twice the restricted log likelihood, but for a constant."""
        xx, xy, yy = self._cross(ratio)
        beta = self._coefficients(xx, xy)
        squares = np.maximum(yy - np.einsum("pm,pm->m", beta, xy), np.finfo(float).tiny)
        spread = np.log1p(self._n[:, None] * ratio).sum(axis=0)
        logdet = np.linalg.slogdet(xx)[1].astype(np.float64)
        return np.asarray(self._df * np.log(squares) + spread + logdet, dtype=np.float64)

    def solve(self, ratio: FloatArray) -> RandomIntercept:
        """Return the fit at a ratio."""
        xx, xy, yy = self._cross(ratio)
        beta = self._coefficients(xx, xy)
        squares = np.maximum(yy - np.einsum("pm,pm->m", beta, xy), 0)
        marginal = self._y - self._x @ beta
        sums = self._sum_y - self._sum_x @ beta
        own = (ratio / (1 + self._n[:, None] * ratio) * sums)[self._person]
        sd = np.sqrt(squares / self._df)
        return RandomIntercept(beta, own, marginal - own, sd, ratio)
