"""The effect of another cohort: an interval that allows for a variance known from few."""

from __future__ import annotations

import numpy as np
from scipy import special

from neuroflow.matrix import BoolArray, FloatArray

_NODES = 120
_STEPS = 60
_CLOSE = 1e-12
_BLOCK = 500  # columns at once: cohorts x columns x nodes are in memory


def predict_another(
    estimates: FloatArray, errors: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of the effect of another cohort, cohorts x columns; NaN is missing."""
    # The generalised Q of the true variance between cohorts has a chi square distribution, which
    # gives the variance a distribution too (Viechtbauer W (2007), Stat Med 26:37-52), as wide as
    # the cohorts are few. Given a variance, the effect of another cohort is normal around the
    # weighted mean; the interval has the quantiles of the mixture of these (Iyer HK, Wang CMJ,
    # Mathew T (2004), J Am Stat Assoc 99:1060-1071; Nagashima K, Noma H, Furukawa TA (2019), Stat
    # Methods Med Res 28:1689-1702). The usual interval takes the estimated variance as known
    # (IntHout J et al. (2016), BMJ Open 6:e010247).
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    y, variance = np.where(known, estimates, 0.0), np.where(known, errors, 1.0) ** 2
    ends = np.full((2, y.shape[1]), np.nan)
    enough = np.flatnonzero(known.sum(axis=0) > 1)
    for start in range(0, len(enough), _BLOCK):
        some = enough[start : start + _BLOCK]
        ends[:, some] = _quantiles(y[:, some], variance[:, some], known[:, some], confidence)
    return ends[0], ends[1]


def _quantiles(
    y: FloatArray, variance: FloatArray, known: BoolArray, confidence: float
) -> FloatArray:
    """Return both quantiles of the mixture over the distribution of the variance."""
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    df = known.sum(axis=0)[:, None] - 1.0
    tau2 = _variances(y, variance, known, special.chdtri(df, (1 + nodes) / 2))
    weight, mean, _ = _weighted(y, variance, known, tau2)
    sd = np.sqrt(tau2 + 1 / weight.sum(axis=0))
    ends = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        single = mean + special.ndtri(share) * sd
        low, high = single.min(axis=1), single.max(axis=1)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            below = special.ndtr((middle[:, None] - mean) / sd) @ (shares / 2) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        ends.append((low + high) / 2)
    return np.stack(ends)


def _variances(y: FloatArray, variance: FloatArray, known: BoolArray, q: FloatArray) -> FloatArray:
    """Return the variances between cohorts that give these values of Q, columns x nodes."""
    # Newton's method for 1 / Q, which is a line where the variance is large; 0 where none gives Q.
    tau2 = np.zeros_like(q)
    for _ in range(_STEPS):
        weight, mean, now = _weighted(y, variance, known, tau2)
        slope = (weight**2 * (y[:, :, None] - mean) ** 2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = now * (now / q - 1) / slope
        new = np.maximum(tau2 + np.where(np.isfinite(step), step, 0.0), 0.0)
        settled = np.abs(new - tau2) <= _CLOSE * (new + variance.min(axis=0)[:, None])
        tau2 = new
        if settled.all():
            break
    return tau2


def _weighted(
    y: FloatArray, variance: FloatArray, known: BoolArray, tau2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the weights of the cohorts, the weighted mean, and the generalised Q."""
    weight = known[:, :, None] / (variance[:, :, None] + tau2)
    mean = (weight * y[:, :, None]).sum(axis=0) / weight.sum(axis=0)
    return weight, mean, (weight * (y[:, :, None] - mean) ** 2).sum(axis=0)
