"""Cut-offs: a given one, or Youden's, chosen in other studies than those it classifies."""

from __future__ import annotations

import numpy as np

from neuroflow.matrix import BoolArray, FloatArray, IntArray


def youden(values: FloatArray, positive: BoolArray) -> FloatArray:
    """Return each column's cut-off with the highest sensitivity + specificity; NaN if none.

    A value at or above the cut-off is positive; the cut-off is in the middle of two values. Youden
    WJ (1950), Cancer 3:32-35.
    """
    known = np.isfinite(values)
    order = np.argsort(np.where(known, values, np.inf), axis=0, kind="stable")
    ranked = np.take_along_axis(np.where(known, values, np.nan), order, axis=0)
    sick = np.take_along_axis(known & positive[:, None], order, axis=0)
    well = np.take_along_axis(known & ~positive[:, None], order, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        gain = well.cumsum(axis=0) / well.sum(axis=0) - sick.cumsum(axis=0) / sick.sum(axis=0)
    places = np.isfinite(gain[:-1]) & (ranked[1:] > ranked[:-1])
    if not len(places):
        return np.full(values.shape[1], np.nan)
    best = np.argmax(np.where(places, gain[:-1], -np.inf), axis=0)
    columns = np.arange(values.shape[1])
    middle = (ranked[best, columns] + ranked[best + 1, columns]) / 2
    return np.where(places.any(axis=0), middle, np.nan)


def fold_numbers(positive: BoolArray, folds: int, seed: int) -> IntArray:
    """Return the fold of each study, at random, both classes spread over all folds."""
    random = np.random.default_rng(seed)
    fold = np.empty(len(positive), dtype=np.intp)
    start = 0
    for side in (True, False):
        members = random.permutation(np.flatnonzero(positive == side))
        fold[members] = (start + np.arange(len(members))) % folds
        start += len(members)
    return fold


def classify(values: FloatArray, cutoff: FloatArray) -> FloatArray:
    """Return 1 at or above the cut-off, 0 below, NaN where value or cut-off is missing."""
    unknown = np.isnan(values) | np.isnan(cutoff)
    return np.where(unknown, np.nan, (values >= cutoff).astype(np.float64))


def classify_by_youden(
    values: FloatArray, positive: BoolArray, folds: int, seed: int
) -> FloatArray:
    """Classify the studies of each fold by Youden's cut-off of all other folds."""
    fold = fold_numbers(positive, folds, seed)
    classes = np.full(values.shape, np.nan)
    for number in range(folds):
        mine = fold == number
        classes[mine] = classify(values[mine], youden(values[~mine], positive[~mine]))
    return classes
