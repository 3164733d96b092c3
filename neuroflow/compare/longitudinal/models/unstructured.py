"""Repeated measures at planned visits with an unstructured covariance, by REML."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuroflow.matrix import FloatArray, IntArray

_STEPS = 100
_CONVERGED = 1e-9


@dataclass(frozen=True, slots=True)
class RepeatedFit:
    """One model of one region."""

    coefficients: FloatArray  # (p,)
    covariance: FloatArray  # of the coefficients, p x p
    visits: FloatArray  # covariance of the visits, k x k
    converged: bool
    derivatives: FloatArray  # of the inverse of `covariance`, sign changed: parameters x p x p
    hessian: FloatArray  # of the deviance, by the covariance of visits

    def contrast(self, weights: FloatArray) -> tuple[float, float, float]:
        """Return estimate, standard error and Satterthwaite's degrees of freedom."""
        solved = self.covariance @ weights
        variance = float(weights @ solved)
        gradient = np.einsum("p,kpq,q->k", solved, self.derivatives, solved)
        spread = float(gradient @ np.linalg.pinv(self.hessian) @ gradient)
        return float(weights @ self.coefficients), np.sqrt(variance), variance**2 / spread


def fit_repeated(design: FloatArray, values: FloatArray) -> RepeatedFit:
    """Fit people x visits with a design of people x visits x coefficients; NaN where missing.

    Mallinckrodt CH et al. (2008), Drug Inf J 42:303-319 (this model in trials); Jennrich RI,
    Schluchter MD (1986), Biometrics 42:805-820 (Fisher scoring).
    """
    model = _Repeated(design, values)
    theta = model.start()
    deviance = model.deviance(theta)
    converged = False
    for _ in range(_STEPS):
        gradient, expected, _, _ = model.derivatives(theta)
        step = -np.linalg.solve(expected, gradient)
        gain = float(-gradient @ step)
        for _ in range(30):
            new = model.deviance(theta + step)
            if new <= deviance + 1e-10 * abs(deviance):
                break
            step = step / 2
        else:
            break
        theta, deviance = theta + step, new
        if gain < _CONVERGED:
            converged = True
            break
    _, _, observed, first = model.derivatives(theta)
    beta, covariance, _ = model.solve(theta)
    return RepeatedFit(beta, covariance, model.matrix(theta), converged, first, observed)


class _Repeated:
    """Sums over people with the same visits."""

    def __init__(self, design: FloatArray, values: FloatArray) -> None:
        self.k, self.p = design.shape[1:]
        self._basis = []
        for row in range(self.k):
            for column in range(row + 1):
                entry = np.zeros((self.k, self.k))
                entry[row, column] = entry[column, row] = 1
                self._basis.append(entry)
        there = np.isfinite(values)
        self._x, self._y = np.where(there[:, :, None], design, 0), np.where(there, values, 0)
        codes = there @ (1 << np.arange(self.k))
        self._patterns = [
            (np.flatnonzero(there[codes == code][0]), np.flatnonzero(codes == code))
            for code in np.unique(codes[codes > 0])
        ]

    def start(self) -> FloatArray:
        """Return the diagonal of the residual variances."""
        used = self._x.any(axis=2)
        beta = np.linalg.lstsq(self._x[used], self._y[used], rcond=None)[0]
        spread = float(np.mean((self._y[used] - self._x[used] @ beta) ** 2))
        return np.array([spread * (entry.trace() > 0) for entry in self._basis], dtype=np.float64)

    def matrix(self, theta: FloatArray) -> FloatArray:
        return np.asarray(np.tensordot(theta, np.array(self._basis), 1), dtype=np.float64)

    def _inverse(self, theta: FloatArray, visits: IntArray) -> FloatArray:
        """Return the inverse for people with some visits, zero elsewhere."""
        found, some = np.zeros((self.k, self.k)), np.ix_(visits, visits)
        found[some] = np.linalg.inv(self.matrix(theta)[some])
        return found

    def solve(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
        """Return coefficients, their covariance and the inverses of the patterns."""
        inverses = [self._inverse(theta, visits) for visits, _ in self._patterns]
        information, xy = np.zeros((self.p, self.p)), np.zeros(self.p)
        for inverse, (_, people) in zip(inverses, self._patterns, strict=True):
            x, y = self._x[people], self._y[people]
            information += np.einsum("nap,ab,nbq->pq", x, inverse, x, optimize=True)
            xy += np.einsum("nap,ab,nb->p", x, inverse, y, optimize=True)
        covariance: FloatArray = np.asarray(np.linalg.inv(information), dtype=np.float64)
        return covariance @ xy, covariance, inverses

    def deviance(self, theta: FloatArray) -> float:
        """Return minus twice the restricted log likelihood; infinite where there is none."""
        total = 0.0
        for visits, people in self._patterns:
            sign, logdet = np.linalg.slogdet(self.matrix(theta)[np.ix_(visits, visits)])
            if sign <= 0 or np.linalg.eigvalsh(self.matrix(theta)[np.ix_(visits, visits)])[0] <= 0:
                return np.inf
            total += float(logdet) * len(people)
        beta, covariance, inverses = self.solve(theta)
        for inverse, (_, people) in zip(inverses, self._patterns, strict=True):
            rest = self._y[people] - self._x[people] @ beta
            total += float(np.einsum("na,ab,nb->", rest, inverse, rest, optimize=True))
        return total - float(np.linalg.slogdet(covariance)[1])

    def derivatives(
        self, theta: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return gradient, expected and observed Hessian, and X' V^-1 E_k V^-1 X."""
        beta, covariance, inverses = self.solve(theta)
        n = len(self._basis)
        first, h, square = np.zeros((n, self.p, self.p)), np.zeros((n, self.p)), np.zeros(n)
        trace, double, second, rest2 = np.zeros(n), *(np.zeros((n, n)) for _ in range(3))
        for w, (_, people) in zip(inverses, self._patterns, strict=True):
            x, count = self._x[people], len(people)
            rest = (self._y[people] - x @ beta) @ w
            s = np.einsum("nap,nbq->abpq", x, x)
            leverage = np.einsum("abpq,pq->ab", s, covariance)  # X C X', summed
            outer, cross = rest.T @ rest, np.einsum("nap,nb->abp", x, rest)
            for k, e in enumerate(self._basis):
                we = w @ e
                first[k] += np.einsum("ab,abpq->pq", we @ w, s)
                h[k] += np.einsum("ab,abp->p", we, cross)
                trace[k] += count * np.trace(we)
                square[k] += np.sum(e * outer)
                for other, e2 in enumerate(self._basis):
                    wewe = we @ w @ e2
                    double[k, other] += count * np.trace(wewe)
                    second[k, other] += np.sum((wewe @ w) * leverage)
                    rest2[k, other] += np.sum((e @ w @ e2) * outer)
        solved = covariance @ first
        projected = double - second - second.T + np.einsum("kpq,lqp->kl", solved, solved)
        gradient = trace - np.einsum("kpp->k", solved) - square
        observed = -projected + 2 * (rest2 - h @ covariance @ h.T)
        return gradient, projected, (observed + observed.T) / 2, first
