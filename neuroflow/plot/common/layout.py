"""What the figures have in common: legends above, names and systems beside, room for both."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from neuroflow.matrix import count_text
from neuroflow.plot.common.figure import add_lines, figure_of, make_room, text_width
from neuroflow.plot.common.style import DOUBLE_COLUMN, MM, current_style

_NARROW = 120.0  # mm; in less, names of regions would leave no room for what is drawn
_POINT = 25.4 / 72  # mm
_MOST_WRAPPED = 20  # names on several lines; more make a figure too high
_LEFT_OF_EDGE = 0.85  # of a narrow panel: the room that its legend has, from the right edge


def panel_size(ax: Axes) -> tuple[float, float]:
    """Return the room that a panel has in its figure, with the words around it."""
    figure = figure_of(ax)
    if figure is None:
        return DOUBLE_COLUMN, DOUBLE_COLUMN
    width, height = (float(size) / MM for size in figure.get_size_inches())
    spec = ax.get_subplotspec()
    if spec is None:  # placed by hand
        return width * ax.get_position().width, height * ax.get_position().height
    grid = spec.get_gridspec()
    return width * len(spec.colspan) / grid.ncols, height * len(spec.rowspan) / grid.nrows


def is_narrow(panel: Axes | float) -> bool:
    """Return whether a panel, or its width in mm, is about that of a journal's column."""
    return (panel if isinstance(panel, float) else panel_size(panel)[0]) < _NARROW


def names_fit(ax: Axes, rows: int) -> bool:
    """Return whether rows are high enough for names, so that these do not lie over each other."""
    return 0.7 * panel_size(ax)[1] >= 0.9 * rows * current_style().small * _POINT


def shorten_names(ax: Axes, names: Sequence[str]) -> list[str]:
    """Return the names of rows so that they leave room for what is drawn."""
    width, height = panel_size(ax)
    if not names_fit(ax, len(names)):
        return [""] * len(names)
    letters = max(12, int(0.4 * width / (0.53 * current_style().small * _POINT)))
    if max(map(len, names), default=0) <= letters:
        return list(names)
    figure, few = figure_of(ax), len(names) <= _MOST_WRAPPED
    lines = int(0.6 * height / max(len(names), 1) / (1.25 * current_style().small * _POINT))
    if figure is not None and add_lines(figure, 0):
        lines = 3 if few else 1
    if lines > 1:
        wrapped = [
            textwrap.fill(name, letters, max_lines=lines, placeholder=" …") for name in names
        ]
        if figure is not None:
            add_lines(figure, len(names) * max(name.count("\n") for name in wrapped))
        return wrapped
    cuts = [[_cut(name, letters, end) for end in range(4, letters - 4)] for name in names]
    shown = list(max(zip(*cuts, strict=True), key=lambda cut: len(set(cut))))
    for row, others in enumerate(cuts):
        if shown.count(shown[row]) > 1:  # this one differs from another elsewhere
            shown[row] = next((cut for cut in others if cut not in shown), shown[row])
    return shown


def _cut(name: str, letters: int, end: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - end - 1]}…{name[-end:]}"


def group_handles(
    styles: Mapping[str, tuple[str, str]],
    people: Mapping[str, int],
    studies: Mapping[str, int] | None = None,
) -> list[Artist]:
    """Return a legend's marks for groups of points, with people, and studies if there are more."""
    studies = people if studies is None else studies
    return [
        point_handle(f"{name} ({count_text(people[name], studies[name])})", color, marker)
        for name, (color, marker) in styles.items()
    ]


def point_handle(
    label: str, color: str, marker: str, *, face: str | None = None, size: float = 5
) -> Artist:
    """Return a legend's mark for points."""
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


def add_legend(ax: Axes, handles: Sequence[Artist], *, new_figure: bool) -> None:
    """Put a legend above the panel, in as many columns as the width holds."""
    figure = figure_of(ax)
    if figure is None or not handles:
        return
    whole, narrow = float(figure.get_size_inches()[0]) * 72, not new_figure and is_narrow(ax)
    width = whole if new_figure else whole * ax.get_position().width
    if narrow:
        width = _LEFT_OF_EDGE * panel_size(ax)[0] / _POINT
    for handle in handles:
        handle.set_label(_wrapped(str(handle.get_label()), width))
    labels = [str(handle.get_label()) for handle in handles]
    columns = _columns(labels, width)
    if new_figure:
        make_room(figure, lambda width: _legend_lines(labels, width))
        figure.legend(handles=handles, loc="outside upper left", ncols=columns)
    else:
        ax.legend(
            handles=handles,
            loc="lower right" if narrow else "lower left",  # right: it may lie above the names
            bbox_to_anchor=(1, 1) if narrow else (0, 1),
            ncols=columns,
            borderaxespad=2.0 + 1.5 * (ax.get_title().count("\n") + 1)
            if _has_upper_axis(ax)
            else 0.3,
        )


def _has_upper_axis(ax: Axes) -> bool:
    """Return whether the numbers at the foot stand at the top, too."""
    return bool(ax.xaxis.get_major_ticks(1)[0].label2.get_visible())


def _columns(labels: Sequence[str], width: float) -> int:
    """Return in how many columns a legend fits into a width in points."""
    widths = [_entry(label) for label in labels]
    return next(n for n in range(len(widths), 0, -1) if n == 1 or _wide(widths, n) <= width)


def _legend_lines(labels: Sequence[str], width: float) -> int:
    """Return how many lines a legend has in a width in points."""
    columns = np.array_split(
        np.array([label.count("\n") + 1 for label in labels]), _columns(labels, width)
    )
    return int(max(lines.sum() for lines in columns))


def _wrapped(label: str, width: float) -> str:
    """Return a legend's text, on several lines if it is wider than the legend may be."""
    if (wide := _entry(label)) <= width:
        return label
    letters = int(len(max(label.split("\n"), key=len)) * width / wide * 0.9)
    return textwrap.fill(label.replace("\n", " "), max(letters, 8))


def _entry(label: str) -> float:
    """Return the width of a legend's entry in points: mark, gaps and the longest line."""
    rc = mpl.rcParams
    gaps = rc["legend.handlelength"] + rc["legend.handletextpad"] + rc["legend.columnspacing"]
    return float(text_width(label) + gaps * current_style().small)


def _wide(widths: Sequence[float], columns: int) -> float:
    """Return the width of a legend, which is filled column by column."""
    return float(sum(max(part) for part in np.array_split(widths, columns)))


def set_region_axis(ax: Axes, columns: pd.DataFrame, names: Sequence[str], quantity: str) -> None:
    """Set the axes of a panel with one region below the other."""
    ax.set_yticks(range(len(names)), shorten_names(ax, names))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelsize=current_style().small)
    words = textwrap.fill(quantity, 24) if is_narrow(ax) else quantity
    ax.set_xlabel(words, fontsize=current_style().font_size)
    if len(names) > 20:  # the numbers at the foot are a screen away
        ax.tick_params(axis="x", labeltop=True)
        ax.set_title(words, fontsize=current_style().font_size, fontweight="normal")
    ax.grid(axis="x", zorder=0)
    ax.set_axisbelow(True)
    label_systems(ax, columns["system"].tolist())


def label_systems(ax: Axes, systems: Sequence[str], *, at: float = 1.01) -> None:
    """Name the systems beside their regions where there is room, and draw a line between them."""
    theme = current_style().palette
    start = 0
    runs = [(name, len(list(run))) for name, run in groupby(systems)]
    if len(runs) > 2 * len(set(systems)) or (len(runs) == len(systems) > len(set(systems))):
        return  # in the user's own order, not by system
    named = not is_narrow(ax)
    for name, length in runs:
        if name and named:
            ax.annotate(
                name[0].upper() + name[1:],
                (at, start + (length - 1) / 2),
                xycoords=ax.get_yaxis_transform(),
                ha="left",
                va="center",
                fontsize=current_style().small,
                color=theme.muted,
                annotation_clip=False,
            )
        start += length
        if start < len(systems):
            ax.axhline(start - 0.5, color=theme.muted, linewidth=0.8, zorder=1)
