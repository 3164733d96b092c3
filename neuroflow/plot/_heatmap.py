"""Studies and regions as a matrix of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from scipy.cluster.hierarchy import leaves_list, linkage

from neuroflow.compare import reference_or_all, reference_text, z_scores
from neuroflow.matrix import (
    ExcludeSuspect,
    FloatArray,
    IntArray,
    check_choice,
    check_number,
    count_text,
    labels,
    participants,
    read_cells,
)
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    MM,
    abbreviations,
    add_legend,
    add_lines,
    current_style,
    data_notes,
    figure_of,
    group_styles,
    is_narrow,
    label_systems,
    metric_name,
    names_fit,
    new_axes,
    order_regions,
    panel_size,
    pick_regions,
    record_rows,
    region_labels,
    set_caption,
    shorten_names,
    styled,
    width_of,
)
from neuroflow.plot.figures import FigureSpec, FormEntry

Order = Literal["group", "cluster"]

_ROW_MM = 3.7  # mm; 8 pt text fits
_NAME_MM = 3.2  # mm that a name of a study takes below its column
_BAR_TOP = -1.8  # rows above the first region
_QUANTITY = "z-score (SDs of the reference)"
_SIGN_MM = 1.4  # mm that a sign takes


def heatmap(
    table: pd.DataFrame,
    regions: Sequence[str] | None = None,
    metric: str = "FW",
    *,
    by: str = "group",
    reference: str | None = "auto",
    covariates: str | Sequence[str] = (),
    limit: float = 4.0,
    order: Order = "group",
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the z-scores of all studies (across) in all regions (down).

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    regions
        Identifiers or names of regions, in the order to draw; None for all, sorted by system.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that holds the groups.
    reference
        The group that expected values are estimated from: its label, None for all studies, or
        ``"auto"`` for the controls if there are at least three, else all studies.
    covariates
        Columns that the expected value is adjusted for, such as ``["age", "sex"]``.
    limit
        The z-score at which the colour scale ends.
    order
        ``"group"``: studies by group, regions by system; ``"cluster"``: similar ones side by side
        (average linkage of Euclidean distances, missing cells as expected, z = 0).
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure whose height grows with the regions.

    Returns
    -------
    Axes
        Cells beyond ±2 carry their sign, missing ones a cross.

    Raises
    ------
    OptionError
        The table lacks a region, metric or group, or `order` is unknown.
    CompareError
        The reference group has fewer than three participants.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "group": ["Control"] * 4 + ["PSP"],
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.35, 0.55]})
    >>> [text.get_text() for text in heatmap(table).get_yticklabels()]
    ['SCP']
    """
    check_choice("order", order, get_args(Order))
    check_number("limit", limit)
    reference = reference_or_all(table, reference, by)
    scores = z_scores(
        table,
        reference=reference,
        by=by,
        covariates=covariates,
        metric=metric,
        exclude_suspect=exclude_suspect,
    )
    grid = _grid(scores, by, regions)
    if order == "cluster":
        grid = _clustered(grid)
    with styled():
        new_figure = ax is None
        if ax is None:
            named = _names_studies(width_of(DOUBLE_COLUMN), grid)
            ax = new_axes(DOUBLE_COLUMN, 47 + _ROW_MM * len(grid.labels) + 14 * named)
        names = _make_room(ax, grid)
        _draw_cells(ax, grid, limit)
        add_legend(ax, _draw_groups(ax, grid), new_figure=new_figure)
        _set_axes(ax, grid, names)
        record_rows(ax, grid.columns, grid.labels)
        text = _caption(scores, metric, grid, signed=grid.z.shape[1] <= _max_signed(ax))
        set_caption(
            ax, text, text if new_figure else "", new_figure=new_figure, notes=data_notes(scores)
        )
    return ax


FIGURE = FigureSpec(
    "heatmap",
    heatmap,
    needs="table",
    title="Heatmap: z-scores of all studies and regions",
    usual_names="heat map, cluster map",
    example="nf.plot.heatmap(table)",
    form=FormEntry(
        "Heatmap",
        "Deviation of each study from the controls, in every region",
        takes=("reference", "covariates"),
        is_tall=True,
    ),
    order=20,
)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Regions x studies, in the order drawn."""

    z: FloatArray
    columns: pd.DataFrame
    labels: list[str]
    groups: list[str]
    names: list[str]
    people: list[str]
    clustered: bool = False


def _grid(scores: pd.DataFrame, by: str, regions: Sequence[str] | None) -> _Grid:
    cells = read_cells(scores.assign(value=scores["z"]), exclude_suspect=False)
    wanted = pick_regions(cells.columns, regions)
    columns = cells.columns[wanted].reset_index(drop=True)
    rows = order_regions(columns, [regions] if isinstance(regions, str) else regions)
    first = scores.drop_duplicates("study_id").reset_index(drop=True)
    group = labels(first[by]).fillna("") if by in first else pd.Series([""] * len(first))
    styles = list(group_styles(group[group != ""].tolist()))
    place = {name: code for code, name in enumerate(styles)}
    order: IntArray = np.argsort([place.get(name, len(place)) for name in group], kind="stable")
    names = labels(first["participant_id"] if "participant_id" in first else first["study_id"])
    names = names.fillna(first["study_id"].astype(str).str[:8])
    if "session_id" in first:
        visit = " " + labels(first["session_id"]).fillna("")
        names = names.where(~names.duplicated(keep=False), names + visit).str.rstrip()
    columns = columns.iloc[rows].reset_index(drop=True)
    return _Grid(
        z=cells.values[order][:, np.flatnonzero(wanted)[rows]].T,
        columns=columns,
        labels=region_labels(columns),
        groups=group.iloc[order].tolist(),
        names=[name[:14] for name in names.iloc[order]],
        people=[str(code) for code in participants(first)[order]],
    )


def _clustered(grid: _Grid) -> _Grid:
    """Put like studies and like regions beside each other."""
    z = np.nan_to_num(grid.z)
    rows, studies = cluster_order(z), cluster_order(z.T)
    return _Grid(
        z=grid.z[np.ix_(rows, studies)],
        columns=grid.columns.iloc[rows].reset_index(drop=True),
        labels=[grid.labels[i] for i in rows],
        groups=[grid.groups[i] for i in studies],
        names=[grid.names[i] for i in studies],
        people=[grid.people[i] for i in studies],
        clustered=True,
    )


def cluster_order(rows: FloatArray) -> IntArray:
    """Order rows so that like ones are neighbours.

    Bar-Joseph Z et al. (2001), Bioinformatics 17:S22-S29.
    """
    if len(rows) < 3:
        return np.arange(len(rows))
    best = len(rows) <= 400  # the best of the orders takes time with the cube of n
    return np.asarray(leaves_list(linkage(rows, "average", optimal_ordering=best)), dtype=np.intp)


def _draw_cells(ax: Axes, grid: _Grid, limit: float) -> None:
    theme = current_style().palette
    n_rows, n_studies = grid.z.shape
    edges = np.arange(n_studies + 1) - 0.5, np.arange(n_rows + 1) - 0.5
    mesh = ax.pcolormesh(
        *edges,
        np.ma.masked_invalid(grid.z),
        cmap=theme.diverging.with_extremes(bad=theme.missing),
        vmin=-limit,
        vmax=limit,
        rasterized=grid.z.size > 5000,
    )
    if n_studies <= _max_signed(ax):
        for sign, marker in ((1, "+"), (-1, "_")):
            row, study = np.nonzero(sign * np.nan_to_num(grid.z) > 2)
            # Beyond half the limit the cell is dark (light on dark ground): the ground shows.
            strong = np.abs(grid.z[row, study]) > limit / 2
            ax.scatter(
                study,
                row,
                s=9,
                marker=marker,
                linewidths=0.7,
                c=np.where(strong, theme.background, theme.foreground),
                zorder=3,
            )
    row, study = np.nonzero(~np.isfinite(grid.z))
    if len(row) and n_studies <= 3 * _max_signed(ax):
        ax.scatter(study, row, s=9, marker="x", linewidths=0.7, color=theme.muted, zorder=3)
    figure = figure_of(ax)
    if figure is None:
        return
    height = float(figure.get_size_inches()[1])
    bar = figure.colorbar(
        mesh,
        ax=ax,
        location="bottom",
        extend="both",
        fraction=3 * MM / height,
        pad=2.5 * MM / height,
        aspect=18,
        shrink=1.0 if is_narrow(ax) else 0.55,
        ticks=[-limit, 0, limit] if is_narrow(ax) else [-limit, -2, 0, 2, limit],
    )
    bar.set_label(_QUANTITY.replace(" (", "\n(") if is_narrow(ax) else _QUANTITY)
    bar.outline.set_linewidth(0.6)


def _cells_width(width: float) -> float:
    """Return about how wide the cells of a panel are together, in mm."""
    return width * (0.45 if is_narrow(width) else 0.47)


def _names_studies(width: float, grid: _Grid) -> bool:
    """Return whether a panel of this width has room for the studies' names."""
    return len(grid.names) * _NAME_MM <= _cells_width(width)


def _max_signed(ax: Axes) -> int:
    """Return how many studies there may be, so that their cells are wide enough for a sign."""
    return int(_cells_width(panel_size(ax)[0]) / _SIGN_MM)


def _draw_groups(ax: Axes, grid: _Grid) -> list[Artist]:
    """Draw a bar of group colours above the studies, and lines between the groups."""
    theme = current_style().palette
    present = [name for name in dict.fromkeys(grid.groups) if name]
    styles = group_styles(present) if present else {}
    handles: list[Artist] = []
    start = 0
    for name, run in groupby(grid.groups):
        n = len(list(run))
        color = styles[name][0] if name else theme.missing
        ax.add_patch(Rectangle((start - 0.5, _BAR_TOP), n, 1, facecolor=color, linewidth=0))
        # mm of its name, and of its bar, which must be as high as a letter
        if names_fit(ax, len(grid.z)) and len(name) * 1.8 < n / len(grid.groups) * _cells_width(
            panel_size(ax)[0]
        ):
            dark = float(np.dot(to_rgb(color), (0.3, 0.59, 0.11))) < 0.5
            ax.text(
                start + (n - 1) / 2,
                _BAR_TOP + 0.52,
                name,
                ha="center",
                va="center",
                fontsize=current_style().small,
                color="white" if dark else "black",
            )
        if start and not grid.clustered:
            ax.axvline(start - 0.5, color=theme.foreground, linewidth=1.0)
        start += n
    for name in [*styles, *([""] if "" in grid.groups else [])]:
        color = styles[name][0] if name else theme.missing
        mine = [who for who, group in zip(grid.people, grid.groups, strict=True) if group == name]
        count = count_text(len(set(mine)), len(mine))
        handles.append(Patch(color=color, label=f"{name or 'no group'} ({count})"))
    if not np.isfinite(grid.z).all():
        handles.append(
            Line2D(
                [], [], color=theme.muted, marker="x", linestyle="", markersize=4, label="missing"
            )
        )
    return handles


def _make_room(ax: Axes, grid: _Grid) -> list[str]:
    """Return the names of the rows, and make a new figure as high as it has to be for them."""
    names, figure = shorten_names(ax, grid.labels), figure_of(ax)
    if figure is not None:
        breaks = max((name.count("\n") for name in names), default=0)
        add_lines(figure, 2 * breaks + 2 * is_narrow(ax))  # the bar of groups, and the words below
    return names


def _set_axes(ax: Axes, grid: _Grid, names: Sequence[str]) -> None:
    n_rows, n_studies = grid.z.shape
    ax.set_xlim(-0.5, n_studies - 0.5)
    ax.set_ylim(n_rows - 0.5, _BAR_TOP)
    ax.set_yticks(range(n_rows), names)
    ax.tick_params(labelsize=current_style().small)
    if _names_studies(panel_size(ax)[0], grid):
        ax.set_xticks(range(n_studies), grid.names, rotation=90)
    else:
        ax.set_xticks([])
        ax.set_xlabel(f"{n_studies} studies")
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    if not grid.clustered:
        label_systems(ax, grid.columns["system"].tolist())


def _caption(scores: pd.DataFrame, metric: str, grid: _Grid, *, signed: bool) -> str:
    facts = {str(name): value for name, value in scores.attrs.items()}
    adjusted = f"adjusted for {' and '.join(facts['covariates'])}" * bool(facts["covariates"])
    others = "each member compared with the others"
    clustered = " Studies and regions are ordered by similarity." * grid.clustered
    signs = " + and − mark cells beyond ±2." if signed else ""
    parts = [
        f"{metric_name(metric)}: z-scores against {reference_text(facts, others, adjusted)}."
        f"{signs}{clustered}",
        abbreviations(grid.labels),
    ]
    return " ".join(part for part in parts if part)
