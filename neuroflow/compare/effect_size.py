"""Standardised mean differences with exact intervals."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from neuroflow.compare.cells import FloatArray


def small_sample_factor(df: FloatArray) -> FloatArray:
    """Return Hedges' exact correction J for the bias of Cohen's d.

    Parameters
    ----------
    df
        Degrees of freedom of the standard deviation.

    Returns
    -------
    ndarray of float
        A factor below 1, of the shape of `df`.

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

    Parameters
    ----------
    t
        t values of the differences, with ordinary (equal-variance) standard errors.
    df
        Their degrees of freedom.
    scale
        Standard error of each difference over the standard deviation: for two independent groups
        ``sqrt(1 / n1 + 1 / n2)``. Then ``t * scale`` is Cohen's d.
    confidence
        Of the interval, between 0 and 1.

    Returns
    -------
    g, low, high : ndarray of float
        The interval is that of the population's standardised difference, from the noncentral t
        distribution; it is exact where the model's errors are normal.

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


def noncentrality(t: FloatArray, df: FloatArray, probability: float) -> FloatArray:
    """Return the noncentrality at which `t` is this quantile of the noncentral t distribution.

    Parameters
    ----------
    t, df
        Observed t values and their degrees of freedom, of one shape.
    probability
        The probability below `t`.

    Returns
    -------
    ndarray of float
        NaN where `t` or `df` is not finite.
    """
    result = np.full(t.shape, np.nan)
    good = np.isfinite(t) & np.isfinite(df) & (df > 0)
    value, freedom = t[good], df[good]
    # SciPy's inverse is good to 1e-7 at large t; secant steps on its distribution do the rest.
    before = special.nctdtrinc(freedom, probability, value)
    now = before + 1e-4
    miss_before = stats.nct.cdf(value, freedom, before) - probability
    for _ in range(6):
        miss = stats.nct.cdf(value, freedom, now) - probability
        slope = (miss - miss_before) / np.where(now == before, 1, now - before)
        step = np.where((slope != 0) & (miss != 0), miss / np.where(slope == 0, 1, slope), 0.0)
        before, miss_before, now = now, miss, now - step
        if (np.abs(step) <= 1e-12 * (1 + np.abs(now))).all():
            break
    result[good] = now
    return result
