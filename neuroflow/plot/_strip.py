"""Every study a point: regions side by side, groups in colour."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from neuroflow.compare import warn_similar_labels
from neuroflow.errors import TableError
from neuroflow.matrix import (
    BoolArray,
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    check_choice,
    check_number,
    choose_visits,
    count_text,
    labels,
    moments,
    percent_text,
    read_cells,
)
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    MM,
    SINGLE_COLUMN,
    abbreviations,
    add_legend,
    chosen_regions,
    current_style,
    data_notes,
    figure_of,
    group_handles,
    group_styles,
    metric_name,
    new_axes,
    order_regions,
    pick_regions,
    record_marks,
    region_labels,
    set_caption,
    set_region_axis,
    styled,
    unit,
    width_of,
)
from neuroflow.plot.figures import FigureSpec, FormEntry

Summary = Literal["mean", "box", "none"]

_LETTER_MM = 1.8  # mm, with some room between names
_MAX_UPRIGHT = 6  # more regions than this lie on their side, so that their names can be read
_SUMMARIES = {
    "mean": "Bars: mean and {} CI.",
    "box": "Boxes: median and quartiles; whiskers: 5th and 95th percentile.",
    "none": "",
}


def strip(
    table: pd.DataFrame,
    regions: Sequence[str] | str | None = None,
    metric: str = "FW",
    *,
    by: str = "group",
    summary: Summary = "mean",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw every study as a point, by region and group.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    regions
        Identifiers or names of regions, in the order to draw; ``"all"`` for all, sorted by
        system; None for the four biomarkers (pSN, Putamen, SCP, MCP), or for all if the table
        has none of these.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that holds the groups.
    summary
        ``"mean"`` with its confidence interval, ``"box"`` (quartiles) or ``"none"``.
    confidence
        Level of the mean's confidence interval (t distribution), between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure whose height grows with the regions.

    Returns
    -------
    Axes
        Up to six regions are side by side; more are one below the other.

    Raises
    ------
    OptionError
        The table lacks a region or metric, or `summary` is unknown.
    TableError
        The table lacks a column, or no study has a group.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.50, 0.55]})
    >>> strip(table).get_ylabel()
    'Free water (fraction)'
    """
    check_choice("summary", summary, get_args(Summary))
    check_number("confidence", confidence, below=1)
    cells = read_cells(table, metric=metric, needed=[by], exclude_suspect=exclude_suspect)
    points = read_points(cells, regions, by)
    with styled():
        upright = _stands_upright(points)
        new_figure = ax is None
        if ax is None:
            ax = new_axes(*_size(points, upright))
        _draw_points(ax, points, upright)
        if summary != "none":
            _draw_summary(ax, points, upright, summary, confidence)
        quantity = f"{metric_name(metric)} ({unit(metric, points.values)})"
        _set_axes(ax, points, upright, quantity)
        handles = group_handles(points.styles, points.people, points.counts)
        add_legend(ax, handles, new_figure=new_figure)
        parts = [_SUMMARIES[summary].format(percent_text(confidence)), points.visits_note]
        note = " ".join(part for part in parts if part)
        set_caption(
            ax,
            f"{quantity} of every study, by {by} "
            f"({points.counts_note}). {note}"
            + (f" {points.left_out} studies without {by} are not shown." * (points.left_out > 0)),
            " ".join(text for text in (note, abbreviations(points.labels)) if text),
            new_figure=new_figure,
            notes=data_notes(cells),
        )
    return ax


FIGURE = FigureSpec(
    "strip",
    strip,
    needs="table",
    title="Strip plot: every study as a point",
    usual_names="dot plot, jitter plot, bar chart with points",
    example="nf.plot.strip(table)",
    form=FormEntry(
        "Strip",
        "The value of every study in the selected region; click a study to select it",
        takes=("regions",),
        selects="study_id",
    ),
    order=10,
)


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn: studies x regions, and where the groups are around each region."""

    study_ids: tuple[str, ...]  # The studies that have a group
    values: FloatArray  # Studies x regions, in the metric's unit; NaN where missing
    columns: pd.DataFrame  # One row per region: `REGION_COLUMNS`
    labels: list[str]  # The regions' names on the axis
    group: IntArray  # Codes of `looks`, shape (n_studies,)
    styles: dict[str, tuple[str, str]]  # Colour and marker of each group
    left_out: int  # How many studies have no group
    first: BoolArray  # True for a participant's first visit, shape (n_studies,)

    @property
    def visits_note(self) -> str:
        """The caption's sentence on repeated visits, which are not independent."""
        if self.first.all():
            return ""
        return "Each visit is a point; the summary uses first visits only."

    @property
    def counts(self) -> dict[str, int]:
        """Studies per group that have any of the values."""
        has = np.isfinite(self.values).any(axis=1)
        return {
            name: int((has & (self.group == code)).sum()) for code, name in enumerate(self.styles)
        }

    @property
    def people(self) -> dict[str, int]:
        """Participants per group that the summary is of: with a value at their first visit."""
        has = np.isfinite(self.values).any(axis=1) & self.first
        return {
            name: int((has & (self.group == code)).sum()) for code, name in enumerate(self.styles)
        }

    @property
    def counts_note(self) -> str:
        """Participants and studies per group, for captions."""
        people, studies = self.people, self.counts
        return ", ".join(f"{name} {count_text(people[name], studies[name])}" for name in people)

    def drawing_order(self, code: int) -> tuple[IntArray, IntArray]:
        """Return where a group's points are in `values`, in the order in which they are drawn."""
        of_group = np.flatnonzero(self.group == code)
        row, region = np.nonzero(np.isfinite(self.values[of_group]))
        return of_group[row], region

    def offset(self, code: int) -> float:
        """Return the offset of a group from its region."""
        return (code - (len(self.styles) - 1) / 2) * self.pitch

    @property
    def pitch(self) -> float:
        """Distance of two groups; regions are 1 apart."""
        return 0.8 / len(self.styles)


def read_points(cells: Cells, regions: Sequence[str] | str | None, by: str) -> Points:
    """Choose what to draw, in the order of drawing."""
    chosen = chosen_regions(cells.columns, regions)
    wanted = pick_regions(cells.columns, chosen)
    columns = cells.columns[wanted].reset_index(drop=True)
    order = order_regions(columns, chosen)
    named = labels(cells.studies[by])
    known = named.notna().to_numpy()
    if not known.any():
        raise TableError(
            f"No study has a {by}.", advice="Pass participants.tsv when reading the results."
        )
    warn_similar_labels(by, named[known])
    styles = group_styles(named[known].tolist())
    codes = {name: code for code, name in enumerate(styles)}
    columns = columns.iloc[order].reset_index(drop=True)
    return Points(
        study_ids=tuple(cells.studies.loc[known, "study_id"].astype("str")),
        values=cells.values[known][:, np.flatnonzero(wanted)[order]],
        columns=columns,
        labels=region_labels(columns),
        group=np.array([codes[name] for name in named[known]], dtype=np.intp),
        styles=styles,
        left_out=int((~known).sum()),
        first=choose_visits(cells.studies[known].reset_index(drop=True), "first"),
    )


def _stands_upright(points: Points) -> bool:
    """Return whether regions are side by side, where names of many could not be read."""
    narrow = width_of(DOUBLE_COLUMN) < DOUBLE_COLUMN and not _is_few(points)
    return len(points.labels) <= _MAX_UPRIGHT and not narrow


def _is_few(points: Points) -> bool:
    """Return whether regions side by side fit into a journal's column."""
    return len(points.labels) * (4 + 6 * len(points.styles)) <= SINGLE_COLUMN - 15


def _size(points: Points, upright: bool) -> tuple[float, float]:
    """Return width and height in mm."""
    n_groups, n_regions = len(points.styles), points.values.shape[1]
    if upright:
        return (SINGLE_COLUMN if _is_few(points) else DOUBLE_COLUMN), 75.0
    return DOUBLE_COLUMN, 32 + n_regions * max(4.5, 2.1 * n_groups)


def _panel_width(ax: Axes) -> float:
    """Return the width of a panel in mm."""
    figure = figure_of(ax)
    return 0.0 if figure is None else figure.get_size_inches()[0] * ax.get_position().width / MM


def _draw_points(ax: Axes, points: Points, upright: bool) -> None:
    most = max(points.counts.values())
    size = float(np.clip(500 / max(most, 1), 4, 14 if upright else 8))
    for code, (color, marker) in enumerate(points.styles.values()):
        study, region = points.drawing_order(code)
        row = np.searchsorted(np.flatnonzero(points.group == code), study)
        # The golden ratio spreads neighbours evenly, and the same way every time.
        spread = ((row * 0.6180339887) % 1 - 0.5) * points.pitch * 0.7
        place = region + points.offset(code) + spread
        value = points.values[study, region]
        x, y = (place, value) if upright else (value, place)
        keys = [points.study_ids[i] for i in study]
        record_marks(ax, keys, [f"{v:.4g}" for v in value], np.column_stack([x, y]))
        ax.scatter(
            x,
            y,
            s=size,
            marker=marker,
            color=color,
            alpha=0.8 if most < 100 else 0.5,
            linewidths=0,
            rasterized=len(value) > 5000,
            zorder=2,
        )


def _draw_summary(
    ax: Axes, points: Points, upright: bool, summary: Summary, confidence: float
) -> None:
    foreground = current_style().palette.foreground
    for code in range(len(points.styles)):
        values = points.values[(points.group == code) & points.first]
        n, mean, variance = moments(values)
        where = np.flatnonzero(n > 0)
        if len(where) == 0:
            continue
        place = where + points.offset(code)
        if summary == "mean":
            with np.errstate(invalid="ignore", divide="ignore"):
                half = stats.t.ppf((1 + confidence) / 2, n - 1) * np.sqrt(variance / n)
            middle, low, high = mean, mean - half, mean + half
        else:
            low, first, middle, third, high = np.full((5, values.shape[1]), np.nan)
            quantiles = np.nanquantile(values[:, where], [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
            low[where], first[where], middle[where], third[where], high[where] = quantiles
            box = ax.bar if upright else ax.barh
            box(
                place,
                (third - first)[where],
                points.pitch * 0.75,
                first[where],
                fill=False,
                edgecolor=foreground,
                linewidth=0.9,
                zorder=3,
            )
        half_mark = points.pitch * 0.36
        whiskers, mark = (ax.vlines, ax.hlines) if upright else (ax.hlines, ax.vlines)
        whiskers(place, low[where], high[where], color=foreground, linewidth=1.1, zorder=3)
        mark(
            middle[where],
            place - half_mark,
            place + half_mark,
            color=foreground,
            linewidth=1.6,
            zorder=4,
        )


def _set_axes(ax: Axes, points: Points, upright: bool, quantity: str) -> None:
    """Label the axes."""
    n_regions = points.values.shape[1]
    if upright:
        letters = int(_panel_width(ax) / n_regions / _LETTER_MM)
        names = [textwrap.fill(name, max(letters, 12)) for name in points.labels]
        ax.set_xticks(range(n_regions), names)
        ax.set_xlim(-0.5, n_regions - 0.5)
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel(quantity)
        ax.grid(axis="y", zorder=0)
    else:
        set_region_axis(ax, points.columns, points.labels, quantity)
        ax.hlines(
            np.arange(n_regions - 1) + 0.5, 0, 1, transform=ax.get_yaxis_transform(),
            color=current_style().palette.grid, linewidth=0.6, zorder=0,
        )  # fmt: skip
    ax.set_axisbelow(True)
