"""Standardised mean differences with exact intervals."""

from __future__ import annotations

import numpy as np
from scipy import special

from neuroflow.compare.stats.effect_size.noncentral import noncentral_t, small_sample_factor
from neuroflow.matrix import FloatArray


def hedges_g(
    t: FloatArray, df: FloatArray | float, scale: FloatArray | float, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Hedges' g and the exact interval of the effect it estimates.

    Hedges LV, Olkin I (1985), Statistical methods for meta-analysis, chapter 5; Cumming G, Finch S
    (2001), Educ Psychol Meas 61:532-574.
    """
    t, df, scale = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(t, df, scale))
    tail = (1 - confidence) / 2
    low, high = (noncentral_t(t, df, share) * scale for share in (1 - tail, tail))
    return t * scale * small_sample_factor(df), low, high


def standardised_interval(
    effect: FloatArray,
    half: FloatArray,  # half the interval of the difference alone, over the same SD
    df: FloatArray,
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of a difference over an SD with `df` degrees of freedom.

    Zou GY, Donner A (2008), Stat Med 27:1693-1702 (intervals of both put together).
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

    Bonett DG (2008), Psychol Methods 13:99-109 (equations 10 and 11).
    """
    square = variances.mean(axis=0)
    d = difference / np.sqrt(square)
    freedom = n - 1
    error = d**2 * (variances**2 / freedom).sum(axis=0) / (8 * square**2)
    error = np.sqrt(error + (variances / freedom).sum(axis=0) / square)
    half = special.ndtri((1 + confidence) / 2) * error
    df = variances.sum(axis=0) ** 2 / (variances**2 / freedom).sum(axis=0)
    return d * small_sample_factor(df), d - half, d + half
