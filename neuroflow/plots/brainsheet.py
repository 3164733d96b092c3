"""The drawing of the brain: outlines, discs and curves, shapes of masks, numbers beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Circle, Patch, Rectangle

from neuroflow.compare.cells import FloatArray
from neuroflow.plots.anatomy import VIEWS, Place, outlines
from neuroflow.plots.projections import Shadow
from neuroflow.plots.styling import current

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

    rows: pd.DataFrame  # number, sure, label, placed
    spots: list[Place | None]
    norm: Normalize
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
    """Draw the outlines, and say from where one looks.

    Parameters
    ----------
    ax
        The panel, in mm of the sheet.
    """
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
    """Draw discs and curves, the strongest last so that they lie on top.

    Parameters
    ----------
    ax
        The panel.
    scene
        What to draw.
    """
    ink, ground = current().palette.ink, current().palette.ground
    rows: list[Any] = list(scene.rows.itertuples())
    for depth, row in enumerate(reversed(rows)):
        spot = scene.spots[row.Index]
        if spot is None or not np.isfinite(row.number):
            continue
        color, below = scene.color(row.number), row.number < 0
        layer = 2 + (2 if row.sure else 0) + (not spot.is_tract) + depth / 1000
        for view, line in product(VIEWS, spot.lines):
            points = _at(view, line[:, VIEWS[view]])
            if spot.is_tract:
                _curve(ax, points, color, below=below, sure=row.sure, layer=layer)
                continue
            ax.add_patch(_disc(points[0], below, color if row.sure else ground, ink, layer))
            if not row.sure:
                ax.add_patch(_disc(points[0], below, "none", color, layer))


def _disc(
    point: FloatArray, below: bool, face: Color | str, edge: Color | str, layer: float
) -> Patch:
    look: dict[str, Any] = {"facecolor": face, "edgecolor": edge, "zorder": layer}
    look["linewidth"] = 1.1 if face == "none" else 0.7
    size = _RADIUS - 0.8 * (face == "none")
    if below:  # a square, so that the sign is seen without colours
        side = 1.8 * size
        return Rectangle((point[0] - side / 2, point[1] - side / 2), side, side, **look)
    return Circle((point[0], point[1]), size, **look)


def _curve(
    ax: Axes, points: FloatArray, color: Color, *, below: bool, sure: bool, layer: float
) -> None:
    theme = current().palette
    case, width = (3.0, 2.0) if sure else (1.3, 0.8)
    shade = 1.0 if sure else 0.35
    around = theme.ink if sure else theme.quiet
    # Dashes are counted in widths of the line: the same gaps in both.
    gaps = [(0, (6 / wide, 2.6 / wide)) if below else "-" for wide in (case, width)]
    ax.plot(*points.T, color=around, alpha=shade, lw=case, ls=gaps[0], zorder=layer)
    ax.plot(*points.T, color=color, lw=width, ls=gaps[1], zorder=layer)


def shapes(ax: Axes, scene: Scene, shadows: Mapping[str, Shadow]) -> None:
    """Draw the shapes of masks.

    Parameters
    ----------
    ax
        The panel.
    scene
        Its colours.
    shadows
        Images by view.
    """
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
    """Put the numbers of the strongest beside each view, with a line to where they lie.

    Parameters
    ----------
    ax
        The panel.
    scene
        What is drawn.
    """
    theme = current().palette
    named = scene.named
    spots = {int(number): scene.spots[number] for number in named}
    for view, axes in VIEWS.items():
        points = {n: _anchor(s, view)[list(axes)] for n, s in spots.items() if s is not None}
        order = sorted(points, key=lambda n: points[n][1])
        heights = _spread(np.array([points[n][1] for n in order]), 11.0)
        edge = max(ring[:, 0].max() for ring in outlines()[view].outer) + 7
        for number, height in zip(order, heights, strict=True):
            start, end = (_at(view, np.array(p)) for p in (points[number], (edge, height)))
            ax.plot(*np.array([start, end]).T, color=theme.quiet, linewidth=0.5, zorder=8)
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
