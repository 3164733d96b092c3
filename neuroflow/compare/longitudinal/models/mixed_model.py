"""Mixed models of many columns on one design: variances by REML, and Satterthwaite's tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuroflow.compare.longitudinal.models.likelihood import Derivatives, RestrictedLikelihood
from neuroflow.matrix import BoolArray, FloatArray, IntArray

STRUCTURES = {
    "intercept and slope": (0, 1, 2),
    "intercept and slope, uncorrelated": (0, 2),
    "intercept": (0,),
    "none": (),
}
"""Random effects from the richest to none, and their entries in the Cholesky factor."""

_STEPS = 60
_HALVINGS = 12
_CONVERGED = 1e-9  # of the deviance that a further step would gain
_SINGULAR = 1e-4  # of the residual SD; lme4's isSingular has the same
_PEOPLE = 3  # with three visits or more, for a random slope


@dataclass(frozen=True, slots=True)
class MixedFit:
    """One mixed model per column."""

    coefficients: FloatArray  # p x m
    unscaled: FloatArray  # their covariance over the residual variance, m x p x p
    variance: FloatArray  # of the residuals, shape (m,)
    random: FloatArray  # covariance of intercept and slope over that: (0, 0), (0, 1), (1, 1), m x 3
    structure: IntArray  # the place of the random effects in `STRUCTURES`, shape (m,)
    slopes: FloatArray  # derivatives of `unscaled`'s inverse, m x 3 x p x p
    share: FloatArray  # derivatives of the residual variance, m x 3
    hessian: FloatArray  # of the profiled deviance, m x 3 x 3
    df: float  # residual degrees of freedom, people's effects not counted

    @property
    def names(self) -> list[str]:
        """The random effects of every column in words."""
        words = list(STRUCTURES)
        return [words[place] for place in self.structure.tolist()]

    def contrast(self, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return estimate, standard error and Satterthwaite's degrees of freedom, each (m,).

        Satterthwaite FE (1946), Biometrics Bull 2:110-114; Kuznetsova A et al. (2017), J Stat Softw
        82(13) (its form for mixed models).
        """
        estimate = weights @ self.coefficients
        solved = self.unscaled @ weights  # m x p
        size = solved @ weights
        gradient = np.einsum("mp,mkpq,mq->mk", solved, self.slopes, solved)
        # The residual variance is profiled out: its own part, and what it shares with the others.
        own = gradient - self.share * (size / self.variance)[:, None]
        spread = 1 / self.df + _inverse_form(self, own) / size**2
        return estimate, np.sqrt(self.variance * size), 1 / spread


def _inverse_form(fit: MixedFit, own: FloatArray) -> FloatArray:
    """Return g' H^-1 g over the parameters that each column's model has."""
    found = np.zeros(len(own))
    for place, entries in enumerate(STRUCTURES.values()):
        here = np.flatnonzero(fit.structure == place)
        if entries and len(here):
            kept = np.array(entries)
            part = fit.hessian[here][:, kept[:, None], kept]
            mine = own[here][:, kept]
            found[here] = np.einsum("mk,mkl,ml->m", mine, np.linalg.pinv(part), mine)
    return found


def fit_mixed(
    design: FloatArray,
    time: FloatArray,
    values: FloatArray,
    who: IntArray,
    *,
    slope: bool = True,
    weights: FloatArray | None = None,
) -> MixedFit:
    """Fit columns without gaps; where a model is singular, the next simpler one is used.

    Pinheiro JC, Bates DM (2000), Mixed-effects models in S and S-PLUS, 2.2 (profiled REML).
    """
    q, r = np.linalg.qr(design)
    start = np.linalg.solve(r, q.T @ values)
    values = values - design @ start  # restricted likelihood does not see it, and numbers are small
    unit = float(np.sqrt(np.mean(time**2))) or 1.0
    _, who = np.unique(who, return_inverse=True)
    size = np.sqrt(np.mean(values**2, axis=0))
    size[~(size > 0)] = 1.0
    model = RestrictedLikelihood(q, time / unit, values / size, who, weights)
    first = 0 if slope and _people_with_slope(time, who) >= _PEOPLE else 2
    structure = np.full(model.m, first, dtype=np.intp)
    factor = np.zeros((model.m, 3))
    for place, entries in list(enumerate(STRUCTURES.values()))[first:]:
        here = np.flatnonzero(structure == place)
        if not len(here):
            continue
        if not entries:
            factor[here] = 0
            continue
        factor[here], done = _maximise(model.take(here), entries)
        inner = [entry for entry in entries if entry != 1]
        flat = (np.abs(factor[here][:, inner]) < _SINGULAR).any(axis=1) | ~done
        structure[here[flat]] += 1
    at = model.derivatives(_covariance(factor))
    back = np.linalg.inv(r)
    return _restore(at, factor, structure, (back, start, size, unit, model.df))


def _restore(
    at: Derivatives,
    factor: FloatArray,
    structure: IntArray,
    scales: tuple[FloatArray, FloatArray, FloatArray, float, float],
) -> MixedFit:
    """Return a fit in the units of values and time."""
    back, start, size, unit, df = scales
    forward = np.linalg.inv(back)
    powers = np.array([0.0, 1.0, 2.0])
    by_time = unit**-powers  # of a covariance
    return MixedFit(
        coefficients=start + back @ at.coefficients * size,
        unscaled=back @ at.unscaled @ back.T,
        variance=at.variance * size**2,
        random=_covariance(factor) * by_time,
        structure=structure,
        slopes=forward.T @ at.slopes @ forward / by_time[:, None, None],
        share=at.share * (size**2)[:, None] / by_time,
        hessian=at.hessian / (by_time[:, None] * by_time),
        df=df,
    )


def _people_with_slope(time: FloatArray, who: IntArray) -> int:
    """Return how many people have three visits or more, without which slope is noise."""
    rows = np.unique(np.column_stack([who, time]), axis=0)[:, 0].astype(np.intp)
    return int((np.bincount(rows) > 2).sum())


def _covariance(factor: FloatArray) -> FloatArray:
    a, b, c = factor.T
    return np.stack([a * a, a * b, b * b + c * c], axis=1)


def _start(model: RestrictedLikelihood, entries: tuple[int, ...]) -> FloatArray:
    """Return the best of a few Cholesky factors for every column."""
    slopes = (0.1, 0.4, 1.5) if 2 in entries else (0.0,)
    tries = np.array([[a, 0.0, c] for a in (0.3, 1.0, 3.0) for c in slopes])
    found = [model.deviance(_covariance(np.tile(one, (model.m, 1)))) for one in tries]
    return np.asarray(tries[np.argmin(found, axis=0)], dtype=np.float64)


def _maximise(
    model: RestrictedLikelihood, entries: tuple[int, ...]
) -> tuple[FloatArray, BoolArray]:
    """Return the factors by Newton's method, with steps that always go down, and which ended."""
    factor, converged = _start(model, entries), np.zeros(model.m, dtype=bool)
    active = np.arange(model.m)
    for _ in range(_STEPS):
        part = model.take(active)
        old = factor[active]
        gradient, hessian = _by_factor(part.derivatives(_covariance(old)), old, entries)
        values, vectors = np.linalg.eigh(hessian)
        curved = np.maximum(np.abs(values), 1e-8 * np.abs(values).max(axis=1, keepdims=True) + 1e-9)
        along = np.einsum("mkl,mk->ml", vectors, gradient) / curved
        step = -np.einsum("mkl,ml->mk", vectors, along)
        gain = -np.einsum("mk,mk->m", gradient, step)
        length = np.sqrt((step**2).sum(axis=1)) / (0.5 + np.sqrt((old**2).sum(axis=1)))
        step /= np.maximum(length, 1)[:, None]
        full = np.zeros((len(active), 3))
        full[:, entries] = step
        factor[active] = old + _shortened(part, old, full)
        done = gain < _CONVERGED
        converged[active[done]] = True
        active = active[~done]
        if not len(active):
            break
    return factor, converged


def _shortened(part: RestrictedLikelihood, old: FloatArray, step: FloatArray) -> FloatArray:
    """Return steps that do not raise the deviance: halved until it is so, at last none."""
    before, step = part.deviance(_covariance(old)), step.copy()
    places = np.arange(part.m)
    for _ in range(_HALVINGS):
        now = part.take(places).deviance(_covariance(old[places] + step[places]))
        worse = ~(now <= before[places] + 1e-10 * (1 + np.abs(before[places])))
        places = places[worse]
        if not len(places):
            return step
        step[places] /= 2
    step[places] = 0
    return step


def _by_factor(
    at: Derivatives, factor: FloatArray, entries: tuple[int, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian by the Cholesky factor instead of the covariance."""
    a, b, c = factor.T
    zero = np.zeros_like(a)
    jacobian = np.stack(
        [
            np.stack([2 * a, zero, zero], axis=1),
            np.stack([b, a, zero], axis=1),
            np.stack([zero, 2 * b, 2 * c], axis=1),
        ],
        axis=1,
    )  # m x covariance x factor
    gradient = np.einsum("mk,mkl->ml", at.gradient, jacobian)
    hessian = jacobian.transpose(0, 2, 1) @ at.hessian @ jacobian
    g0, g1, g2 = at.gradient.T
    hessian[:, 0, 0] += 2 * g0
    hessian[:, 1, 1] += 2 * g2
    hessian[:, 2, 2] += 2 * g2
    hessian[:, 0, 1] += g1
    hessian[:, 1, 0] += g1
    kept = np.array(entries)
    return gradient[:, kept], hessian[:, kept[:, None], kept]
