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
from neuroflow.plot._brain.projections import Shadow
from neuroflow.plot.common import current

# Where the views stand on one sheet: the sheet's place of MNI (0, 0) of each view, in mm.
SHEET = {"sagittal": (108.0, 80.0), "coronal": (292.0, 80.0), "axial": (84.0, -98.0)}
_WIDE, _LOW, _HIGH = 384.0, -208.0, 172.0
_RADIUS = 4.0
_NAMED = 8
_VIEW_NAMES = {"sagittal": "Sagittal, from the right", "coronal": "Coronal", "axial": "Axial"}
Color = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """The regions to draw, strongest first, and their colours."""

    # One row per region: its `number` and `label`; `sure` where it is significant, `placed` where
    # it has a place in the pictures.
    rows: pd.DataFrame
    spots: list[Place | None]  # The regions' places in the schematic, None where there is none
    norm: Normalize  # From numbers to colours
    cmap: Colormap

    def color(self, number: float) -> Color:
        """Return the colour of a number."""
        red, green, blue, alpha = self.cmap(float(self.norm(number)))
        return float(red), float(green), float(blue), float(alpha)

    @property
    def named(self) -> list[int]:
        """The rows that get a number in the picture."""
        named = self.rows["placed"] & self.rows["sure"] & self.rows["number"].notna()
        return [int(i) for i in np.flatnonzero(named)[:_NAMED]]

    @property
    def away(self) -> list[int]:
        """The rows that have no place."""
        return [int(i) for i in np.flatnonzero(~self.rows["placed"])]


def _at(view: str, points: FloatArray) -> FloatArray:
    """Move points of one view, n x 2 in mm, to their place on the sheet."""
    moved: FloatArray = points + np.array(SHEET[view])
    return moved


def sheet(ax: Axes) -> None:
    """Draw the outlines, and say from where one looks."""
    theme = current().palette
    ax.set(xlim=(0, _WIDE), ylim=(_LOW, _HIGH), aspect="equal")
    ax.set_axis_off()
    ax.set(xticks=[], yticks=[])
    for view, outline in outlines().items():
        for ring in outline.inner:
            ax.fill(*_at(view, ring).T, facecolor=theme.grid, alpha=0.45, linewidth=0, zorder=0)
        for ring in outline.outer:
            ax.plot(*_at(view, ring).T, color=theme.quiet, linewidth=1.0, zorder=1)
        top = max(ring[:, 1].max() for ring in outline.outer) + 4
        words: dict[str, Any] = {"va": "bottom", "fontsize": current().small, "color": theme.quiet}
        middle = -17.0 if view == "sagittal" else 0.0
        x, y = _at(view, np.array([middle, top]))
        ax.text(x, y, _VIEW_NAMES[view], ha="center", **words)
        if view != "sagittal":
            ax.text(x - 68, y - 14, "L", ha="center", **words)
            ax.text(x + 68, y - 14, "R", ha="center", **words)


def schematic(ax: Axes, scene: Scene) -> None:
    """Draw discs and curves, the strongest last so that they lie on top."""
    layers: dict[int, list[_Stroke] | list[_Disc]] = {2: [], 3: [], 4: [], 5: []}
    rows: list[Any] = list(scene.rows.itertuples())
    for row in reversed(rows):
        spot = scene.spots[row.Index]
        if spot is None or not np.isfinite(row.number):
            continue
        color, below = scene.color(row.number), row.number < 0
        draw = _curve if spot.is_tract else _disc
        layer: list[Any] = layers[2 + 2 * bool(row.sure) + (not spot.is_tract)]
        for view, line in product(VIEWS, spot.lines):
            layer += draw(_at(view, line[:, VIEWS[view]]), color, below=below, sure=row.sure)
    for height, drawn in layers.items():
        if drawn:  # one artist per layer: hundreds of them take a second
            ax.add_collection(_collected(drawn), autolim=False).set_zorder(height)


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


def _collected(drawn: Sequence[_Stroke] | Sequence[_Disc]) -> Collection:
    widths = [item.width for item in drawn]
    if isinstance(drawn[0], _Disc):
        discs = [item for item in drawn if isinstance(item, _Disc)]
        faces, edges = [disc.face for disc in discs], [disc.edge for disc in discs]
        shapes = [disc.shape for disc in discs]
        return PatchCollection(shapes, facecolors=faces, edgecolors=edges, linewidths=widths)
    strokes = [item for item in drawn if isinstance(item, _Stroke)]
    return LineCollection(
        [stroke.points for stroke in strokes],
        colors=[stroke.color for stroke in strokes],
        linestyles=[stroke.dashes for stroke in strokes],
        linewidths=widths,
    )


def _disc(points: FloatArray, color: Color, *, below: bool, sure: bool) -> list[_Disc]:
    ink, ground = to_rgba(current().palette.ink), to_rgba(current().palette.ground)

    def shape(size: float) -> Patch:
        x, y = points[0]
        if below:  # a square, so that the sign is seen without colours
            return Rectangle((x - 0.9 * size, y - 0.9 * size), 1.8 * size, 1.8 * size)
        return Circle((x, y), size)

    whole = _Disc(shape(_RADIUS), color if sure else ground, ink, 0.7)
    return [whole] if sure else [whole, _Disc(shape(_RADIUS - 0.8), (0, 0, 0, 0), color, 1.1)]


def _curve(points: FloatArray, color: Color, *, below: bool, sure: bool) -> list[_Stroke]:
    theme = current().palette
    case, width = (3.0, 2.0) if sure else (1.3, 0.8)
    around = to_rgba(theme.ink) if sure else to_rgba(theme.quiet, 0.35)
    # Dashes are counted in widths of the line: the same gaps in both.
    gaps = [(0, (6 / wide, 2.6 / wide)) if below else "-" for wide in (case, width)]
    return [_Stroke(points, around, case, gaps[0]), _Stroke(points, color, width, gaps[1])]


def shapes(ax: Axes, scene: Scene, shadows: Mapping[str, Shadow]) -> None:
    """Draw the shapes of masks."""
    for view, shadow in shadows.items():
        left, low = _at(view, np.array([shadow.h[0], shadow.v[0]]))
        right, high = _at(view, np.array([shadow.h[-1], shadow.v[-1]]))
        ax.imshow(
            shadow.image.T,
            origin="lower",
            extent=(left, right, low, high),
            cmap=scene.cmap,
            norm=scene.norm,
            interpolation="nearest",
            zorder=2,
        )
        below = np.pad(np.nan_to_num(shadow.image) < 0, 1).astype(float)
        if below.any():
            width = np.diff(shadow.h)[0], np.diff(shadow.v)[0]
            centres = [
                np.linspace(edges[0] - step / 2, edges[-1] + step / 2, len(edges) + 1)
                for edges, step in zip((shadow.h, shadow.v), width, strict=True)
            ]
            x, y = (c + s for c, s in zip(centres, SHEET[view], strict=True))
            ink = current().palette.ink
            ax.contour(x, y, below.T, [0.5], colors=[ink], linewidths=0.6, linestyles="dotted")
    ax.set(xlim=(0, _WIDE), ylim=(_LOW, _HIGH), aspect="equal")


def number(ax: Axes, scene: Scene) -> None:
    """Put the numbers of the strongest beside each view, with a line to where they lie."""
    theme = current().palette
    named = scene.named
    spots = {int(number): scene.spots[number] for number in named}
    for view, axes in VIEWS.items():
        points = {n: _anchor(s, view)[list(axes)] for n, s in spots.items() if s is not None}
        order = sorted(points, key=lambda n: points[n][1])
        heights = _spread(np.array([points[n][1] for n in order]), 11.0)
        edge = max(ring[:, 0].max() for ring in outlines()[view].outer) + 7
        ends = [_at(view, np.array((edge, height))) for height in heights]
        lines = [[_at(view, points[n]), end] for n, end in zip(order, ends, strict=True)]
        ax.add_collection(LineCollection(lines, colors=theme.quiet, linewidths=0.5, zorder=8))
        for number, end in zip(order, ends, strict=True):
            ax.text(
                end[0] + 1,
                end[1],
                str(named.index(number) + 1),
                fontsize=current().small,
                va="center",
                zorder=9,
            )


def _anchor(spot: Place, view: str) -> FloatArray:
    """Return the point that a number's line leads to: on the right, in cortex for tracts."""
    ends = np.vstack([line[[0, -1]] for line in spot.lines])
    axis = VIEWS[view][0]
    end: FloatArray = ends[0 if view == "sagittal" else int(ends[:, axis].argmax())]
    return end


def _spread(heights: FloatArray, gap: float) -> FloatArray:
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
