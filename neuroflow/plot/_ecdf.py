"""Cumulative distributions of a region, by group."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.matrix import ExcludeSuspect, read_cells
from neuroflow.plot._strip import Points, read_points
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    find_region,
    group_handles,
    lower_first,
    metric_name,
    new_axes,
    record_marks,
    set_caption,
    styled,
    unit,
)
from neuroflow.plot.figures import FigureSpec, FormEntry


def ecdf(
    table: pd.DataFrame,
    region: str,
    metric: str = "FW",
    *,
    by: str = "group",
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the empirical cumulative distribution of a region, one line per group.

    Parameters
    ----------
    table
        The cohort table, one row per study, region and metric.
    region
        Identifier or name of one region.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that holds the groups.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        Values along x in the metric's unit, and up the share of a group's studies (0 to 1) that
        have this value or a lower one. Only first visits are shown.

    Raises
    ------
    OptionError
        The table lacks the region or metric, or several regions have this name.
    TableError
        The table lacks a column, or no study has a group.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.50, 0.55]})
    >>> ecdf(table, "SCP").get_ylabel()
    'Proportion of studies'
    """
    cells = read_cells(table, metric=metric, needed=[by], exclude_suspect=exclude_suspect)
    _, name = find_region(cells.columns, region)
    points = read_points(cells, [region], by)
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 80.0)
        counts = _draw(ax, points)
        quantity = f"{name}, {lower_first(metric_name(metric))} ({unit(metric, points.values)})"
        ax.set_xlabel(textwrap.fill(quantity, 45))
        ax.set_ylabel("Proportion of studies")
        ax.set_ylim(0, 1.02)
        ax.grid(zorder=0)
        ax.set_axisbelow(True)
        add_legend(ax, group_handles(points.styles, counts), new_figure=new_figure)
        note = "Lines: proportion of studies at or below a value. Marks: medians."
        if not points.first.all():
            note += " Only first visits are shown."
        foot = " ".join(text for text in (note, abbreviations([name])) if text)
        listed = ", ".join(f"{group} n = {n}" for group, n in counts.items())
        text = f"{quantity}: cumulative distribution by {by} ({listed}). {note}"
        set_caption(ax, text, foot, new_figure=new_figure, notes=data_notes(cells))
    return ax


FIGURE = FigureSpec(
    "ecdf",
    ecdf,
    needs="table",
    title="ECDF: cumulative distributions",
    usual_names="cumulative distribution function, CDF",
    example='nf.plot.ecdf(table, "SCP")',
    form=FormEntry(
        "ECDF",
        "Proportion of each group at or below a value; click a study to select it",
        takes=("region",),
        selects="study_id",
    ),
    order=75,
)


def _draw(ax: Axes, points: Points) -> dict[str, int]:
    """Draw the line of every group and a mark at its median; return the numbers of studies."""
    counts = {}
    for code, (group, (color, marker)) in enumerate(points.styles.items()):
        values = points.values[:, 0]
        some = np.flatnonzero((points.group == code) & points.first & np.isfinite(values))
        some = some[np.argsort(values[some], kind="stable")]
        counts[group] = n = len(some)
        if not n:
            continue
        ax.ecdf(values[some], color=color, linewidth=1.4, zorder=2)
        share = np.arange(1, n + 1) / n
        keys = [points.study_ids[i] for i in some]
        labels = [f"{value:.4g}" for value in values[some]]
        record_marks(ax, keys, labels, np.column_stack([values[some], share]))
        median = values[some][(n - 1) // 2]  # where the line reaches one half
        edge = current_style().palette.background
        ax.plot([median], [0.5], color=color, marker=marker, mec=edge, markersize=6, zorder=3)
    return counts
