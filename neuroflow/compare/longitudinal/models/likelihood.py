"""The restricted likelihood of a mixed model, many columns at once, with its derivatives.

People have a random intercept and a random slope over time. Everything a column needs of a person
are the products of the person's rows with (1, time), so that a step is a few products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from neuroflow.matrix import FloatArray, IntArray

# Which entries of the random effects' 2 x 2 covariance each of its three parameters is.
_ENTRIES = (((0, 0),), ((0, 1), (1, 0)), ((1, 1),))
_Pair = tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The deviance at some covariances of the random effects, and what follows from it."""

    gradient: FloatArray  # by the three parameters, m x 3; the residual variance profiled out
    hessian: FloatArray  # m x 3 x 3
    coefficients: FloatArray  # of the orthonormal design, p x m
    unscaled: FloatArray  # their covariance over the residual variance, m x p x p
    variance: FloatArray  # of the residuals, shape (m,)
    slopes: FloatArray  # of the inverse of `unscaled`, with the sign changed: m x 3 x p x p
    share: FloatArray  # derivative of the residual variance, with the sign changed: m x 3


class RestrictedLikelihood:
    """Products of one design with many columns without gaps.

    Bates D et al. (2015), J Stat Softw 67(1) (profiled deviance); Lindstrom MJ, Bates DM (1988), J
    Am Stat Assoc 83:1014-1022 (derivatives).
    """

    def __init__(
        self,
        design: FloatArray,
        time: FloatArray,
        values: FloatArray,
        who: IntArray,
        # Counts each person so many times, for a bootstrap.
        weights: FloatArray | None = None,
    ) -> None:
        """Take an orthonormal design (n x p), values (n x m) and people's codes 0, 1, ..."""
        count = int(who.max()) + 1
        self._weights = np.ones(count) if weights is None else weights
        order = np.argsort(who, kind="stable")
        starts = np.searchsorted(who[order], np.arange(count))

        def sums(rows: FloatArray) -> FloatArray:
            return np.asarray(np.add.reduceat(rows[order], starts, axis=0), dtype=np.float64)

        z = np.column_stack([np.ones(len(time)), time, time**2])
        self._s = sums(z)[:, :, None]  # people x (n, sum, sum of squares) x 1
        u = [sums(design * z[:, [power]]) for power in (0, 1)]
        self._u, p = u, design.shape[1]
        cross = [u[0][:, :, None] * u[0][:, None], u[1][:, :, None] * u[1][:, None]]
        mixed = u[0][:, :, None] * u[1][:, None]
        self._uu = [
            block.reshape(count, p * p)
            for block in (cross[0], mixed + mixed.transpose(0, 2, 1), cross[1])
        ]
        self._w = [sums(values * z[:, [power]]) for power in (0, 1)]
        each = self._weights[who]
        self._xx: FloatArray = (design * each[:, None]).T @ design
        self._xy: FloatArray = (design * each[:, None]).T @ values
        self._yy: FloatArray = each @ values**2
        self.p, self.m = p, values.shape[1]
        self.df = float(each.sum()) - p

    def take(self, columns: IntArray) -> RestrictedLikelihood:
        """Return the same for some of the columns."""
        part = object.__new__(RestrictedLikelihood)
        part.__dict__.update(self.__dict__)
        part._w = [block[:, columns] for block in self._w]
        part._xy, part._yy, part.m = self._xy[:, columns], self._yy[columns], len(columns)
        return part

    def deviance(self, d: FloatArray) -> FloatArray:
        """Return minus twice the restricted log likelihood, but for a constant; `d` is m x 3."""
        point = _Point(self, d)
        unscaled_logdet = np.linalg.slogdet(point.information)[1]
        spread = self._weights @ np.log(point.delta)
        return np.asarray(spread + unscaled_logdet + self.df * np.log(point.squares))

    def derivatives(self, d: FloatArray) -> Derivatives:
        """Return all that a step of Newton's method and degrees of freedom need."""
        point = _Point(self, d)
        variance = point.squares / self.df
        t, rest = point.between, point.residual
        outer = _symmetric(lambda a, b: rest[a] * rest[b] / variance)
        leverage = point.leverage()
        weights = self._weights
        first = _symmetric(lambda a, b: t[a][b] - leverage[a][b] - outer[a][b])
        second = _symmetric(lambda a, b: 2 * (leverage[a][b] + outer[a][b]) - t[a][b])
        gradient = np.stack([weights @ _trace(k, first) for k in range(3)], axis=1)
        share = np.stack([weights @ _trace(k, outer) for k in range(3)], axis=1)
        slopes, h = point.slopes(), point.moments()
        solved = point.unscaled[:, None] @ slopes  # m x 3 x p x p
        hessian = np.empty((self.m, 3, 3))
        for k, other in product(range(3), repeat=2):
            hessian[:, k, other] = weights @ _double_trace(k, other, t, second)
        hessian -= np.einsum("mkpq,mlqp->mkl", solved, solved)
        hessian -= 2 * np.einsum("mkp,mpq,mlq->mkl", h, point.unscaled, h) / variance[:, None, None]
        hessian -= share[:, :, None] * share[:, None] / self.df
        return Derivatives(
            gradient,
            hessian,
            point.beta,
            point.unscaled,
            variance,
            slopes,
            share * (variance / self.df)[:, None],
        )


class _Point:
    """The model at one covariance of the random effects per column."""

    def __init__(self, model: RestrictedLikelihood, d: FloatArray) -> None:
        self._model = model
        d0, d1, d2 = np.asarray(d, dtype=np.float64).T[:, None]
        s0, s1, s2 = (model._s[:, k] for k in range(3))
        det_d, det_s = d0 * d2 - d1**2, s0 * s2 - s1**2
        self.delta: FloatArray = 1 + d0 * s0 + 2 * d1 * s1 + d2 * s2 + det_d * det_s
        each = 1 / self.delta
        shrink = [(d0 + det_d * s2) * each, (d1 - det_d * s1) * each, (d2 + det_d * s0) * each]
        shrink = [model._weights[:, None] * part for part in shrink]
        w, u = model._w, model._u
        self.information = model._xx - self._quadratic(shrink)
        mw = [shrink[0] * w[0] + shrink[1] * w[1], shrink[1] * w[0] + shrink[2] * w[1]]
        xy = model._xy - u[0].T @ mw[0] - u[1].T @ mw[1]
        self.beta: FloatArray = np.linalg.solve(self.information, xy.T[:, :, None])[:, :, 0].T
        yy = model._yy - (w[0] * mw[0]).sum(axis=0) - (w[1] * mw[1]).sum(axis=0)
        tiny = np.finfo(np.float64).tiny
        self.squares: FloatArray = np.maximum(yy - (self.beta * xy).sum(axis=0), tiny)
        off = (s1 - det_s * d1) * each  # Z' V^-1 Z
        self.between = ((s0 + det_s * d2) * each, off), (off, (s2 + det_s * d0) * each)
        self._n = (
            ((1 + d2 * s2 + d1 * s1) * each, -(d2 * s1 + d1 * s0) * each),
            (-(d1 * s2 + d0 * s1) * each, (1 + d1 * s1 + d0 * s0) * each),
        )

    def _quadratic(self, parts: list[FloatArray]) -> FloatArray:
        """Return the sum over people of u' A u for symmetric 2 x 2 matrices A, m x p x p."""
        model = self._model
        total = sum(part.T @ block for part, block in zip(parts, model._uu, strict=True))
        return np.asarray(total, dtype=np.float64).reshape(-1, model.p, model.p)

    @cached_property
    def unscaled(self) -> FloatArray:
        return np.asarray(np.linalg.inv(self.information), dtype=np.float64)

    @cached_property
    def residual(self) -> list[FloatArray]:
        """Z' V^-1 of the residuals: two of people x m."""
        model, n = self._model, self._n
        rest = [w - u @ self.beta for w, u in zip(model._w, model._u, strict=True)]
        return [n[a][0] * rest[0] + n[a][1] * rest[1] for a in (0, 1)]

    def leverage(self) -> _Pair:
        """Return Z' V^-1 X C X' V^-1 Z of every person."""
        flat = self.unscaled.reshape(len(self.unscaled), -1).T
        c00, c01, c11 = (block @ flat for block in self._model._uu)
        n, c01 = self._n, c01 / 2
        inner = ((c00, c01), (c01, c11))

        def entry(a: int, b: int) -> FloatArray:
            total = sum(n[a][c] * inner[c][d] * n[b][d] for c, d in product((0, 1), repeat=2))
            return np.asarray(total, dtype=np.float64)

        return _symmetric(entry)

    def slopes(self) -> FloatArray:
        """Return X' V^-1 V_k V^-1 X for the three parameters, m x 3 x p x p."""
        n, weights = self._n, self._model._weights[:, None]
        found = []
        for entries in _ENTRIES:
            parts = [
                sum(n[a][0] * n[b][0] for a, b in entries),
                sum((n[a][0] * n[b][1] + n[a][1] * n[b][0]) / 2 for a, b in entries),
                sum(n[a][1] * n[b][1] for a, b in entries),
            ]
            found.append(self._quadratic([weights * part for part in parts]))
        return np.stack(found, axis=1)

    def moments(self) -> FloatArray:
        """Return X' V^-1 V_k P y for the three parameters, m x 3 x p."""
        n, rest, model = self._n, self.residual, self._model
        weights, found = model._weights[:, None], []
        for entries in _ENTRIES:
            parts = [sum(n[a][c] * rest[b] for a, b in entries) for c in (0, 1)]
            found.append(sum(u.T @ (weights * v) for u, v in zip(model._u, parts, strict=True)))
        return np.stack(found).transpose(2, 0, 1)


def _symmetric(entry: Callable[[int, int], FloatArray]) -> _Pair:
    off = entry(0, 1)
    return (entry(0, 0), off), (off, entry(1, 1))


def _trace(k: int, a: _Pair) -> FloatArray:
    """Return tr(E_k A), E_k being the derivative of the covariance by its parameter k."""
    return np.asarray(sum(a[i][j] for i, j in _ENTRIES[k]), dtype=np.float64)


def _double_trace(k: int, other: int, a: _Pair, b: _Pair) -> FloatArray:
    """Return tr(E_k A E_l B)."""
    terms = (a[j][c] * b[e][i] for (i, j), (c, e) in product(_ENTRIES[k], _ENTRIES[other]))
    return np.asarray(sum(terms), dtype=np.float64)
