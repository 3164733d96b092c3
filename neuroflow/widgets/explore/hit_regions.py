"""Where regions and studies stand in a figure, so that a click can choose them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroflow.matrix import FloatArray, read_cells
from neuroflow.plot.common import region_labels
from neuroflow.widgets.common import HitRegion
from neuroflow.widgets.explore.steps import Call

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT = 0.012
"""Half the width of a point's spot, in widths of the picture."""
DISC = 5.0
"""Half the width of a region in the brain, in mm."""


def hit_regions(ax: Axes, call: Call, scope: Mapping[str, Any]) -> tuple[HitRegion, ...]:
    """Tell what can be chosen in a figure that was drawn and laid out."""
    view = call.function.removeprefix("plot.")
    rows = scope[call.table_name]
    if view == "strip":
        return tuple(_studies(ax, rows, call.options, scope["names"]))
    rows = rows[rows["metric"] == call.options["metric"]]
    if view == "volcano":
        return tuple(_effects(ax, rows[rows["contrast"] == call.options["contrast"]]))
    regions = rows.drop_duplicates(["region", "hemisphere"]).reset_index(drop=True)
    return tuple(_places(ax, regions) if view == "brain" else _rows(ax, regions))


def _rows(ax: Axes, regions: pd.DataFrame) -> Iterator[HitRegion]:
    """Yield one region per row of an axis whose ticks name them."""
    keys = dict(zip(region_labels(regions), regions["region"].astype("str"), strict=True))
    for place, tick in enumerate(ax.get_yticklabels()):
        label = tick.get_text()
        if label in keys:
            (_, top), (_, bottom) = _parts(ax, [(0, place - 0.5), (0, place + 0.5)])
            yield HitRegion(keys[label], label, 0.0, top, 1.0, bottom - top)


def _effects(ax: Axes, effects: pd.DataFrame) -> Iterator[HitRegion]:
    """Yield one region per point of a volcano."""
    rows = effects.dropna(subset=["p"]).reset_index(drop=True)
    tiny = np.finfo(np.float64).tiny
    heights = -np.log10(np.maximum(rows["p"].to_numpy(np.float64), tiny))
    points = np.column_stack([rows["effect_size"].to_numpy(np.float64), heights])
    return _points(ax, points, rows["region"].astype("str"), region_labels(rows))


def _studies(
    ax: Axes, table: pd.DataFrame, options: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[HitRegion]:
    """Yield one study per point: points are known by the order in which they were drawn."""
    from matplotlib.collections import PathCollection

    from neuroflow.plot._strip import read_points

    cells = read_cells(table, metric=options["metric"], needed=["group"])
    points = read_points(cells, options["regions"], "group")
    scatters = [drawn for drawn in ax.collections if isinstance(drawn, PathCollection)]
    for code, scatter in enumerate(scatters):
        study, region = points.drawing_order(code)
        keys = [points.study_ids[row] for row in study]
        values = points.values[study, region]
        labels = [f"{names.get(k, k)}: {v:.4g}" for k, v in zip(keys, values, strict=True)]
        yield from _points(ax, np.ma.getdata(scatter.get_offsets()), keys, labels)


def _places(ax: Axes, regions: pd.DataFrame) -> Iterator[HitRegion]:
    """Yield the places of every region in each view of the brain, discs after tracts."""
    from neuroflow.plot._brain.anatomy import VIEWS, places
    from neuroflow.plot._brain.drawing import SHEET

    known = places()
    for row, label in zip(regions.itertuples(), region_labels(regions), strict=True):
        spot = known.get((str(row.region), str(row.hemisphere)))
        for (view, axes), line in product(VIEWS.items(), spot.lines if spot else ()):
            points = line[:, axes] + np.array(SHEET[view])
            low, high = points.min(axis=0) - DISC, points.max(axis=0) + DISC
            (left, bottom), (right, top) = _parts(ax, [low, high])
            yield HitRegion(str(row.region), label, left, top, right - left, bottom - top)


def _points(
    ax: Axes, points: FloatArray, keys: Iterable[str], labels: Iterable[str]
) -> Iterator[HitRegion]:
    """Yield small spots around points."""
    wide, high = _figure(ax).get_size_inches()
    half = POINT * wide / high
    for (across, down), key, label in zip(_parts(ax, points), keys, labels, strict=True):
        yield HitRegion(key, label, across - POINT, down - half, 2 * POINT, 2 * half)


def _parts(ax: Axes, points: Any) -> list[list[float]]:
    """Turn points of a panel into parts of the picture's width and height, from the top left."""
    pixels = ax.transData.transform(np.asarray(points, dtype=np.float64))
    parts = _figure(ax).transFigure.inverted().transform(pixels)
    return [[across, 1 - up] for across, up in parts.tolist()]


def _figure(ax: Axes) -> Figure:
    from neuroflow.plot.common import figure_of

    figure = figure_of(ax)
    assert figure is not None  # noqa: S101  every plot returns a panel of a figure
    return figure
