"""Where regions and studies are in a picture, so that a click selects them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neuroflow.plot import marks_of
from neuroflow.widgets.common import HitRegion

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINT = 0.012
"""Half the width of a point's hit region, in widths of the picture."""


def hit_regions(ax: Axes, names: Mapping[str, str]) -> tuple[HitRegion, ...]:
    """Return what can be selected in a figure that was laid out; `names` are those of studies."""
    found = []
    picture = ax.figure.transFigure
    wide, high = picture.transform((1, 1))
    to_picture = ax.transData + picture.inverted()
    for marks in marks_of(ax):
        finite = np.nan_to_num(marks.boxes, posinf=0.0, neginf=0.0)
        inside = to_picture.transform(finite.reshape(-1, 2)).reshape(-1, 4)
        ends = np.where(np.isinf(marks.boxes), marks.boxes > 0, inside).reshape(-1, 2, 2)
        is_point = (marks.boxes[:, :2] == marks.boxes[:, 2:]).all(axis=1)
        margin = is_point[:, None] * np.array([POINT, POINT * wide / high])
        start, end = ends.min(axis=1) - margin, ends.max(axis=1) + margin
        corners = np.column_stack([start[:, 0], 1 - end[:, 1], end - start]).tolist()
        for key, label, corner in zip(marks.keys, marks.labels, corners, strict=True):
            text = f"{names[key]}: {label}" if key in names else label
            found.append(HitRegion(key, text, *corner))
    return tuple(found)
