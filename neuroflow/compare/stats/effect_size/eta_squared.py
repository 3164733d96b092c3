"""Partial eta squared with exact intervals."""

from __future__ import annotations

import numpy as np

from neuroflow.compare.stats.effect_size.noncentral import noncentral_f
from neuroflow.matrix import FloatArray


def eta_squared_interval(
    f: FloatArray, df_num: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of partial eta squared that belongs to an F of n studies.

    Steiger JH (2004), Psychol Methods 9:164-182 (noncentral F).
    """
    tail = (1 - confidence) / 2
    good = np.isfinite(f) & np.isfinite(df) & (df_num > 0) & (df > 0)
    x, k, m = (np.broadcast_to(part, np.shape(f))[good] for part in (f, df_num, df))
    ends = []
    for probability in (1 - tail, tail):
        shift = np.zeros(np.shape(f))
        shift[good] = noncentral_f(x, k, m, probability)
        ends.append(np.where(good, shift / np.where(good, shift + n, 1), np.nan))
    return ends[0], ends[1]
