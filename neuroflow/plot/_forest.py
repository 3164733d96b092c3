"""Effects with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from neuroflow.compare import CORRECTION_NAMES, RANDOM
from neuroflow.errors import OptionError, TableError, Wording
from neuroflow.matrix import (
    DIAGNOSES,
    REGION_COLUMNS,
    REGION_KEY,
    FloatArray,
    as_list,
    check_choice,
    check_number,
    diagnosis,
    group_order,
    percent_text,
    require,
    usual_metric,
)
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_legend,
    cohort_rows,
    cohorts_note,
    current_style,
    data_notes,
    draw_diamonds,
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
    unit,
)
from neuroflow.plot.figures import FigureSpec, FormEntry

Value = Literal["effect_size", "estimate"]

_INTERVALS = {
    "effect_size": ("effect_size_ci_low", "effect_size_ci_high"),
    "estimate": ("ci_low", "ci_high"),
}
_KEY = list(REGION_KEY)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def forest(
    effects: pd.DataFrame,
    regions: Sequence[str] | None = None,
    *,
    metric: str | None = None,
    contrasts: str | Sequence[str] | None = None,
    value: Value | None = None,
    by: Literal["contrast", "cohort"] = "contrast",
    alpha: float = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Draw effects with their confidence intervals, region by region.

    Parameters
    ----------
    effects
        The table that `compare_groups` returns: one row per contrast, region and metric.
    regions
        Identifiers or names of regions, in the order to draw; None for all, sorted by system.
    metric
        The metric to draw; None for free water (FW) if the table has it, else the first.
    contrasts
        The contrasts to draw; None for all.
    value
        ``"effect_size"``, or ``"estimate"`` in the metric's unit; None for what the summary of
        the cohorts is of (``by="cohort"``), else the effect size.
    by
        ``"cohort"`` draws a mark per cohort of one contrast, as `compare_cohorts` returns them, and
        a diamond for their summary, as wide as its interval.
    alpha
        Effects with q below it are filled, the others hollow.
    ax
        Axes to draw on; None makes a figure whose height grows with regions and contrasts.

    Returns
    -------
    Axes
        Effects that could not be computed have no mark; the table has the reason.

    Raises
    ------
    OptionError
        The table lacks a metric, contrast or region.
    TableError
        The table does not have the columns that `compare_groups` returns.

    Examples
    --------
    >>> from neuroflow.compare.groups import compare_groups
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> forest(compare_groups(table)).get_xlabel()
    "Hedges' g, free water (95% CI)"
    """
    if value is None:
        value = effects.attrs.get("pooled", "effect_size") if by == "cohort" else "effect_size"
    check_choice("value", value, get_args(Value))
    check_choice("by", by, ("contrast", "cohort"))
    check_number("alpha", alpha, below=1)
    source = cohort_rows(effects, value, contrasts) if by == "cohort" else effects
    rows, metric = effect_rows(source, metric, contrasts, value, by=by)
    axis = effect_axis(effects.attrs, rows, metric, value)
    data = _forest_data(rows, regions, value, alpha, axis=axis, by=by, facts=effects.attrs)
    with styled():
        new_figure = ax is None
        if ax is None:
            n_regions, n_contrasts = data.estimate.shape
            pitch = max(4.2, 2.4 * n_contrasts)
            ax = new_axes(DOUBLE_COLUMN, 36 + pitch * n_regions + 5 * ((n_contrasts - 1) // 3))
        handles = _draw(ax, data)
        ax.axvline(0, color=current_style().palette.foreground, linewidth=0.8, zorder=1)
        set_region_axis(ax, data.columns, data.labels, data.axis)
        record_rows(ax, data.columns, data.labels)
        add_legend(ax, handles, new_figure=new_figure)
        text = _caption(data, effects.attrs, alpha, by=by)
        set_caption(
            ax, f"{data.axis}. {text}", text, new_figure=new_figure, notes=data_notes(effects)
        )
    return ax


FIGURE = FigureSpec(
    "forest",
    forest,
    needs="effects",
    title="Forest plot: effects with confidence intervals",
    usual_names="dot-and-whisker plot, coefficient plot",
    example='nf.plot.forest(effects, ["pSN", "Putamen", "SCP", "MCP", "Dentate", "M1_TCATT"])',
    form=FormEntry(
        "Forest",
        "Effects with confidence intervals, region by region",
        takes=("contrasts",),
        is_tall=True,
    ),
    order=30,
)


@dataclass(frozen=True, slots=True)
class _ForestData:
    """Regions x contrasts, in the order drawn."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    significant: Any  # bool array
    columns: pd.DataFrame
    labels: list[str]
    contrasts: list[str]
    counts: list[str]
    axis: str


def _forest_data(
    rows: pd.DataFrame,
    regions: Sequence[str] | None,
    value: Value,
    alpha: float,
    *,
    axis: str,
    by: str,
    facts: Mapping[Any, Any],
) -> _ForestData:
    named = list(dict.fromkeys(rows[by]))
    columns = rows.drop_duplicates(_KEY).reset_index(drop=True)
    columns = columns[pick_regions(columns, regions)].reset_index(drop=True)
    order = order_regions(columns, [regions] if isinstance(regions, str) else regions)
    columns = columns.iloc[order].reset_index(drop=True)
    index = pd.MultiIndex.from_frame(columns[_KEY])

    def grid(name: str) -> FloatArray:
        wide = rows.pivot(index=_KEY, columns=by, values=name)
        return wide.reindex(index=index, columns=named).to_numpy(dtype=np.float64)

    q = grid("q")
    largest = rows.groupby(by, sort=False, observed=True)[["n1", "n2"]].max().loc[named]
    low, high = _INTERVALS[value]
    return _ForestData(
        estimate=grid(value),
        low=grid(low),
        high=grid(high),
        significant=np.nan_to_num(q, nan=1.0) < alpha,
        columns=columns,
        labels=region_labels(columns),
        contrasts=named,
        counts=[
            f" (n = {_sides(name, n1, n2, facts)})" if known else ""
            for name, n1, n2, known in zip(
                named, largest["n1"], largest["n2"], largest["n1"].notna(), strict=True
            )
        ],
        axis=axis,
    )


def _sides(contrast: str, n1: int, n2: int, facts: Mapping[Any, Any]) -> str:
    """Return the people of both sides, and their studies where some people have several."""
    studies = f"{n1} v {n2}"
    people = facts.get("people", {})
    sides = [side.split("+") for side in str(contrast).split(" - ")]
    if people == facts.get("groups", {}) or any(name not in people for s in sides for name in s):
        return studies
    counted = [str(sum(people[name] for name in side)) for side in sides]
    return f"{' v '.join(counted)}; {studies} studies"


def effect_axis(facts: Mapping[Any, Any], rows: pd.DataFrame, metric: str, value: Value) -> str:
    """Return the words along the axis of effects."""
    share = f"({percent_text(float(facts.get('confidence', 0.95)))} CI)"
    what = lower_first(metric_name(metric))
    if value == "effect_size":
        name = str(facts.get("effect_size") or "Hedges' g").split(" over")[0].split(",")[0]
        return f"{name[0].upper()}{name[1:]}, {what} {share}"
    units = unit(metric, rows["mean1"].to_numpy(np.float64))
    return f"Difference in {what} ({units}, {share[1:]}"


def effect_rows(
    effects: pd.DataFrame,
    metric: str | None,
    contrasts: str | Sequence[str] | None,
    value: Value,
    *,
    by: str = "contrast",
) -> tuple[pd.DataFrame, str]:
    """Choose the effects to draw: of each region one for each contrast, or for each cohort."""
    needed = [*REGION_COLUMNS, "contrast", "n1", "n2", "mean1", "q"]
    needed += [value, *_INTERVALS[value]]
    require(effects, needed, advice="Pass the table that compare_groups returns.")
    rows = effects[effects["estimate"].notna() | effects["n2"].notna()]  # not the omnibus rows
    metrics = [str(name) for name in rows["metric"].unique()]
    if not metrics:
        raise TableError("The table has no effects.", advice="Compare at least two groups.")
    metric = metric or usual_metric(metrics)
    for what, wanted, known in (
        ("metric", [metric], metrics),
        ("contrast", as_list("contrasts", contrasts or []), list(rows["contrast"].unique())),
    ):
        if unknown := [name for name in wanted if name not in known]:
            raise OptionError(
                f"The effects have no {what} {', '.join(unknown)}.",
                advice=f"There are {', '.join(known)}.",
            )
    rows = rows[rows["metric"] == metric]
    if rows.duplicated(list(dict.fromkeys([*_KEY, "contrast", by]))).any():
        raise TableError(
            "The table has several effects of one region and contrast, as of several cohorts.",
            advice=Wording(
                'Draw them with nf.plot.forest(..., by="cohort"), or pass those of one cohort.',
                cli="Pass the effects of one cohort.",
            ),
        )
    if contrasts:
        rows = pd.concat(
            [
                rows[rows["contrast"] == name]
                for name in dict.fromkeys(as_list("contrasts", contrasts))
            ]
        )
    return rows, metric


def _contrast_styles(contrasts: Sequence[str]) -> list[tuple[str, str]]:
    """Colour a contrast as its first group where no two contrasts share it."""
    sides = [name.split(" - ") for name in contrasts]
    first = [side[0] for side in sides]
    named = [diagnosis(name) in DIAGNOSES or "+" not in name for name in first]
    known = any(diagnosis(name) in DIAGNOSES for side in sides for name in side)
    if all(named) and known and len(set(first)) == len(first):
        groups = group_order(list(dict.fromkeys(name for side in sides for name in side)))
        styles = group_styles(groups)  # of all groups, so that each has its colour of elsewhere
        return [styles[name] for name in first]
    theme = current_style().palette
    colors = (
        [theme.foreground] if len(contrasts) == 1 else [*theme.groups.values(), *theme.extra_groups]
    )
    return [(colors[i % len(colors)], _MARKERS[i % len(_MARKERS)]) for i in range(len(contrasts))]


def _draw(ax: Axes, data: _ForestData) -> list[Artist]:
    background = current_style().palette.background
    n_regions, n_contrasts = data.estimate.shape
    handles: list[Artist] = []
    for place, (color, marker) in enumerate(_contrast_styles(data.contrasts)):
        y = np.arange(n_regions) + (place - (n_contrasts - 1) / 2) * 0.8 / n_contrasts
        estimate, significant = data.estimate[:, place], data.significant[:, place]
        if data.contrasts[place] == RANDOM:
            handles.append(draw_diamonds(ax, data.low[:, place], estimate, data.high[:, place], y))
            continue
        ax.hlines(y, data.low[:, place], data.high[:, place], color=color, linewidth=1.1)
        for filled in (False, True):
            some = (significant == filled) & np.isfinite(estimate)
            ax.scatter(
                estimate[some],
                y[some],
                s=16,
                marker=marker,
                facecolor=color if filled else background,
                edgecolor=color,
                linewidths=1.0,
                zorder=3,
            )
        name = data.contrasts[place].replace(" - ", " − ")
        handles.append(
            Line2D(
                [], [], color=color, marker=marker, markersize=4.5, linewidth=1.1,
                label=f"{name}{data.counts[place]}",
            )
        )  # fmt: skip
    return handles


def _caption(data: _ForestData, facts: Mapping[Any, Any], alpha: float, *, by: str) -> str:
    missing = int(np.isnan(data.estimate).sum())
    parts = [
        cohorts_note(facts, data.contrasts, alpha) if by == "cohort" else model_note(facts, alpha),
        f"{missing} effects could not be estimated." if missing else "",
        abbreviations(data.labels),
    ]
    return " ".join(part for part in parts if part)


def model_note(facts: Mapping[Any, Any], alpha: float) -> str:
    """Return model, standard errors, n and correction in words."""
    if "method" not in facts:
        return f"Filled: q < {alpha:g}."
    method = {
        "linear": f"Linear model {str(facts['model']).replace('~', '∼')}",
        "welch": "Welch's t test",
        "mannwhitney": "Mann-Whitney test",
    }[facts["method"]]
    errors = facts["standard_errors"]
    robust = "" if errors == "ordinary" else f", {errors} standard errors"
    family = f"per {' and '.join(facts['family'])}"
    if facts["family"] == ["all"]:
        family = "over all tests"
    return (
        f"{method}{robust}, {facts['n_studies']} studies. "
        f"Filled: q < {alpha:g} ({CORRECTION_NAMES[facts['correction']]} {family})."
    )
