"""Numbers beside marks, moved apart so that each can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from neuroflow.matrix import FloatArray

_LINE = 1.25  # of the size of the letters
_BESIDE = 26.0  # points: numbers nearer than this stand above each other


def spread(heights: FloatArray, gap: float) -> FloatArray:
    """Move ascending heights apart, no more than needed."""
    moved = heights.copy()
    for _ in range(200):
        close = gap - np.diff(moved)
        if not (close > 1e-3).any():
            break
        push = np.maximum(close, 0) / 2
        moved[:-1] -= push
        moved[1:] += push
    return moved


def move_apart(ax: Axes, numbers: Sequence[Annotation]) -> None:
    """Move numbers that would lie on each other up or down; their axes have their limits."""
    if len(numbers) < 2:
        return
    to_points = 72.0 / ax.figure.dpi
    places = np.array([ax.transData.transform(one.xy) for one in numbers]) * to_points
    offsets = np.array([one.get_position() for one in numbers])
    at = places + offsets
    gap = _LINE * float(numbers[0].get_fontsize())
    for column in _columns(at[:, 0]):
        order = column[np.argsort(at[column, 1], kind="stable")]
        heights = spread(at[order, 1], gap)
        for n, height in zip(order.tolist(), heights.tolist(), strict=True):
            numbers[n].set_position((offsets[n, 0], offsets[n, 1] + height - at[n, 1]))


def _columns(across: FloatArray) -> list[FloatArray]:
    """Group places that are near each other from left to right."""
    order = np.argsort(across, kind="stable")
    breaks = np.flatnonzero(np.diff(across[order]) > _BESIDE) + 1
    return np.split(order, breaks)
