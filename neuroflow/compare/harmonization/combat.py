"""ComBat: location and scale of each site, shrunk towards those of all regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuroflow.matrix import FloatArray, IntArray, moments

TOLERANCE = 1e-4
"""Relative change at which the iteration ends, as in the published implementations."""
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class BatchEffects:
    """What each batch adds to standardised values, and how it scales them: batches x columns."""

    shift: FloatArray
    scale: FloatArray  # of the variance


def batch_effects(
    standardised: FloatArray, batch: IntArray, n_batches: int, keep: int | None = None
) -> BatchEffects:
    """Estimate the effects of batches, none for `keep`, on standardised values; NaN is missing.

    Johnson WE, Li C, Rabinovic A (2007), Biostatistics 8:118-127 (parametric priors).
    """
    shape = (n_batches, standardised.shape[1])
    effects = BatchEffects(np.zeros(shape), np.ones(shape))
    for code in range(n_batches):
        if code == keep:
            continue
        n, own, variance = moments(standardised[batch == code])
        some = n > 1
        shift, scale = _shrunk(n[some], own[some], variance[some])
        effects.shift[code, some], effects.scale[code, some] = shift, scale
        effects.shift[code, ~some] = effects.scale[code, ~some] = np.nan
    return effects


def _shrunk(n: FloatArray, own: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the posterior means of shift and variance of one batch, all columns at once."""
    if len(own) < 2:  # one column has no others to be shrunk towards
        return own, variance
    prior, spread = own.mean(), own.var(ddof=1)
    mean, around = variance.mean(), variance.var(ddof=1)
    if around == 0 or spread == 0:
        return own, variance
    shape, rate = (2 * around + mean**2) / around, (mean * around + mean**3) / around
    shift, scale = own, variance
    for _ in range(_STEPS):
        new_shift = (spread * n * own + scale * prior) / (spread * n + scale)
        squares = (n - 1) * variance + n * (own - new_shift) ** 2  # around the new shift
        new_scale = (0.5 * squares + rate) / (n / 2 + shape - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = max(
                np.nanmax(np.abs(new_shift - shift) / np.abs(shift)),
                np.nanmax(np.abs(new_scale - scale) / scale),
            )
        shift, scale = new_shift, new_scale
        if change <= TOLERANCE:
            break
    return shift, scale
