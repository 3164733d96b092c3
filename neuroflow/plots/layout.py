"""What the figures have in common: legends above, systems beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from neuroflow.plots.figures import figure_of
from neuroflow.plots.styling import current


def group_handles(looks: Mapping[str, tuple[str, str]], counts: Mapping[str, int]) -> list[Artist]:
    """Return a legend's marks for groups of points.

    Parameters
    ----------
    looks
        Colour and marker by group.
    counts
        n by group.

    Returns
    -------
    list of Artist
        Of one size, however small the points are.
    """
    return [
        point_handle(f"{name} (n = {counts[name]})", color, marker)
        for name, (color, marker) in looks.items()
    ]


def point_handle(
    label: str, color: str, marker: str, *, face: str | None = None, size: float = 5
) -> Artist:
    """Return a legend's mark for points.

    Parameters
    ----------
    label
        What the points are.
    color, marker
        How they look.
    face
        Another colour within.
    size
        In points.

    Returns
    -------
    Artist
        To hand to `add_legend`.
    """
    return Line2D(
        [],
        [],
        color=color,
        marker=marker,
        markersize=size,
        markerfacecolor=face or color,
        linestyle="",
        label=label,
    )


def add_legend(ax: Axes, handles: Sequence[Artist], *, own: bool) -> None:
    """Put a legend above the panel, in as many columns as the width holds.

    Parameters
    ----------
    ax
        The panel.
    handles
        What to explain, with labels.
    own
        True where the figure has this panel only: then the legend may take its whole width.
    """
    figure = figure_of(ax)
    if figure is None or not handles:
        return
    width = figure.get_size_inches()[0] * 72 * (1 if own else ax.get_position().width)
    widths = [_entry(str(handle.get_label())) for handle in handles]
    columns = next(n for n in range(len(handles), 0, -1) if n == 1 or _wide(widths, n) <= width)
    if own:
        figure.legend(handles=handles, loc="outside upper left", ncols=columns)
    else:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            borderaxespad=0.3,
        )


def _entry(label: str) -> float:
    """Return the width of a legend's entry in points: mark, gaps and text."""
    font = FontProperties(size=current().small)  # of the style's family
    text, _, _ = text_to_path.get_text_width_height_descent(label, font, ismath=False)
    rc = mpl.rcParams
    gaps = rc["legend.handlelength"] + rc["legend.handletextpad"] + rc["legend.columnspacing"]
    return float(text + gaps * current().small)


def _wide(widths: Sequence[float], columns: int) -> float:
    """Return the width of a legend, which is filled column by column."""
    return float(sum(max(part) for part in np.array_split(widths, columns)))


def region_rows(ax: Axes, columns: pd.DataFrame, names: Sequence[str], quantity: str) -> None:
    """Set the axes of a panel with one region below the other.

    Parameters
    ----------
    ax
        The panel, regions at y = 0, 1, 2, ...
    columns
        One row per region: `system`.
    names
        What the regions are called.
    quantity
        What is measured along x, with its unit.
    """
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(quantity)
    if len(names) > 20:  # the numbers at the foot are a screen away
        ax.tick_params(axis="x", labeltop=True)
    ax.grid(axis="x", zorder=0)
    ax.set_axisbelow(True)
    mark_systems(ax, columns["system"].tolist())


def mark_systems(ax: Axes, systems: Sequence[str], *, at: float = 1.01) -> None:
    """Name the systems beside their regions, and draw a line between them.

    Parameters
    ----------
    ax
        Regions at y = 0, 1, 2, ...
    systems
        The system of each, in that order; blank ones are not named.
    at
        Where the names begin, in widths of the panel.
    """
    theme = current().palette
    start = 0
    runs = [(name, len(list(run))) for name, run in groupby(systems)]
    if len(runs) == len(systems) > 1 and len(set(systems)) < len(systems):
        return  # in the user's own order, not by system
    for name, length in runs:
        if name:
            ax.annotate(
                name[0].upper() + name[1:],
                (at, start + (length - 1) / 2),
                xycoords=ax.get_yaxis_transform(),
                ha="left",
                va="center",
                fontsize=current().small,
                color=theme.quiet,
                annotation_clip=False,
            )
        start += length
        if start < len(systems):
            ax.axhline(start - 0.5, color=theme.quiet, linewidth=0.8, zorder=1)
