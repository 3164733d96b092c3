"""The drawing of the brain: outlines, discs and curves, shapes of masks, numbers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PatchCollection
from matplotlib.colors import Colormap, Normalize, to_rgba
from matplotlib.patches import Circle, Patch, Rectangle

from neuroflow.matrix import FloatArray
from neuroflow.plot._brain.anatomy import VIEWS, Place, outlines
from neuroflow.plot._brain.projections import Projection
from neuroflow.plot.common import current_style, record_marks, spread

# Where the views are on one sheet: the sheet's place of MNI (0, 0) of each view, in mm.
SHEET = {"sagittal": (108.0, 80.0), "coronal": (292.0, 80.0), "axial": (84.0, -98.0)}
_WIDTH, _LOW, _HIGH = 384.0, -208.0, 172.0
_RADIUS = 4.0
_MARGIN = 5.0  # around a region, in mm, within which a click selects it
_MAX_NUMBERED = 8
_VIEW_TITLES = {"sagittal": "Sagittal, from the right", "coronal": "Coronal", "axial": "Axial"}
Color = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """The regions to draw, strongest first, and their colours."""

    # One row per region: its `number` and `label`; `significant` where q is below alpha, `placed`
    # where it has a place in the pictures.
    rows: pd.DataFrame
    places: list[Place | None]  # The regions' places in the schematic, None where there is none
    norm: Normalize  # From numbers to colours
    cmap: Colormap

    def color(self, number: float) -> Color:
        """Return the colour of a number."""
        red, green, blue, alpha = self.cmap(float(self.norm(number)))
        return float(red), float(green), float(blue), float(alpha)

    @property
    def numbered(self) -> list[int]:
        """The rows that get a number in the picture."""
        numbered = self.rows["placed"] & self.rows["significant"] & self.rows["number"].notna()
        return [int(i) for i in np.flatnonzero(numbered)[:_MAX_NUMBERED]]

    @property
    def unplaced(self) -> list[int]:
        """The rows that have no place."""
        return [int(i) for i in np.flatnonzero(~self.rows["placed"])]


def _at(view: str, points: FloatArray) -> FloatArray:
    """Move points of one view, n x 2 in mm, to their place on the sheet."""
    moved: FloatArray = points + np.array(SHEET[view])
    return moved


def draw_outlines(ax: Axes) -> None:
    """Draw the outlines, and label the view."""
    theme = current_style().palette
    ax.set(xlim=(0, _WIDTH), ylim=(_LOW, _HIGH), aspect="equal")
    ax.set_axis_off()
    ax.set(xticks=[], yticks=[])
    for view, outline in outlines().items():
        for ring in outline.inner:
            ax.fill(*_at(view, ring).T, facecolor=theme.grid, alpha=0.45, linewidth=0, zorder=0)
        for ring in outline.outer:
            ax.plot(*_at(view, ring).T, color=theme.muted, linewidth=1.0, zorder=1)
        top = max(ring[:, 1].max() for ring in outline.outer) + 4
        words: dict[str, Any] = {
            "va": "bottom",
            "fontsize": current_style().small,
            "color": theme.muted,
        }
        middle = -17.0 if view == "sagittal" else 0.0
        x, y = _at(view, np.array([middle, top]))
        ax.text(x, y, _VIEW_TITLES[view], ha="center", **words)
        if view != "sagittal":
            ax.text(x - 68, y - 14, "L", ha="center", **words)
            ax.text(x + 68, y - 14, "R", ha="center", **words)


def draw_schematic(ax: Axes, scene: Scene) -> None:
    """Draw discs and curves, the strongest last so that they lie on top."""
    layers: dict[int, list[_Stroke] | list[_Disc]] = {2: [], 3: [], 4: [], 5: []}
    rows: list[Any] = list(scene.rows.itertuples())
    for row in reversed(rows):
        place = scene.places[row.Index]
        if place is None or not np.isfinite(row.number):
            continue
        color, below = scene.color(row.number), row.number < 0
        draw = _curve if place.is_tract else _disc
        layer: list[Any] = layers[2 + 2 * bool(row.significant) + (not place.is_tract)]
        for view, line in product(VIEWS, place.lines):
            layer += draw(
                _at(view, line[:, VIEWS[view]]), color, below=below, significant=row.significant
            )
    for height, drawn in layers.items():
        if drawn:  # one artist per layer: hundreds of them take a second
            ax.add_collection(_collection(drawn), autolim=False).set_zorder(height)
    _record(ax, scene)


def _record(ax: Axes, scene: Scene) -> None:
    """Record where regions were drawn, tracts first: a disc is on top, as is the strongest."""
    found = []
    rows: list[Any] = list(scene.rows.itertuples())
    for row in reversed(rows):
        place = scene.places[row.Index]
        if place is not None and np.isfinite(row.number):
            for view, line in product(VIEWS, place.lines):
                points = _at(view, line[:, VIEWS[view]])
                box = [*(points.min(axis=0) - _MARGIN), *(points.max(axis=0) + _MARGIN)]
                found.append((not place.is_tract, row.region, row.label, box))
    if found:
        _, keys, labels, boxes = zip(*sorted(found, key=lambda mark: mark[0]), strict=True)
        record_marks(ax, keys, labels, np.array(boxes))


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A line on the sheet."""

    points: FloatArray
    color: Color
    width: float
    dashes: Any


@dataclass(frozen=True, slots=True)
class _Disc:
    """A disc on the sheet, or a square."""

    shape: Patch
    face: Color
    edge: Color
    width: float


def _collection(drawn: Sequence[_Stroke] | Sequence[_Disc]) -> Collection:
    widths = [item.width for item in drawn]
    if isinstance(drawn[0], _Disc):
        discs = [item for item in drawn if isinstance(item, _Disc)]
        faces, edges = [disc.face for disc in discs], [disc.edge for disc in discs]
        patches = [disc.shape for disc in discs]
        return PatchCollection(patches, facecolors=faces, edgecolors=edges, linewidths=widths)
    strokes = [item for item in drawn if isinstance(item, _Stroke)]
    return LineCollection(
        [stroke.points for stroke in strokes],
        colors=[stroke.color for stroke in strokes],
        linestyles=[stroke.dashes for stroke in strokes],
        linewidths=widths,
    )


def _disc(points: FloatArray, color: Color, *, below: bool, significant: bool) -> list[_Disc]:
    theme = current_style().palette
    foreground, background = to_rgba(theme.foreground), to_rgba(theme.background)

    def shape(size: float) -> Patch:
        x, y = points[0]
        if below:  # a square, so that the sign is seen without colours
            return Rectangle((x - 0.9 * size, y - 0.9 * size), 1.8 * size, 1.8 * size)
        return Circle((x, y), size)

    whole = _Disc(shape(_RADIUS), color if significant else background, foreground, 0.7)
    ring = _Disc(shape(_RADIUS - 0.8), (0, 0, 0, 0), color, 1.1)
    return [whole] if significant else [whole, ring]


def _curve(points: FloatArray, color: Color, *, below: bool, significant: bool) -> list[_Stroke]:
    theme = current_style().palette
    casing, width = (3.0, 2.0) if significant else (1.3, 0.8)
    around = to_rgba(theme.foreground) if significant else to_rgba(theme.muted, 0.35)
    # Dashes are counted in widths of the line: the same gaps in both.
    gaps = [(0, (6 / wide, 2.6 / wide)) if below else "-" for wide in (casing, width)]
    return [_Stroke(points, around, casing, gaps[0]), _Stroke(points, color, width, gaps[1])]


def draw_masks(ax: Axes, scene: Scene, projections: Mapping[str, Projection]) -> None:
    """Draw the shapes of masks."""
    for view, projection in projections.items():
        left, low = _at(view, np.array([projection.h[0], projection.v[0]]))
        right, high = _at(view, np.array([projection.h[-1], projection.v[-1]]))
        ax.imshow(
            projection.image.T,
            origin="lower",
            extent=(left, right, low, high),
            cmap=scene.cmap,
            norm=scene.norm,
            interpolation="nearest",
            zorder=2,
        )
        below = np.pad(np.nan_to_num(projection.image) < 0, 1).astype(float)
        if below.any():
            width = np.diff(projection.h)[0], np.diff(projection.v)[0]
            centres = [
                np.linspace(edges[0] - step / 2, edges[-1] + step / 2, len(edges) + 1)
                for edges, step in zip((projection.h, projection.v), width, strict=True)
            ]
            x, y = (c + s for c, s in zip(centres, SHEET[view], strict=True))
            foreground = current_style().palette.foreground
            ax.contour(
                x, y, below.T, [0.5], colors=[foreground], linewidths=0.6, linestyles="dotted"
            )
    ax.set(xlim=(0, _WIDTH), ylim=(_LOW, _HIGH), aspect="equal")


def number_strongest(ax: Axes, scene: Scene) -> None:
    """Put the numbers of the strongest beside each view, with a line to where they lie."""
    theme = current_style().palette
    numbered = scene.numbered
    places = {int(number): scene.places[number] for number in numbered}
    for view, axes in VIEWS.items():
        points = {n: _anchor(s, view)[list(axes)] for n, s in places.items() if s is not None}
        order = sorted(points, key=lambda n: points[n][1])
        heights = spread(np.array([points[n][1] for n in order]), 11.0)
        edge = max(ring[:, 0].max() for ring in outlines()[view].outer) + 7
        ends = [_at(view, np.array((edge, height))) for height in heights]
        lines = [[_at(view, points[n]), end] for n, end in zip(order, ends, strict=True)]
        ax.add_collection(LineCollection(lines, colors=theme.muted, linewidths=0.5, zorder=8))
        for number, end in zip(order, ends, strict=True):
            ax.text(
                end[0] + 1,
                end[1],
                str(numbered.index(number) + 1),
                fontsize=current_style().small,
                va="center",
                zorder=9,
            )


def _anchor(place: Place, view: str) -> FloatArray:
    """Return the point that a number's line leads to: on the right, in cortex for tracts."""
    ends = np.vstack([line[[0, -1]] for line in place.lines])
    axis = VIEWS[view][0]
    end: FloatArray = ends[0 if view == "sagittal" else int(ends[:, axis].argmax())]
    return end
