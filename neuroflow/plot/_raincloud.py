"""Distributions: a density, a box and every study, by region and group."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from neuroflow.matrix import ExcludeSuspect, FloatArray, read_cells
from neuroflow.plot._strip import Points, read_points
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    group_handles,
    metric_name,
    new_axes,
    set_caption,
    styled,
    unit,
)
from neuroflow.plot.figures import FigureSpec

_DENSITY_HEIGHT = 0.46  # of a group's place; the rest is the box, then the points
_MIN_FOR_DENSITY = 5  # a density of fewer values is meaningless


def raincloud(
    table: pd.DataFrame,
    regions: Sequence[str] | str | None = None,
    metric: str = "FW",
    *,
    by: str = "group",
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw distributions: density above, box between, every study below.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    regions
        Identifiers or names of regions, in the order to draw; ``"all"`` for all; None for the
        four biomarkers (pSN, Putamen, SCP, MCP), or for all if the table has none of these.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that holds the groups.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure whose height grows with regions and groups.

    Returns
    -------
    Axes
        One row per region and group. Densities (Gaussian kernel, Scott's bandwidth) end at the
        outermost values, and are left out below five values.

    Raises
    ------
    OptionError
        The table lacks a region or metric.
    TableError
        The table lacks a column, or no study has a group.

    References
    ----------
    Allen M et al. (2019), Wellcome Open Res 4:63.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.50, 0.55]})
    >>> raincloud(table).get_xlabel()
    'Free water (fraction)'
    """
    cells = read_cells(table, metric=metric, needed=[by], exclude_suspect=exclude_suspect)
    points = read_points(cells, regions, by)
    with styled():
        new_figure = ax is None
        n_regions = points.values.shape[1]
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 34 + n_regions * (3 + 9 * len(points.styles)))
        for region in range(n_regions):
            for code, group_style in enumerate(points.styles.values()):
                mine = (points.group == code) & np.isfinite(points.values[:, region])
                at = region + points.offset(code)
                _draw_density_and_box(
                    ax, points.values[mine & points.first, region], at, points.pitch, group_style[0]
                )
                _draw_points(ax, points.values[mine, region], at, points.pitch, group_style)
        quantity = f"{metric_name(metric)} ({unit(metric, points.values)})"
        _set_axes(ax, points, quantity)
        handles = group_handles(points.styles, points.people, points.counts)
        add_legend(ax, handles, new_figure=new_figure)
        note = "Density; box: median, quartiles; whiskers: 5th, 95th percentile; points: studies."
        if points.visits_note:
            note += f" {points.visits_note}"
        foot = " ".join(text for text in (note, abbreviations(points.labels)) if text)
        set_caption(
            ax,
            f"{quantity} by {by} ({points.counts_note}). {note}",
            foot,
            new_figure=new_figure,
            notes=data_notes(cells),
        )
    return ax


FIGURE = FigureSpec(
    "raincloud",
    raincloud,
    needs="table",
    title="Raincloud plot: distributions",
    usual_names="box plot, violin plot, density plot",
    example='nf.plot.raincloud(table, ["SCP", "Putamen"])',
    order=70,
)


def _draw_density_and_box(
    ax: Axes, values: FloatArray, at: float, pitch: float, color: str
) -> None:
    """Draw density and box of one group of one region; rows grow downwards: above is minus."""
    if not len(values):
        return
    foreground = current_style().palette.foreground
    if len(values) >= _MIN_FOR_DENSITY and np.ptp(values) > 0:
        x = np.linspace(values.min(), values.max(), 128)
        density = stats.gaussian_kde(values)(x)
        top = at - _DENSITY_HEIGHT * pitch * density / density.max()
        ax.fill_between(x, np.full_like(x, at), top, color=color, alpha=0.75, linewidth=0, zorder=2)
    low, first, middle, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    row, half = at + 0.11 * pitch, 0.065 * pitch
    ax.hlines(row, low, high, color=foreground, linewidth=0.9, zorder=3)
    background = current_style().palette.background
    box: dict[str, Any] = {
        "facecolor": background,
        "edgecolor": foreground,
        "linewidth": 0.9,
        "zorder": 4,
    }
    ax.barh(row, third - first, 2 * half, first, **box)
    ax.vlines(middle, row - half, row + half, color=foreground, linewidth=1.8, zorder=5)


def _draw_points(
    ax: Axes, values: FloatArray, at: float, pitch: float, group_style: tuple[str, str]
) -> None:
    """Draw every study of one group of one region."""
    spread = ((np.arange(len(values)) * 0.6180339887) % 1 - 0.5) * 0.16 * pitch
    ax.scatter(
        values,
        at + 0.31 * pitch + spread,
        s=float(np.clip(500 / max(len(values), 1), 4, 10)),
        marker=group_style[1],
        color=group_style[0],
        alpha=0.8,
        linewidths=0,
        zorder=2,
        rasterized=len(values) > 5000,
    )


def _set_axes(ax: Axes, points: Points, quantity: str) -> None:
    theme = current_style().palette
    n_regions = points.values.shape[1]
    ax.set_yticks(range(n_regions), [textwrap.fill(name, 22) for name in points.labels])
    ax.set_ylim(n_regions - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelsize=current_style().small)
    ax.set_xlabel(quantity)
    ax.grid(axis="x", zorder=0)
    ax.set_axisbelow(True)
    for line in range(1, n_regions):
        ax.axhline(line - 0.5, color=theme.muted, linewidth=0.8, zorder=1)
