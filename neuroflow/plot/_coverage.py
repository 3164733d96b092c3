"""What is there and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from pandas.api.types import is_bool_dtype

from neuroflow.errors import TableError
from neuroflow.matrix import RegionName, require, resolve
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    add_legend,
    current_style,
    is_narrow,
    new_axes,
    point_handle,
    region_labels,
    set_caption,
    shorten_names,
    styled,
)
from neuroflow.plot.figures import FigureSpec

_COUNTS = ("expected", "present", "missing", "percent")
_NOT_KEYS = (*_COUNTS, "missing_in")


def coverage(counts: pd.DataFrame, *, max_rows: int = 40, ax: Axes | None = None) -> Axes:
    """Draw what `neuroflow.coverage` counted.

    Parameters
    ----------
    counts
        What `neuroflow.coverage` returns: counts by region, study, site, ...; or visits.
    max_rows
        How many rows are drawn, the least complete first; the others are counted in the caption.
    ax
        Axes to draw on; None makes a figure whose height grows with the rows.

    Returns
    -------
    Axes
        Counts are bars in percent with the number missing at their end; visits are a table of
        squares, filled where there is a study.

    Raises
    ------
    TableError
        The table does not have the columns that `neuroflow.coverage` returns, or has no rows.

    Examples
    --------
    >>> counts = pd.DataFrame({"region": ["pSN", "SCP"], "metric": "FW", "expected": 10,
    ...     "present": [8, 10], "missing": [2, 0], "percent": [80.0, 100.0],
    ...     "missing_in": ["a, b", ""]})
    >>> coverage(counts).get_xlabel()
    'Present (% of expected)'
    """
    is_visits = len(counts.columns) > 0 and all(map(is_bool_dtype, counts.dtypes))
    if not is_visits:
        require(counts, _COUNTS, advice="Pass the table that neuroflow.coverage returns.")
    if len(counts) == 0:
        raise TableError("There is nothing to draw.", why="The table of coverage has no rows.")
    if is_visits:
        counts = counts.iloc[np.argsort(counts.sum(axis=1).to_numpy(), kind="stable")]
    drawn = counts.iloc[: max(max_rows, 1)]
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 32 + 4.6 * len(drawn))
        note = (
            _draw_visits(ax, drawn, new_figure=new_figure) if is_visits else _draw_bars(ax, drawn)
        )
        ax.set_ylim(len(drawn) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        rest = counts.iloc[len(drawn) :]
        if len(rest):
            whole = rest.to_numpy().all() if is_visits else (rest["missing"] == 0).all()
            note += f" {len(rest)} further rows are {'complete' if whole else 'not drawn'}."
        set_caption(ax, note, note, new_figure=new_figure)
    return ax


FIGURE = FigureSpec(
    "coverage",
    coverage,
    needs="completeness",
    title="Coverage: missing values",
    usual_names="missingness plot",
    example='nf.plot.coverage(nf.coverage(table, by="site"))',
    order=110,
)


def _draw_bars(ax: Axes, counts: pd.DataFrame) -> str:
    theme = current_style().palette
    place = np.arange(len(counts))
    percent = counts["percent"].to_numpy(dtype=np.float64)
    ending = "" if is_narrow(ax) else " missing"
    ax.barh(place, 100 - percent, 0.7, percent, color=theme.missing, linewidth=0, zorder=2)
    ax.barh(place, percent, 0.7, color=theme.groups["PD"], linewidth=0, zorder=2)
    for row, (missing, expected) in enumerate(
        zip(counts["missing"], counts["expected"], strict=True)
    ):
        text = f"{missing} of {expected}{ending}" if missing else "complete"
        ax.annotate(
            text,
            (100, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=current_style().small,
            color=theme.foreground if missing else theme.muted,
            annotation_clip=False,
        )
    ax.set_yticks(place, shorten_names(ax, _row_labels(counts)))
    ax.tick_params(labelsize=current_style().small)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Present (% of expected)" + "\n(labels: missing values)" * (not ending))
    ax.grid(axis="x", zorder=0)
    ax.set_axisbelow(True)
    total = f"{int(counts['missing'].sum())} of {int(counts['expected'].sum())}"
    return f"Completeness: {total} values in the rows shown are missing."


def _row_labels(counts: pd.DataFrame) -> list[str]:
    columns = [name for name in counts.columns if name not in _NOT_KEYS]
    texts = counts[columns].astype(object)
    if "region" in texts and "hemisphere" in texts:
        known = [
            _of_region(str(name), str(side))
            for name, side in zip(texts["region"], texts["hemisphere"], strict=True)
        ]
        facts = pd.DataFrame(
            {
                "region_name": [name.region_name for name in known],
                "kind": [name.kind for name in known],
                "hemisphere": texts["hemisphere"].to_numpy(),
            }
        )
        texts["region"] = region_labels(facts)
        texts = texts.drop(columns="hemisphere")
        columns.remove("hemisphere")
    varying = [name for name in columns if texts[name].astype(str).nunique() > 1] or columns[-1:]
    shown = texts[varying].where(texts[varying].notna(), "")
    return [
        ", ".join(str(part)[:48] for part in row if str(part))
        for row in shown.itertuples(index=False)
    ]


def _of_region(region: str, side: str) -> RegionName:
    """Return the region's name, which the dictionary may know by its side only."""
    plain = resolve(region)
    return plain if plain.known else resolve(f"{region}_{side}")


def _draw_visits(ax: Axes, present: pd.DataFrame, *, new_figure: bool) -> str:
    theme = current_style().palette
    row, column = np.nonzero(present.to_numpy())
    color = theme.groups["PD"]
    ax.scatter(column, row, s=26, marker="s", color=color, linewidths=0, zorder=3)
    row, column = np.nonzero(~present.to_numpy())
    ax.scatter(column, row, s=26, marker="x", color=theme.muted, linewidths=0.9, zorder=3)
    ax.set_yticks(range(len(present)), [str(name) for name in present.index])
    ax.set_xticks(range(present.shape[1]), [str(name) for name in present.columns])
    ax.set_xlim(-0.5, present.shape[1] - 0.5)
    ax.set_xlabel("Session")
    ax.grid(axis="y", zorder=0)
    ax.set_axisbelow(True)
    handles = [point_handle("study", color, "s"), point_handle("no study", theme.muted, "x")]
    add_legend(ax, handles, new_figure=new_figure)
    gaps = int((~present).to_numpy().sum())
    return f"Visits of {len(present)} participants; visits with no study: {gaps}."
