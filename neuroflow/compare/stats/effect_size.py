"""Standardised mean differences with exact intervals."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from neuroflow.matrix import FloatArray

_STEPS = 6
_SETTLED = 1e-5  # of a step that Newton's method squares
_NEAR = 1e-11  # a step of the secant method leaves its product with the one before, times curvature


def small_sample_factor(df: FloatArray) -> FloatArray:
    """Return Hedges' exact correction J for the bias of Cohen's d.

    References
    ----------
    Hedges LV (1981), Distribution theory for Glass's estimator of effect size and related
    estimators, J Educ Stat 6:107-128, equation 6e.

    Examples
    --------
    >>> small_sample_factor(np.array([10.0])).round(5).tolist()
    [0.92275]
    """
    half = np.asarray(df, dtype=np.float64) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / np.sqrt(half)
    return np.where(half > 0.5, factor, np.nan)


def hedges_g(
    t: FloatArray, df: FloatArray | float, scale: FloatArray | float, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Hedges' g and the exact interval of the effect it estimates.

    References
    ----------
    Hedges LV, Olkin I (1985), Statistical methods for meta-analysis, chapter 5.
    Cumming G, Finch S (2001), Educ Psychol Meas 61:532-574.

    Examples
    --------
    >>> g, low, high = hedges_g(np.array([2.0]), np.array([18.0]), np.array([np.sqrt(0.2)]))
    >>> print(f"{g[0]:.3f} [{low[0]:.3f}, {high[0]:.3f}]")
    0.857 [-0.040, 1.807]
    """
    t, df, scale = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(t, df, scale))
    tail = (1 - confidence) / 2
    low = noncentrality(t, df, 1 - tail) * scale
    high = noncentrality(t, df, tail) * scale
    return t * scale * small_sample_factor(df), low, high


def standardised_interval(
    effect: FloatArray, half: FloatArray, df: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of a difference over an SD with so many degrees of freedom.

    `half` is half the interval of the difference alone, over the same SD.

    References
    ----------
    Zou GY, Donner A (2008), Stat Med 27:1693-1702 (intervals of both put together).

    Examples
    --------
    >>> ends = standardised_interval(*map(np.array, (1.0, 0.6, 30.0)), 0.95)
    >>> [round(float(end), 3) for end in ends]
    [0.349, 1.651]
    """
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        less = np.abs(effect) * (1 - np.sqrt(special.chdtri(df, 1 - tail) / df))
        more = np.abs(effect) * (np.sqrt(special.chdtri(df, tail) / df) - 1)
    above = effect >= 0
    low = effect - np.hypot(half, np.where(above, less, more))
    return low, effect + np.hypot(half, np.where(above, more, less))


def unequal_variances_g(
    difference: FloatArray, n: FloatArray, variances: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a difference over the average SD of two groups, with an interval.

    References
    ----------
    Bonett DG (2008), Psychol Methods 13:99-109 (equations 10 and 11).

    Examples
    --------
    >>> g, low, high = unequal_variances_g(
    ...     np.array([1.0]), np.array([[20.0], [20.0]]), np.array([[1.0], [1.0]]), 0.95)
    >>> print(f"{g[0]:.3f} [{low[0]:.3f}, {high[0]:.3f}]")
    0.980 [0.326, 1.674]
    """
    square = variances.mean(axis=0)
    d = difference / np.sqrt(square)
    freedom = n - 1
    error = d**2 * (variances**2 / freedom).sum(axis=0) / (8 * square**2)
    error = np.sqrt(error + (variances / freedom).sum(axis=0) / square)
    half = special.ndtri((1 + confidence) / 2) * error
    df = variances.sum(axis=0) ** 2 / (variances**2 / freedom).sum(axis=0)
    return d * small_sample_factor(df), d - half, d + half


def eta_squared_interval(
    f: FloatArray, df_num: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of partial eta squared that belongs to an F of n studies.

    References
    ----------
    Steiger JH (2004), Psychol Methods 9:164-182 (noncentral F).

    Examples
    --------
    >>> ends = eta_squared_interval(*map(np.array, (4.0, 2.0, 57.0, 60.0)), 0.9)
    >>> [round(float(end), 4) for end in ends]
    [0.0094, 0.242]
    """
    tail = (1 - confidence) / 2
    good = np.isfinite(f) & np.isfinite(df) & (df_num > 0) & (df > 0)
    x, k, m = (np.broadcast_to(part, np.shape(f))[good] for part in (f, df_num, df))
    ends = []
    for probability in (1 - tail, tail):
        shift = np.zeros(np.shape(f))
        shift[good] = _noncentral_f(x, k, m, probability)
        ends.append(np.where(good, shift / np.where(good, shift + n, 1), np.nan))
    return ends[0], ends[1]


def _noncentral_f(
    f: FloatArray, df_num: FloatArray, df: FloatArray, probability: float
) -> FloatArray:
    """Return the noncentrality at which `f` is this quantile; 0 where it is below the central one.

    Newton's method for its square root, on the scale of normal quantiles, where it is almost a
    line; what has not settled after some steps is left to SciPy, which is slower.
    """
    z = special.ndtri(1 - probability)
    central = special.fdtr(df_num, df, f) <= probability
    mean = small_sample_factor(df + 1) * np.sqrt(1 + 1 / df)
    chi = np.sqrt(special.chdtri(df, probability) / df)
    value = np.sqrt(np.maximum(f * df_num * mean**2 - (df_num - 1), 0))
    width = np.hypot(np.sqrt(f * df_num) * (chi - mean), z)
    root = np.maximum(value + np.sign(z) * width, 0.3)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(_STEPS):
            now = special.ncfdtr(df_num, df, root**2, f)
            up = special.ncfdtr(df_num + 2, df, root**2, f * df_num / (df_num + 2))
            quantile = special.ndtri(now)
            density = np.exp(-(quantile**2) / 2) / np.sqrt(2 * np.pi)
            step = (quantile + z) * density / (root * (now - up))
            root = np.where(root + step > 0, root + step, root / 2)
            settled = np.abs(step) <= _SETTLED * (1 + root)
            if (settled | central).all():
                break
        shift = root**2
        rest = np.flatnonzero(~(settled | central))
        if len(rest):
            k, m, x = df_num[rest], df[rest], f[rest]
            found = special.ncfdtrinc(k, m, probability, x)  # to six digits
            for _ in range(2):  # the slope is the difference of two distributions
                now = special.ncfdtr(k, m, found, x)
                up = special.ncfdtr(k + 2, m, found, x * k / (k + 2))
                found = found + 2 * (now - probability) / (now - up)
            shift[rest] = np.maximum(found, 0)
    return np.where(central, 0.0, shift)


def noncentrality(t: FloatArray, df: FloatArray, probability: float) -> FloatArray:
    """Return the noncentrality at which `t` is this quantile of the noncentral t distribution.

    Notes
    -----
    With Z normal and V² a chi square over its df, the noncentrality is a quantile of t V - Z. The
    first guess combines the quantiles of both [1]_; from there the secant method solves it on the
    scale of normal quantiles, where it is almost a line: two to six steps to twelve digits.

    References
    ----------
    .. [1] Zou GY, Donner A (2008), Stat Med 27:1693-1702.
    """
    result = np.full(t.shape, np.nan)
    good = np.isfinite(t) & np.isfinite(df) & (df > 0)
    value, freedom = t[good], df[good]
    z = special.ndtri(1 - probability)

    def miss(guess: FloatArray) -> FloatArray:
        return np.asarray(special.ndtri(stats.nct.cdf(value, freedom, guess)) + z)

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
    result[good] = now
    return result
