"""Values over repeated visits."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from scipy import stats

from neuroflow.compare import fitted_lines, warn_similar_labels
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    TimeUnit,
    check_choice,
    check_number,
    check_span,
    labels,
    moments,
    participants,
    percent_text,
    read_cells,
    years_of,
)
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    find_region,
    group_styles,
    metric_name,
    move_apart,
    new_axes,
    point_handle,
    set_caption,
    styled,
)
from neuroflow.plot.common import (
    unit as metric_unit,
)
from neuroflow.plot.figures import FigureSpec


def trajectory(
    table: pd.DataFrame,
    region: str,
    metric: str = "FW",
    *,
    by: str = "group",
    time: str = "age",
    unit: TimeUnit | None = None,
    line: Literal["means", "model"] = "means",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw every participant's values over the visits, and each group's mean change.

    Parameters
    ----------
    table
        The cohort table, with repeated visits.
    region
        Identifier or name of one region.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that holds the groups.
    time
        The column with the time of the visit: numbers in years (such as `age`), or dates.
    unit
        The unit of numbers in `time`, as in `change_over_time`.
    line
        ``"means"``, or ``"model"`` for the lines of the mixed model that `change_over_time` fits
        with ``method="mixed"``, with bands; it also uses participants of one visit.
    confidence
        Level of the lines' or means' confidence intervals (t distribution), between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        Years since the first visit along x. Marks are the mean of the first visits plus the mean
        change to the second, third, ... visit of those who have it, at their mean time, so that
        people who leave do not bend the line; n is written where it falls.

    Raises
    ------
    CompareError
        No participant has two visits at different times.
    OptionError
        The table lacks the region or metric, or several regions have this name.
    TableError
        The table lacks a column, or `time` holds neither numbers nor dates.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "participant_id": list("xxyyzz"), "group": "PSP",
    ...     "age": [60, 61, 70, 72, 65, 66], "region": "SCP", "metric": "FW",
    ...     "value": [0.30, 0.34, 0.40, 0.46, 0.50, 0.52]})
    >>> trajectory(table, "SCP").get_xlabel()
    'Years since the first visit'
    """
    check_number("confidence", confidence, below=1)
    check_choice("line", line, ("means", "model"))
    cells = read_cells(table, metric=metric, needed=[by, time], exclude_suspect=exclude_suspect)
    all_series, quantity = _read_series(cells, region, metric, by, (time, unit))
    warn_similar_labels(by, [series.group for series in all_series])
    styles = group_styles([series.group for series in all_series])
    fitted = _fitted(cells, region, by, (time, unit), confidence) if line == "model" else None
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 90.0)
        handles, numbers = [], []
        for place, (name, group_style) in enumerate(styles.items()):
            mine = [series for series in all_series if series.group == name]
            _draw_lines(ax, mine, group_style)
            shift = (place - (len(styles) - 1) / 2) * 0.02
            if fitted is None:
                numbers += _draw_means(ax, mine, group_style, shift, confidence)
            else:
                numbers += _draw_model(ax, mine, fitted[fitted["group"] == name], group_style)
            handles.append(point_handle(f"{name} (n = {len(mine)})", *group_style))
        ax.set_xlabel("Years since the first visit")
        ax.set_ylabel(textwrap.fill(quantity, 30))
        ax.grid(axis="y", zorder=0)
        ax.set_axisbelow(True)
        move_apart(ax, numbers)
        add_legend(ax, handles, new_figure=new_figure)
        note = f"Thin lines: participants. {_LINES[line]} {percent_text(confidence)} CI."
        foot = " ".join(text for text in (note, abbreviations([quantity])) if text)
        counts = ", ".join(str(handle.get_label()) for handle in handles)
        set_caption(
            ax,
            f"{quantity} over time: {counts}. {note}",
            foot,
            new_figure=new_figure,
            notes=data_notes(cells),
        )
    return ax


_LINES = {
    "means": "Marks: mean first value plus the mean change of those who have the visit (n where it "
    "falls), with",
    "model": "Thick lines: mixed model (REML), n at each visit. Bands:",
}

FIGURE = FigureSpec(
    "trajectory",
    trajectory,
    needs="visits",
    title="Trajectories: longitudinal change",
    usual_names="spaghetti plot, growth curves, change over time",
    example='nf.plot.trajectory(visits, "SCP")',
    order=80,
)


@dataclass(frozen=True, slots=True)
class _Series:
    """One participant's values, in order of time."""

    group: str
    years: FloatArray
    values: FloatArray


def _read_series(
    cells: Cells, region: str, metric: str, by: str, clock: tuple[str, TimeUnit | None]
) -> tuple[list[_Series], str]:
    place, name = find_region(cells.columns, region)
    values = cells.values[:, place]
    time, time_unit = clock
    years = years_of(cells.studies[time], time, time_unit)
    group = labels(cells.studies[by])
    known = np.isfinite(values) & np.isfinite(years) & group.notna().to_numpy()
    who = participants(cells.studies)
    all_series = []
    for rows in pd.Series(np.flatnonzero(known)).groupby(who[known], sort=False):
        visits: IntArray = rows[1].to_numpy()
        visits = visits[np.argsort(years[visits], kind="stable")]
        if np.ptp(years[visits]) > 0:
            since = years[visits] - years[visits[0]]
            all_series.append(_Series(str(group[visits[0]]), since, values[visits]))
    if not all_series:
        raise CompareError(
            "No participant has two visits at different times.",
            why=f"The times are taken from {time}.",
        )
    check_span(np.array([series.years[-1] for series in all_series]), time, time_unit)
    return all_series, f"{name}, {metric_name(metric).lower()} ({metric_unit(metric, values)})"


def _draw_lines(ax: Axes, all_series: list[_Series], group_style: tuple[str, str]) -> None:
    lines = [np.column_stack([series.years, series.values]) for series in all_series]
    pale = float(np.clip(12 / len(lines), 0.15, 0.5))
    ax.add_collection(
        LineCollection(lines, colors=group_style[0], linewidths=0.7, alpha=pale, zorder=2)
    )
    ax.autoscale_view()


def _fitted(
    cells: Cells, region: str, by: str, clock: tuple[str, TimeUnit | None], confidence: float
) -> pd.DataFrame:
    """Return the lines of the region's mixed model."""
    place, _ = find_region(cells.columns, region)
    one = replace(
        cells,
        columns=cells.columns.iloc[[place]].reset_index(drop=True),
        values=cells.values[:, [place]],
        suspect=None,
    )
    return fitted_lines(one, by=by, time=clock[0], unit=clock[1], confidence=confidence)


def _draw_model(
    ax: Axes, all_series: list[_Series], line: pd.DataFrame, group_style: tuple[str, str]
) -> list[Annotation]:
    """Draw a group's line with its band, and how many have each visit."""
    color, theme = group_style[0], current_style().palette
    years, level = line["years"].to_numpy(), line["estimate"].to_numpy()
    if not len(years):
        return []
    ax.fill_between(years, line["ci_low"], line["ci_high"], color=color, alpha=0.25, linewidth=0)
    ax.plot(years, level, color=theme.background, linewidth=3.2, zorder=3)
    ax.plot(years, level, color=color, linewidth=1.8, zorder=4)
    numbers = []
    for visit in range(max(len(series.years) for series in all_series)):
        when = [series.years[visit] for series in all_series if len(series.years) > visit]
        at = float(np.mean(when))
        height = float(np.interp(at, years, level))
        ax.plot([at], [height], marker=group_style[1], color=color, mec=theme.background, zorder=5)
        numbers.append(_number(ax, str(len(when)), (at, height), (0, 4), color, ha="center"))
    return numbers


def _draw_means(
    ax: Axes,
    all_series: list[_Series],
    group_style: tuple[str, str],
    shift: float,
    confidence: float,
) -> list[Annotation]:
    """Draw the first mean and mean changes; visits of fewer than two participants have none."""
    most = max(len(series.years) for series in all_series)
    padded = np.full((2, len(all_series), most), np.nan)
    for row, series in enumerate(all_series):
        padded[0, row, : len(series.years)] = series.years
        padded[1, row, : len(series.years)] = series.values
    first = padded[1, :, :1]
    change = padded[1] - first
    n, mean, variance = moments(change)
    some = n >= 2
    variance[0] = float(moments(first)[2][0])  # of the first visit itself
    level = (mean + float(first.mean()))[some]
    when = moments(padded[0])[1][some] + shift * float(np.nanmax(padded[0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        half = (stats.t.ppf((1 + confidence) / 2, n - 1) * np.sqrt(variance / n))[some]
    theme = current_style().palette
    ax.plot(when, level, color=theme.background, linewidth=3.2, zorder=3)
    ax.errorbar(
        when,
        level,
        half,
        color=group_style[0],
        marker=group_style[1],
        markersize=5.5,
        markeredgecolor=theme.background,
        linewidth=1.8,
        capsize=2.5,
        zorder=4,
    )
    counts = n[some]
    return [
        _number(
            ax,
            f"n = {counts[place]:.0f}",
            (float(when[place]), float(level[place])),
            (5, 3),
            group_style[0],
        )
        for place in np.flatnonzero(np.diff(counts)) + 1
    ]


def _number(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[float, float],
    color: str,
    *,
    ha: str = "left",
) -> Annotation:
    """Write a number beside a mark; the offset is in points."""
    return ax.annotate(
        text,
        at,
        xytext=offset,
        textcoords="offset points",
        ha=ha,
        fontsize=current_style().small,
        color=color,
        path_effects=[withStroke(linewidth=2, foreground=current_style().palette.background)],
        zorder=6,
    )
