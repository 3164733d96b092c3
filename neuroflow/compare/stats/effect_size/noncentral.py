"""Noncentralities at which a t or an F is a quantile: the ends of exact intervals."""

from __future__ import annotations

import numpy as np
from scipy import special

from neuroflow.compare.stats.effect_size.interpolate import on_curves
from neuroflow.matrix import FloatArray

_STEPS = 6
_SETTLED = 1e-6  # of a step that Newton's method squares
_NEAR = 1e-11  # a step of the secant method leaves its product with the one before, times curvature


def small_sample_factor(df: FloatArray) -> FloatArray:
    """Return Hedges' exact correction J for the bias of Cohen's d.

    Hedges LV (1981), Distribution theory for Glass's estimator of effect size and related
    estimators, J Educ Stat 6:107-128, equation 6e.
    """
    half = np.asarray(df, dtype=np.float64) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / np.sqrt(half)
    return np.where(half > 0.5, factor, np.nan)


def noncentral_t(t: FloatArray, df: FloatArray, probability: float) -> FloatArray:
    """Return the noncentrality at which `t` is this quantile of the noncentral t distribution."""
    # With Z normal and V² a chi square over its df, the noncentrality is a quantile of t V - Z. The
    # first guess combines the quantiles of both (Zou GY, Donner A (2008), Stat Med 27:1693-1702);
    # from there the secant method solves it on the scale of normal quantiles, where it is almost a
    # line: two to six steps to twelve digits.
    result = np.full(t.shape, np.nan)
    good = np.isfinite(t) & np.isfinite(df) & (df > 0)

    def solve(value: FloatArray, freedom: FloatArray) -> FloatArray:
        return _solve_t(value, freedom, probability)

    result[good] = on_curves(solve, t[good], [df[good]])
    return result


def _solve_t(value: FloatArray, freedom: FloatArray, probability: float) -> FloatArray:
    z = special.ndtri(1 - probability)

    def miss(guess: FloatArray) -> FloatArray:
        return np.asarray(special.ndtri(special.nctdtr(freedom, guess, value)) + z)

    tail = np.where(value >= 0, probability, 1 - probability)
    chi = np.sqrt(special.chdtri(freedom, tail) / freedom)
    mean = small_sample_factor(freedom + 1) * np.sqrt(1 + 1 / freedom)
    width = np.hypot(value * (chi - mean), z)
    before = value * mean + np.sign(z) * width
    miss_before = miss(before)
    now = before + miss_before * width / abs(z)
    for _ in range(12):
        miss_now = miss(now)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = miss_now * (now - before) / (miss_now - miss_before)
        step = np.where(np.isfinite(step), step, 0)
        left = np.abs(step * (now - before)) / (1 + np.abs(now))  # times the curvature: below 0.1
        before, miss_before, now = now, miss_now, now - step
        if (left <= _NEAR).all():
            break
    return np.asarray(now)


def noncentral_f(
    f: FloatArray, df_num: FloatArray, df: FloatArray, probability: float
) -> FloatArray:
    """Return the noncentrality at which `f` is this quantile; 0 if it is below the central one."""
    result = np.zeros(f.shape)
    above = special.fdtr(df_num, df, f) > probability

    def solve(log: FloatArray, k: FloatArray, m: FloatArray) -> FloatArray:
        return _solve_f(np.exp(log), k, m, probability)

    # Its curve over log F is smooth, down to 0 as well.
    result[above] = on_curves(solve, np.log(f[above]), [df_num[above], df[above]])
    return result


def _solve_f(f: FloatArray, df_num: FloatArray, df: FloatArray, probability: float) -> FloatArray:
    """Solve it by Newton's method for the square root, on the scale of normal quantiles."""
    z = special.ndtri(1 - probability)
    mean = small_sample_factor(df + 1) * np.sqrt(1 + 1 / df)
    chi = np.sqrt(special.chdtri(df, probability) / df)
    value = np.sqrt(np.maximum(f * df_num * mean**2 - (df_num - 1), 0))
    width = np.hypot(np.sqrt(f * df_num) * (chi - mean), z)
    root = np.maximum(value + np.sign(z) * width, 0.3)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # It is almost a line there; what has not settled is left to SciPy, which is slower.
        for _ in range(_STEPS):
            now = special.ncfdtr(df_num, df, root**2, f)
            up = special.ncfdtr(df_num + 2, df, root**2, f * df_num / (df_num + 2))
            quantile = special.ndtri(now)
            density = np.exp(-(quantile**2) / 2) / np.sqrt(2 * np.pi)
            step = (quantile + z) * density / (root * (now - up))
            root = np.where(root + step > 0, root + step, root / 2)
            settled = np.abs(step) <= _SETTLED * (1 + root)
            if settled.all():
                break
        shift = root**2
        rest = np.flatnonzero(~settled)
        if len(rest):
            k, m, x = df_num[rest], df[rest], f[rest]
            found = special.ncfdtrinc(k, m, probability, x)  # to six digits
            for _ in range(2):  # the slope is the difference of two distributions
                now = special.ncfdtr(k, m, found, x)
                up = special.ncfdtr(k + 2, m, found, x * k / (k + 2))
                found = np.maximum(found + 2 * (now - probability) / (now - up), 0)
            shift[rest] = found
    return np.asarray(shift)
