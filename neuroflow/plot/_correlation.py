"""Regions against regions as a matrix of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.compare import CORRECTION_NAMES
from neuroflow.matrix import REGION_FACTS, FloatArray, check_choice, check_number, require
from neuroflow.plot._heatmap import cluster_order
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    MM,
    abbreviations,
    current_style,
    data_notes,
    figure_of,
    is_narrow,
    label_systems,
    metric_name,
    new_axes,
    order_regions,
    pick_regions,
    region_labels,
    set_caption,
    shorten_names,
    styled,
)
from neuroflow.plot.figures import FigureSpec

Order = Literal["system", "cluster"]

_ROW_MM = 3.7  # mm; 8 pt text fits
_MAX_LABELS = 26  # columns that can be named below the page's width
_SAME_ORDER = "the same regions, in the same order"


def correlation(
    pairs: pd.DataFrame,
    regions: Sequence[str] | None = None,
    *,
    order: Order = "system",
    alpha: float = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Draw the correlation matrix of the regions.

    Parameters
    ----------
    pairs
        The table that `correlate_regions` returns: one row per pair of regions.
    regions
        Identifiers or names of regions, in the order to draw; None for all.
    order
        ``"system"``, or ``"cluster"``: similar regions side by side (average linkage).
    alpha
        Pairs with q below it are marked with a point, for up to 26 regions.
    ax
        Axes to draw on; None makes a figure whose height grows with the regions.

    Returns
    -------
    Axes
        The full matrix: both triangles are equal.

    Raises
    ------
    OptionError
        The table lacks a region, or `order` is unknown.
    TableError
        The table does not have the columns that `correlate_regions` returns.

    Examples
    --------
    >>> from neuroflow.compare.correlate import correlate_regions
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd") * 2, "region": ["pSN"] * 4 + ["SCP"] * 4, "metric": "FW",
    ...     "value": [0.1, 0.2, 0.3, 0.5, 0.2, 0.4, 0.5, 0.9]})
    >>> [text.get_text() for text in correlation(correlate_regions(table)).get_yticklabels()]
    ['pSN', 'SCP']
    """
    check_choice("order", order, get_args(Order))
    check_number("alpha", alpha, below=1)
    columns, r, q = _matrices(pairs)
    chosen = np.flatnonzero(pick_regions(columns, regions))
    columns = columns.iloc[chosen].reset_index(drop=True)
    rows = order_regions(columns, [regions] if isinstance(regions, str) else regions)
    if order == "cluster":
        rows = list(cluster_order(np.nan_to_num(r[np.ix_(chosen, chosen)])))
    columns, places = columns.iloc[rows].reset_index(drop=True), chosen[rows]
    r, q = r[np.ix_(places, places)], q[np.ix_(places, places)]
    names = region_labels(columns)
    with styled():
        new_figure = ax is None
        if ax is None:
            height = 30 + _ROW_MM * len(names) + 46 * (len(names) <= _MAX_LABELS)
            ax = new_axes(DOUBLE_COLUMN, max(height, 70.0))
        _draw_cells(ax, r, q, alpha)
        _set_axes(ax, names)
        if order == "system":
            _draw_system_lines(ax, columns)
        text = _caption(pairs, names, alpha)
        set_caption(
            ax, text, text if new_figure else "", new_figure=new_figure, notes=data_notes(pairs)
        )
    return ax


FIGURE = FigureSpec(
    "correlation",
    correlation,
    needs="correlations",
    title="Correlation matrix of the regions",
    usual_names="correlogram",
    example="nf.plot.correlation(nf.correlate_regions(table),\n"
    '                    ["aSN", "pSN", "STN", "RN", "Putamen", "SCP", "MCP"])',
    order=100,
)


def _matrices(pairs: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray, FloatArray]:
    """Return regions, correlations and q as whole matrices."""
    needed = [f"{name}{end}" for end in ("_1", "_2") for name in REGION_FACTS] + ["r", "q"]
    require(pairs, needed, advice="Pass the table that correlate_regions returns.")
    sides = [
        pairs[[f"{name}{end}" for name in REGION_FACTS]].set_axis(list(REGION_FACTS), axis=1)
        for end in ("_1", "_2")
    ]
    key = ["region", "hemisphere"]
    columns = pd.concat(sides).drop_duplicates(key).reset_index(drop=True)
    index = pd.MultiIndex.from_frame(columns[key])
    one, two = (index.get_indexer(pd.MultiIndex.from_frame(side[key])) for side in sides)
    r, q = np.eye(len(columns)), np.full((len(columns), len(columns)), np.nan)
    for square, name in ((r, "r"), (q, "q")):
        square[one, two] = square[two, one] = pairs[name].to_numpy(dtype=np.float64)
    return columns, r, q


def _draw_cells(ax: Axes, r: FloatArray, q: FloatArray, alpha: float) -> None:
    theme = current_style().palette
    edges = np.arange(len(r) + 1) - 0.5
    mesh = ax.pcolormesh(
        edges,
        edges,
        np.ma.masked_invalid(r),
        cmap=theme.diverging.with_extremes(bad=theme.missing),
        vmin=-1,
        vmax=1,
        rasterized=r.size > 5000,
    )
    if len(r) <= _MAX_LABELS:
        row, column = np.nonzero(np.nan_to_num(q, nan=1.0) < alpha)
        colors = np.where(np.abs(r[row, column]) > 0.5, theme.background, theme.foreground)
        ax.scatter(column, row, s=5, c=colors, linewidths=0, zorder=3)
    figure = figure_of(ax)
    if figure is None:
        return
    height = float(figure.get_size_inches()[1])
    bar = figure.colorbar(
        mesh,
        ax=ax,
        location="bottom",
        fraction=3 * MM / height,
        pad=2.5 * MM / height,
        aspect=18,
        shrink=1.0 if is_narrow(ax) else 0.55,
        ticks=[-1, 0, 1],
    )
    bar.set_label("Correlation")
    bar.outline.set_linewidth(0.6)


def _set_axes(ax: Axes, names: list[str]) -> None:
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), shorten_names(ax, names))
    ax.tick_params(labelsize=current_style().small)
    if len(names) <= _MAX_LABELS:
        most = 18 if is_narrow(ax) else 28
        short = [name if len(name) <= most else f"{name[: most - 2]}…" for name in names]
        ax.set_xticks(range(len(names)), short, rotation=90)
    else:
        ax.set_xticks([])
        ax.set_xlabel(_SAME_ORDER.replace(", ", ",\n") if is_narrow(ax) else _SAME_ORDER)
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)


def _draw_system_lines(ax: Axes, columns: pd.DataFrame) -> None:
    systems = columns["system"].tolist()
    label_systems(ax, systems)
    for place in range(1, len(systems)):
        if systems[place] != systems[place - 1] and len(set(systems)) < len(systems):
            ax.axvline(place - 0.5, color=current_style().palette.muted, linewidth=0.8, zorder=1)


def _caption(pairs: pd.DataFrame, names: list[str], alpha: float) -> str:
    facts = pairs.attrs
    metric = metric_name(str(pairs["metric"].iloc[0])) if "metric" in pairs else ""
    kind = {"pearson": "Pearson", "spearman": "Spearman"}.get(facts.get("correlation", ""), "")
    parts = [f"{metric}: {kind} correlations of regions" if kind else f"{metric}: correlations"]
    if facts.get("covariates"):
        parts[0] += f", adjusted for {' and '.join(facts['covariates'])}"
    low, high = int(pairs["n"].min()), int(pairs["n"].max())
    parts[0] += f" (n = {low if low == high else f'{low} to {high}'})."
    if len(names) <= _MAX_LABELS:
        how = CORRECTION_NAMES.get(facts.get("correction", ""), "")
        parts.append(f"Points: q < {alpha:g}{f' ({how} over all pairs)' if how else ''}.")
    parts.append(abbreviations(names))
    return " ".join(part for part in parts if part)
