"""A region against a score, with the fit."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy import stats

from neuroflow.compare import (
    build_design,
    correlate,
    covariate_columns,
    fit_linear,
    read_covariate,
    read_covariates,
    warn_similar_labels,
)
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import (
    ExcludeSuspect,
    FloatArray,
    as_list,
    check_number,
    choose_visits,
    labels,
    p_statement,
    percent_text,
    read_cells,
)
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    find_region,
    group_handles,
    group_styles,
    lower_first,
    metric_name,
    new_axes,
    set_caption,
    styled,
    unit,
)
from neuroflow.plot.figures import FigureSpec


def scatter(
    table: pd.DataFrame,
    score: str,
    region: str,
    metric: str = "FW",
    *,
    by: str = "group",
    covariates: str | Sequence[str] = (),
    visit: str | None = None,
    score_label: str = "",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a region against a score or age, with the fitted line.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    score
        A column of numbers, one per study.
    region
        Identifier or name of one region.
    metric
        The metric to draw, such as ``"FW"``.
    by
        The column that colours the points; if the table lacks it, all have one colour.
    covariates
        What the values are adjusted for. The fit is one line for all groups; name the group among
        the covariates to compare within groups.
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    score_label
        The label of the x axis, with its unit; if empty, the column's name.
    confidence
        Level of the confidence band around the line, between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        With covariates the values are shown as they would be at the covariates' mean.

    Raises
    ------
    CompareError
        Repeated visits without a choice, or fewer studies than the fit needs.
    OptionError
        The table lacks the region, metric or score, or the score is not a number.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "updrs": [10, 20, 30, 40, 50], "group": "PD",
    ...     "region": "pSN", "metric": "FW", "value": [0.20, 0.25, 0.24, 0.30, 0.31]})
    >>> scatter(table, "updrs", "pSN").get_ylabel()
    'pSN, free water (fraction)'
    """
    check_number("confidence", confidence, below=1)
    covariates = as_list("covariates", covariates)
    points = _fit_points(
        table,
        score,
        region,
        metric,
        by=by,
        covariates=covariates,
        visit=visit,
        exclude_suspect=exclude_suspect,
    )
    warn_similar_labels(by, points.group)
    styles = group_styles(sorted(set(points.group)))
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 92.0)
        for name, (color, marker) in styles.items():
            mine = np.array([group == name for group in points.group])
            size = float(np.clip(1200 / len(mine), 5, 16))
            ax.scatter(
                points.score[mine],
                points.adjusted[mine],
                s=size,
                marker=marker,
                color=color,
                alpha=0.8,
                linewidths=0,
                zorder=2,
            )
        _draw_line(ax, points, confidence)
        ax.set_xlabel(score_label or ("Age (years)" if score == "age" else score))
        adjusted = ", adjusted" * bool(covariates)
        quantity = f"{points.name}, {lower_first(metric_name(metric))}{adjusted} ({points.unit})"
        ax.set_ylabel(textwrap.fill(quantity, 30))
        ax.grid(zorder=0)
        ax.set_axisbelow(True)
        counts = {name: points.group.count(name) for name in styles}
        handles: list[Artist] = group_handles(styles, counts) if points.grouped else []
        line = Line2D(
            [], [], color=current_style().palette.foreground, linewidth=1.4, label=points.r_text
        )
        add_legend(ax, [*handles, line], new_figure=new_figure)
        apart = _draw_group_lines(ax, points, styles, within=by in covariate_columns(covariates))
        note = "Coloured lines: within each group. " * apart
        note += f"{'Line over all' if apart else 'Line'}: least squares and "
        note += f"{percent_text(confidence)} CI of the mean"
        note += (
            f", adjusted for {' and '.join(covariate_columns(covariates))}." if covariates else "."
        )
        foot = " ".join(text for text in (note, abbreviations([points.name])) if text)
        title = f"{quantity} against {ax.get_xlabel()}: {points.r_text}"
        set_caption(
            ax, f"{title}, {points.p}. {note}", foot, new_figure=new_figure, notes=points.notes
        )
    return ax


FIGURE = FigureSpec(
    "scatter",
    scatter,
    needs="table",
    title="Scatter plot: a region against age or a score",
    usual_names="regression plot, correlation plot",
    example='nf.plot.scatter(table, "age", "CC1", covariates=["group", "sex"])',
    order=90,
)


_LEAST_FOR_LINE = 5  # studies of a group; with fewer a line within it is meaningless


@dataclass(frozen=True, slots=True)
class _FittedPoints:
    """One point per study, and the fitted line."""

    score: FloatArray
    adjusted: FloatArray
    group: list[str]
    grouped: bool
    name: str
    unit: str
    r_text: str
    p: str
    coefficients: FloatArray  # mean and slope
    unscaled: FloatArray  # their covariance without the variance
    sd: float
    df: int
    centre: float
    notes: list[str]


def _fit_points(
    table: pd.DataFrame,
    score: str,
    region: str,
    metric: str,
    *,
    by: str,
    covariates: Sequence[str],
    visit: str | None,
    exclude_suspect: ExcludeSuspect,
) -> _FittedPoints:
    grouped = by in table
    needed = [score, *covariate_columns(covariates), *([by] if grouped else [])]
    cells = read_cells(
        table,
        metric=metric,
        needed=list(dict.fromkeys(needed)),
        exclude_suspect=exclude_suspect,
    )
    place, name = find_region(cells.columns, region)
    cells = cells.keep(choose_visits(cells.studies, visit))
    known = np.isfinite(cells.values[:, place])
    for item in (read_covariate(cells.studies, score), *read_covariates(cells.studies, covariates)):
        known &= item.known
    cells = cells.keep(known)
    numbers = read_covariate(cells.studies, score)
    if numbers.levels:
        raise OptionError(
            f"{score} does not contain numbers.", advice="Choose a column of numbers."
        )
    n = len(cells.studies)
    if n < 3 + len(covariates):
        raise CompareError(f"Only {n} studies have {region}, {score} and all covariates.")
    items = [numbers, *read_covariates(cells.studies, covariates)]
    everyone = np.ones(n, dtype=bool)
    design = build_design(np.zeros(n, dtype=np.intp), [""], items, everyone, "the mean").matrix
    model = fit_linear(design, cells.values[:, [place]])
    line = model.coefficients[:2, 0]
    found = correlate(
        _of_region(table, cells.columns, place), score, covariates=covariates, metric=metric,
        visit=visit,
        exclude_suspect="impossible" if exclude_suspect is None else exclude_suspect,
    ).iloc[0]  # fmt: skip
    group = labels(cells.studies[by]).fillna("no group").tolist() if grouped else ["all"] * n
    kind = "partial r" if covariates else "r"
    return _FittedPoints(
        score=numbers.values,
        adjusted=design[:, :2] @ line + model.residuals[:, 0],
        group=group,
        grouped=grouped,
        name=name,
        unit=unit(metric, cells.values[:, place]),
        r_text=f"{kind} = {found['r']:.2f} (n = {n})".replace("-", "−"),
        p=p_statement("p", found["p"]),
        coefficients=line,
        unscaled=model.unscaled[:2, :2],
        sd=float(model.sd[0]),
        df=model.df,
        centre=float(numbers.values.mean()),
        notes=data_notes(cells),
    )


def _of_region(table: pd.DataFrame, columns: pd.DataFrame, place: int) -> pd.DataFrame:
    row = columns.iloc[place]
    mine = labels(table["region"]) == row["region"]
    if "hemisphere" in table:
        mine &= labels(table["hemisphere"]).fillna("") == row["hemisphere"]
    rows: pd.DataFrame = table.loc[mine.to_numpy(dtype=bool)]
    return rows


def _draw_group_lines(
    ax: Axes, points: _FittedPoints, styles: Mapping[str, tuple[str, str]], *, within: bool
) -> bool:
    """Draw a line within each group, unless the one line is that already; return whether."""
    if within or len(styles) < 2:
        return False
    drawn = False
    for name, (color, _) in styles.items():
        mine = np.array([group == name for group in points.group])
        x, y = points.score[mine], points.adjusted[mine]
        if len(x) < _LEAST_FOR_LINE or np.ptp(x) == 0:
            continue
        slope, level = np.polyfit(x - x.mean(), y, 1)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, level + slope * (ends - x.mean()), color=color, linewidth=1.4, zorder=3)
        drawn = True
    return drawn


def _draw_line(ax: Axes, points: _FittedPoints, confidence: float) -> None:
    x = np.linspace(points.score.min(), points.score.max(), 100)
    at = np.column_stack([np.ones_like(x), x - points.centre])
    y = at @ points.coefficients
    foreground = current_style().palette.foreground
    ax.plot(x, y, color=foreground, linewidth=1.4, zorder=4)
    if points.df > 0:
        se = points.sd * np.sqrt(np.einsum("np,pq,nq->n", at, points.unscaled, at))
        half = stats.t.ppf((1 + confidence) / 2, points.df) * se
        ax.fill_between(x, y - half, y + half, color=foreground, alpha=0.16, linewidth=0, zorder=3)
