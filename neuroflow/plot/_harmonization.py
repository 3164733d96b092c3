"""Sites before and after harmonisation, region by region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.compare import Harmonization, harmonize, site_differences
from neuroflow.matrix import REGION_KEY, ExcludeSuspect, FloatArray
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_legend,
    chosen_regions,
    current_style,
    data_notes,
    group_handles,
    group_styles,
    lower_first,
    metric_name,
    new_axes,
    order_regions,
    pick_regions,
    record_rows,
    region_labels,
    set_caption,
    set_region_axis,
    styled,
)
from neuroflow.plot.figures import FigureSpec

_KEY = list(REGION_KEY)
_PITCH = 0.82  # of the distance of two regions, for the sites of one


def harmonization(
    table: pd.DataFrame,
    regions: Sequence[str] | str | None = None,
    metric: str = "FW",
    *,
    site: str = "site",
    by: str = "group",
    method: Harmonization = "combat",
    covariates: str | Sequence[str] = ("age", "sex"),
    fit: str | None = None,
    reference_batch: str | None = None,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw shift and spread of each site before and after harmonisation, region by region.

    Parameters
    ----------
    table
        The cohort table as it came: one row per study, region, hemisphere and metric.
    regions
        Identifiers or names of regions, in the order to draw; ``"all"`` for all, sorted by
        system; None for the four biomarkers (pSN, Putamen, SCP, MCP), or for all if the table
        has none of them. All regions of the metric are harmonised, whichever are drawn.
    metric
        The metric to draw, such as ``"FW"``.
    site
        The column that holds sites or scanners.
    by
        The column that holds the groups, whose differences stay.
    method, covariates, fit, reference_batch
        As for `harmonize`.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure whose height grows with regions and sites.

    Returns
    -------
    Axes
        For each region and site a hollow mark (before) and a filled one (after) at the site's
        shift, and a bar of one SD to either side; both after groups and covariates, in SDs of
        what these leave of the region's values before.

    Raises
    ------
    CompareError
        Site cannot be separated from group or a covariate, or a site has one participant only.
    OptionError
        The table lacks a region or metric, or an argument is outside its choices.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdefgh"), "group": ["Control", "PSP"] * 4,
    ...     "site": ["A"] * 4 + ["B"] * 4, "region": "SCP", "metric": "FW",
    ...     "value": [0.29, 0.5, 0.31, 0.52, 0.4, 0.6, 0.42, 0.6]})
    >>> harmonization(table, method="linear", covariates=[]).get_xlabel()
    'Site less all sites, free water (SD within sites)'
    """
    even = harmonize(
        table,
        batch=site,
        method=method,
        by=by,
        covariates=covariates,
        fit=fit,
        reference_batch=reference_batch,
        metric=metric,
        exclude_suspect=exclude_suspect,
    )
    describe: dict[str, Any] = {
        "site": site,
        "by": by,
        "covariates": covariates,
        "exclude_suspect": False,
    }
    given = table[table["metric"] == metric]
    given = given.assign(value=given["value"].where(even["value"].notna().to_numpy()))
    before, after = (site_differences(each, **describe) for each in (given, even))
    data = _data(before, after, regions)
    with styled():
        new_figure = ax is None
        if ax is None:
            rows = len(data.columns) * max(5.0, 4.6 * len(data.sites))
            ax = new_axes(DOUBLE_COLUMN, 36 + rows)
        styles = group_styles(data.sites)
        _draw(ax, data, styles)
        what = f"Site less all sites, {lower_first(metric_name(metric))} (SD within sites)"
        ax.axvline(0, color=current_style().palette.foreground, linewidth=0.8, zorder=1)
        set_region_axis(ax, data.columns, data.labels, what)
        record_rows(ax, data.columns, data.labels)
        add_legend(ax, group_handles(styles, data.counts), new_figure=new_figure)
        kept = ", ".join(even.attrs["harmonized"]["kept"])
        note = (
            f"Hollow: before; filled: after harmonisation ({_METHODS[method]}). Bars: one SD of "
            f"the site to either side. After {kept}. n: studies."
        )
        foot = " ".join(text for text in (note, abbreviations(data.labels)) if text)
        set_caption(ax, f"{what}. {note}", foot, new_figure=new_figure, notes=data_notes(even))
    return ax


_METHODS = {"combat": "ComBat", "longitudinal": "longitudinal ComBat", "linear": "linear model"}

FIGURE = FigureSpec(
    "harmonization",
    harmonization,
    needs="table",
    title="Harmonisation: sites before and after",
    usual_names="ComBat diagnostic plot, batch effects, scanner effects",
    example="nf.plot.harmonization(sites)",
    order=95,
)


@dataclass(frozen=True, slots=True)
class _Data:
    """What is drawn: sites x regions, in SDs within sites before harmonisation."""

    sites: list[str]
    counts: dict[str, int]
    columns: pd.DataFrame
    labels: list[str]
    shift: tuple[FloatArray, FloatArray]  # before and after
    sd: tuple[FloatArray, FloatArray]


def _data(before: pd.DataFrame, after: pd.DataFrame, regions: Sequence[str] | str | None) -> _Data:
    columns = before.drop_duplicates(_KEY).reset_index(drop=True)
    chosen = chosen_regions(columns, regions)
    columns = columns[pick_regions(columns, chosen)].reset_index(drop=True)
    columns = columns.iloc[order_regions(columns, chosen)].reset_index(drop=True)
    index = pd.MultiIndex.from_frame(columns[_KEY])
    sites = [str(name) for name in before["site"].unique()]

    def grid(rows: pd.DataFrame, name: str) -> FloatArray:
        wide = rows.pivot(index=_KEY, columns="site", values=name)
        return wide.reindex(index=index, columns=sites).T.to_numpy(dtype=np.float64)

    n, spread = grid(before, "n"), grid(before, "sd")
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = np.sqrt(
            np.nansum((n - 1) * spread**2, axis=0) / np.nansum(np.maximum(n - 1, 0), axis=0)
        )
        shift, sd = (
            (grid(before, name) / unit, grid(after, name) / unit) for name in ("shift", "sd")
        )
    most = before.groupby("site", sort=False, observed=True)["n"].max()
    return _Data(
        sites=sites,
        counts={name: int(most[name]) for name in sites},
        columns=columns,
        labels=region_labels(columns),
        shift=shift,
        sd=sd,
    )


def _draw(ax: Axes, data: _Data, styles: dict[str, tuple[str, str]]) -> None:
    background = current_style().palette.background
    step = _PITCH / len(data.sites)
    for code, (color, marker) in enumerate(styles.values()):
        middle = np.arange(len(data.columns)) + (code - (len(data.sites) - 1) / 2) * step
        for after in (0, 1):
            y = middle + (after - 0.5) * step * 0.42
            shift, sd = data.shift[after][code], data.sd[after][code]
            ax.hlines(
                y, shift - sd, shift + sd, color=color, linewidth=1.1,
                linestyles=(0, ()) if after else (0, (2, 1.5)),
            )  # fmt: skip
            ax.scatter(
                shift,
                y,
                s=18,
                marker=marker,
                facecolor=color if after else background,
                edgecolor=color,
                linewidths=1.0,
                zorder=3,
            )
