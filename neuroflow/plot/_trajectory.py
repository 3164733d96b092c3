"""Values over repeated visits."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy import stats

from neuroflow.compare import years_of
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import (
    FloatArray,
    IntArray,
    check_name,
    check_number,
    labels,
    moments,
    participants,
    read_cells,
)
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    add_legend,
    current,
    describe,
    kind_notes,
    look_of,
    metric_name,
    new_axes,
    pick_regions,
    point_handle,
    region_labels,
    styled,
    unit,
)


def trajectory(
    table: pd.DataFrame,
    region: str,
    metric: str = "FW",
    by: str = "group",
    ax: Axes | None = None,
    *,
    time: str = "age",
    confidence: float = 0.95,
) -> Axes:
    """Draw every participant's values over the visits, and each group's mean.

    Parameters
    ----------
    table
        The cohort table, with repeated visits.
    region
        Key or name of one region.
    metric
        Which metric.
    by
        The column that holds the groups.
    ax
        Where to draw; None makes a figure of a journal's column width.
    time
        When the visit was: a column of numbers in years (as `age`), or of dates.
    confidence
        Of the means' intervals (t distribution), between 0 and 1.

    Returns
    -------
    Axes
        Years since the first visit along x. Means are of the first, second, ... visit of those
        who have it, at their mean time.

    Raises
    ------
    CompareError
        Nobody has two visits at different times.
    OptionError
        The region or metric is not there, or the name fits several regions.
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
    tracks, quantity = _tracks(table, region, metric, by, time)
    looks = look_of([track.group for track in tracks])
    with styled():
        own = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 90.0)
        handles = []
        for place, (name, look) in enumerate(looks.items()):
            mine = [track for track in tracks if track.group == name]
            _lines(ax, mine, look)
            shift = (place - (len(looks) - 1) / 2) * 0.02
            _means(ax, mine, look, shift, confidence)
            handles.append(point_handle(f"{name} (n = {len(mine)})", *look))
        ax.set_xlabel("Years since the first visit")
        ax.set_ylabel(textwrap.fill(quantity, 30))
        ax.grid(axis="y", zorder=0)
        ax.set_axisbelow(True)
        add_legend(ax, handles, own=own)
        note = f"Thin lines: participants. Marks: mean of each visit and {confidence:.0%} CI."
        foot = " ".join(text for text in (note, kind_notes([quantity])) if text)
        counts = ", ".join(str(handle.get_label()) for handle in handles)
        describe(ax, f"{quantity} over time: {counts}. {note}", foot, own=own)
    return ax


@dataclass(frozen=True, slots=True)
class _Track:
    """One participant's values, in order of time."""

    group: str
    years: FloatArray
    values: FloatArray


def _tracks(
    table: pd.DataFrame, region: str, metric: str, by: str, time: str
) -> tuple[list[_Track], str]:
    cells = read_cells(table, metric=metric, needed=[by, time])
    place, name = one_region(cells.columns, region)
    values = cells.values[:, place]
    years = years_of(cells.studies[time], time)
    group = labels(cells.studies[by])
    known = np.isfinite(values) & np.isfinite(years) & group.notna().to_numpy()
    who = participants(cells.studies)
    tracks = []
    for rows in pd.Series(np.flatnonzero(known)).groupby(who[known], sort=False):
        visits: IntArray = rows[1].to_numpy()
        visits = visits[np.argsort(years[visits], kind="stable")]
        if np.ptp(years[visits]) > 0:
            since = years[visits] - years[visits[0]]
            tracks.append(_Track(str(group[visits[0]]), since, values[visits]))
    if not tracks:
        raise CompareError(
            "Nobody has two visits at different times.", why=f"The times are taken from {time}."
        )
    return tracks, f"{name}, {metric_name(metric).lower()} ({unit(metric, values)})"


def one_region(columns: pd.DataFrame, region: str) -> tuple[int, str]:
    """Find one region."""
    check_name("region", region)
    found = np.flatnonzero(pick_regions(columns, [region]))
    names = region_labels(columns.iloc[found])
    if len(found) > 1:
        raise OptionError(
            f"{region} fits several regions: {', '.join(names)}.",
            advice="Keep the rows of one hemisphere.",
        )
    return int(found[0]), names[0]


def _lines(ax: Axes, tracks: list[_Track], look: tuple[str, str]) -> None:
    lines = [np.column_stack([track.years, track.values]) for track in tracks]
    pale = float(np.clip(12 / len(lines), 0.15, 0.5))
    ax.add_collection(LineCollection(lines, colors=look[0], linewidths=0.7, alpha=pale, zorder=2))
    ax.autoscale_view()


def _means(
    ax: Axes, tracks: list[_Track], look: tuple[str, str], shift: float, confidence: float
) -> None:
    """Draw the mean of the first, second, ... visit; visits of fewer than two have none."""
    most = max(len(track.years) for track in tracks)
    padded = np.full((2, len(tracks), most), np.nan)
    for row, track in enumerate(tracks):
        padded[0, row, : len(track.years)] = track.years
        padded[1, row, : len(track.years)] = track.values
    n, mean, variance = moments(padded[1])
    some = n >= 2
    when = moments(padded[0])[1][some] + shift * float(np.nanmax(padded[0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        half = (stats.t.ppf((1 + confidence) / 2, n - 1) * np.sqrt(variance / n))[some]
    ground = current().palette.ground
    ax.plot(when, mean[some], color=ground, linewidth=3.2, zorder=3)
    ax.errorbar(
        when,
        mean[some],
        half,
        color=look[0],
        marker=look[1],
        markersize=5.5,
        markeredgecolor=ground,
        linewidth=1.8,
        capsize=2.5,
        zorder=4,
    )
