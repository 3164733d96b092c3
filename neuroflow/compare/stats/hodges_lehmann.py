"""The median of all differences between two groups, without computing all of them."""

from __future__ import annotations

import numpy as np
from scipy import stats

from neuroflow.matrix import FloatArray

_ALL = 50_000
"""Up to so many differences they are computed and sorted."""
_STEPS = 200


def shift(a: FloatArray, b: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Return the median of all pairwise differences, with Moses' interval.

    References
    ----------
    Hodges JL, Lehmann EL (1963), Ann Math Stat 34:598-611; the interval after Moses LE,
    in Hollander M, Wolfe DA (1999), Nonparametric statistical methods, 4.3.

    Examples
    --------
    >>> shift(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0]), 0.8)
    (0.5, -1.0, 2.0)
    """
    count = len(a) * len(b)
    z = stats.norm.ppf((1 + confidence) / 2)
    rank = int(np.floor(count / 2 - z * np.sqrt(count * (len(a) + len(b) + 1) / 12)))
    ends = (rank, count - rank + 1) if rank >= 1 else ()  # too few values for this confidence
    wanted = ((count + 1) // 2, count // 2 + 1, *ends)
    if count <= _ALL:
        differences = (a[:, None] - b).ravel()
        places = [place - 1 for place in wanted]
        found = np.partition(differences, places)[places].tolist()
    else:
        ordered = np.sort(a), np.sort(b)
        known = {place: _smallest(*ordered, place) for place in set(wanted)}
        found = [known[place] for place in wanted]
    low, high = found[2:] if ends else (np.nan, np.nan)
    return (found[0] + found[1]) / 2, low, high


def _smallest(a: FloatArray, b: FloatArray, place: int) -> float:
    """Return the difference of this rank, by halving the range of values; a and b are sorted.

    References
    ----------
    Monahan JF (1984), ACM Trans Math Softw 10:265-270 (selection without the matrix).
    """
    low, high = float(a[0] - b[-1]), float(a[-1] - b[0])
    if _count(a, b, low) >= place:
        return low
    for _ in range(_STEPS):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        if _count(a, b, middle) >= place:
            high = middle
        else:
            low = middle
    nearest = b[np.searchsorted(b, a - high).clip(max=len(b) - 1)]
    differences = a - nearest
    return float(differences[np.abs(differences - high).argmin()])


def _count(a: FloatArray, b: FloatArray, limit: float) -> int:
    """Return how many differences are not above a limit."""
    return int((len(b) - np.searchsorted(b, a - limit, side="left")).sum())
