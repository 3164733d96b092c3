"""Where studies and regions were drawn, recorded while drawing, so that a click finds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.matrix import FloatArray


@dataclass(frozen=True, slots=True)
class Marks:
    """The positions of what was drawn in a panel.

    Parameters
    ----------
    keys
        The region or `study_id` of each mark.
    labels
        The name of each region, or the value of each study.
    boxes
        One row per mark, with x0, y0, x1, y1 in data coordinates. Points have no width and no
        height; rows extend from minus to plus infinity.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    boxes: FloatArray


_marks: WeakKeyDictionary[Axes, list[Marks]] = WeakKeyDictionary()


def record_marks(ax: Axes, keys: Iterable[str], labels: Iterable[str], xy: FloatArray) -> None:
    """Record points, n x (x, y), or boxes, n x (x0, y0, x1, y1)."""
    places = np.asarray(xy, dtype=np.float64)
    boxes = np.hstack([places, places]) if places.shape[1] == 2 else places
    _marks.setdefault(ax, []).append(Marks(tuple(keys), tuple(labels), boxes))


def record_rows(ax: Axes, columns: pd.DataFrame, labels: Iterable[str]) -> None:
    """Record regions that lie one below the other, the first at y = 0."""
    rows = np.arange(len(columns), dtype=np.float64)
    far = np.full(len(columns), np.inf)
    boxes = np.column_stack([-far, rows - 0.5, far, rows + 0.5])
    record_marks(ax, columns["region"].astype(str), labels, boxes)


def marks_of(ax: Axes) -> tuple[Marks, ...]:
    """Return the positions of the studies and regions that were drawn in a panel.

    Parameters
    ----------
    ax
        The axes that a plot returned.

    Returns
    -------
    tuple of Marks
        Empty for figures in which nothing can be selected.

    Examples
    --------
    >>> import neuroflow as nf
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.50, 0.55]})
    >>> [mark.keys for mark in marks_of(nf.plot.strip(table))]
    [('a', 'b'), ('c', 'd')]
    """
    return tuple(_marks.get(ax, ()))
