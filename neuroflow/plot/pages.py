"""Figures of many regions, cut into pages and columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.errors import OptionError
from neuroflow.matrix import REGION_COLUMNS, as_list, check_number, require
from neuroflow.plot.common import (
    MM,
    current_style,
    figure_of,
    new_panels,
    order_regions,
    pick_regions,
    set_caption,
    styled,
)

PAGE_HEIGHT = 225.0
"""Height of a journal's page in mm, without the caption."""


def pages(
    draw: Callable[..., Axes],
    data: pd.DataFrame,
    regions: Sequence[str] | None = None,
    metric: str = "FW",
    *,
    columns: int = 1,
    height: float = PAGE_HEIGHT,
    **options: Any,
) -> list[Axes]:
    """Draw a figure of many regions on as many pages as it needs.

    Parameters
    ----------
    draw
        A figure that has a row per region: `forest`, `strip`, `raincloud`, `heatmap`, `profile` or
        `harmonization`.
    data
        Its table: the cohort table, or the effects.
    regions
        Identifiers or names of regions, in the order to draw, such as `top_regions` returns them;
        None for all, sorted by system.
    metric
        The metric to draw.
    columns
        As many panels side by side on each page; each has the width of a journal's column for 2.
    height
        Of a page, in mm.
    **options
        Further arguments of the figure.

    Returns
    -------
    list of Axes
        One per page; with several columns the first panel of each, for `save_figure`.

    Raises
    ------
    OptionError
        The figure has no row per region, or `columns` is not 1 or 2.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> import neuroflow as nf
    >>> table = pd.DataFrame([
    ...     {"study_id": f"s{i}", "group": ["Control", "PSP"][i % 2], "region": f"R{j:02d}",
    ...      "metric": "FW", "value": 0.3 + 0.01 * ((i * 7 + j * 3) % 5)}
    ...     for i in range(8) for j in range(60)])
    >>> effects = nf.compare_groups(table)
    >>> len(pages(nf.plot.forest, effects)), len(pages(nf.plot.forest, effects, columns=2))
    (2, 1)
    """
    name = getattr(draw, "__name__", str(draw))
    if name not in _ROWS:
        raise OptionError(
            f"The figure {name} has no row per region.", advice=f"Choose from {', '.join(_ROWS)}."
        )
    if columns not in (1, 2) or (columns == 2 and name == "heatmap"):
        raise OptionError(
            f"A page has 1 or 2 columns, and one of a heatmap 1, not {columns}.",
            advice="Omit columns.",
        )
    check_number("height", height)
    options = {"metric": metric, **options}
    wanted = _regions(data, regions, metric)
    whole = draw(data, wanted, **options)
    tall = _height(whole)
    if tall <= height:
        return [whole]
    few = wanted[: min(6, len(wanted) // 2)]
    row = (tall - _height(draw(data, few, **options))) / (len(wanted) - len(few))
    above = tall - row * len(wanted) + (_LEGEND if columns > 1 else 0.0)
    rows = max(math.floor((height - above) / row), 1)
    n = math.ceil(len(wanted) / (rows * columns))
    rows = math.ceil(len(wanted) / (n * columns))  # as even as can be
    parts = [wanted[start : start + rows] for start in range(0, len(wanted), rows)]
    if columns == 1:
        return [draw(data, part, **options) for part in parts]
    foot = _foot(whole)
    return [
        _page(draw, data, parts[i : i + columns], options, height=above + row * rows, foot=foot)
        for i in range(0, len(parts), columns)
    ]


_ROWS = ("forest", "strip", "raincloud", "heatmap", "profile", "harmonization")
_LEGEND = 12.0  # mm more above a narrow panel, whose legend has several lines


def _page(
    draw: Callable[..., Axes],
    data: pd.DataFrame,
    parts: Sequence[list[str]],
    options: dict[str, Any],
    *,
    height: float,
    foot: str,
) -> Axes:
    """Draw panels side by side, with one legend, one caption and one note at the foot."""
    with styled():
        panels = new_panels(len(parts), height)
    for panel, part in zip(panels, parts, strict=True):
        draw(data, part, ax=panel, **options)
    sides = np.array([panel.get_xlim() for panel in panels])
    rows = np.array([panel.get_ylim() for panel in panels])
    for panel in panels:  # one scale, and rows of one height
        panel.set_xlim(sides[:, 0].min(), sides[:, 1].max())
        panel.set_ylim(rows[:, 0].max(), rows[:, 1].min())
        panel.tick_params(axis="x", labeltop=False)
        panel.set_title("")  # of the upper axis
    for panel in panels[1:]:
        if legend := panel.get_legend():
            legend.remove()
        set_caption(panel, "", new_figure=False)
    figure = figure_of(panels[0])
    if foot and figure is not None:
        theme = current_style()
        figure.supxlabel(
            foot, x=0.01, ha="left", fontsize=theme.small, color=theme.palette.muted,
            linespacing=1.25,
        )  # fmt: skip
    return panels[0]


def _foot(ax: Axes) -> str:
    """Return the note at the foot of a figure, wrapped to its width."""
    figure = figure_of(ax)
    return "" if figure is None else figure.get_supxlabel()


def _regions(data: pd.DataFrame, regions: Sequence[str] | None, metric: str) -> list[str]:
    """Return the regions to draw, in their order."""
    require(data, ("region", "metric"))
    known = [name for name in REGION_COLUMNS if name in data]
    rows = data.loc[data["metric"] == metric, known].drop_duplicates().reset_index(drop=True)
    for name in REGION_COLUMNS:
        if name not in rows:
            rows[name] = rows["region"] if name == "region_name" else ""
    if rows.empty:
        raise OptionError(f"The table has no metric {metric}.")
    chosen = None if regions is None else as_list("regions", regions)
    rows = rows[pick_regions(rows, chosen)].reset_index(drop=True)
    ordered = rows.iloc[order_regions(rows, chosen)]
    return list(dict.fromkeys(ordered["region"].astype(str)))


def _height(ax: Axes) -> float:
    """Return the height of a figure in mm."""
    figure = figure_of(ax)
    return 0.0 if figure is None else float(figure.get_size_inches()[1]) / MM
