"""One study against the reference group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from neuroflow.compare import ZScoreMatrices, reference_or_all, reference_text, z_score_matrices
from neuroflow.errors import OptionError
from neuroflow.io import study_names
from neuroflow.matrix import BoolArray, ExcludeSuspect, FloatArray, IntArray, labels, percent_text
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    group_styles,
    metric_name,
    new_axes,
    order_regions,
    pick_regions,
    point_handle,
    record_rows,
    region_labels,
    set_caption,
    set_region_axis,
    styled,
)
from neuroflow.plot.figures import FigureSpec, FormEntry


def profile(
    table: pd.DataFrame,
    study_id: str,
    regions: Sequence[str] | None = None,
    metric: str = "FW",
    *,
    by: str = "group",
    reference: str | None = "auto",
    covariates: str | Sequence[str] = (),
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one study's z-scores over the reference's prediction intervals.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    study_id
        The study; or the id of a participant who has one study only.
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
    confidence
        Level of the prediction intervals, between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.
    ax
        Axes to draw on; None makes a figure whose height grows with the regions.

    Returns
    -------
    Axes
        Regions outside their interval are filled, and their names are bold.

    Raises
    ------
    OptionError
        The table lacks a study, region, metric or group.
    CompareError
        The reference group has fewer than three participants.
    TableError
        The table lacks a column.

    Notes
    -----
    With many regions some lie outside by chance: 5 % of them at the default confidence.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "group": ["Control"] * 4 + ["PSP"],
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.35, 0.55]})
    >>> profile(table, "e").get_xlabel()
    'Free water, z-score (SDs of the reference)'
    """
    reference = reference_or_all(table, reference, by)
    scored = z_score_matrices(
        table,
        reference=reference,
        by=by,
        covariates=covariates,
        metric=metric,
        confidence=confidence,
        exclude_suspect=exclude_suspect,
    )
    row = _find_study(scored.cells.studies, str(study_id))
    study = scored.cells.studies["study_id"].iloc[row]
    group = _groups(scored.cells.studies, by)
    others = np.arange(len(group)) != row
    if reference is not None:
        others &= (group == reference).to_numpy(dtype=bool)
    study_rows, chosen = _study_rows(scored, row, regions)
    around = scored.numbers["z"][np.ix_(others, chosen)].T
    facts = scored.facts
    adjusted = f"adjusted for {' and '.join(facts['covariates'])}" * bool(facts["covariates"])
    quantity = f"{metric_name(metric)}, z-score (SDs of the reference)"
    return draw_profile(
        ax,
        study_rows,
        around,
        group=group[row],
        confidence=confidence,
        axis_label=quantity,
        title=f"{quantity} of study {study}.",
        facts=[f"Reference: {reference_text(facts, adjusted)}."],
        notes=data_notes(scored.cells),
    )


FIGURE = FigureSpec(
    "profile",
    profile,
    needs="table",
    title="Profile: one study compared with the controls",
    usual_names="z-score profile, single-subject report, radar chart",
    example='nf.plot.profile(table, "PSP01", ["pSN", "Putamen", "SCP", "MCP"], covariates="age")',
    form=FormEntry(
        "Profile",
        "The selected study compared with the controls, region by region",
        takes=("study_id", "reference", "covariates"),
        is_tall=True,
    ),
    order=50,
)


def _groups(studies: pd.DataFrame, by: str) -> pd.Series:
    """Return every study's group, None where it has none."""
    if by in studies:
        return labels(studies[by])
    return pd.Series([None] * len(studies), dtype=object)


def _find_study(studies: pd.DataFrame, wanted: str) -> int:
    """Return the row of a study, named by its id, its participant, or participant_session."""
    named = np.flatnonzero(studies["study_id"].astype(str) == wanted)
    if len(named) == 0 and "participant_id" in studies:
        people = labels(studies["participant_id"])
        visits = labels(studies["session_id"]) if "session_id" in studies else [None] * len(people)
        whose = [wanted in study_names(*pair) for pair in zip(people, visits, strict=True)]
        named = np.flatnonzero(whose)
        if len(named) > 1:
            ids = ", ".join(map(str, studies["study_id"].iloc[named]))
            raise OptionError(
                f"The participant {wanted} has {len(named)} studies.", advice=f"Name one of {ids}."
            )
    if len(named) == 0:
        raise OptionError(
            f"The table has no study {wanted}.",
            advice="Name a study_id of the table, or participant_session, such as D001_01.",
        )
    return int(named[0])


def _study_rows(
    scored: ZScoreMatrices, row: int, regions: Sequence[str] | None
) -> tuple[pd.DataFrame, IntArray]:
    """Return one study's numbers in the order of drawing, and where the regions stood."""
    every = scored.cells.columns
    chosen = np.flatnonzero(pick_regions(every, regions))
    some = every.iloc[chosen].reset_index(drop=True)
    chosen = chosen[order_regions(some, [regions] if isinstance(regions, str) else regions)]
    numbers = {name: values[row, chosen] for name, values in scored.numbers.items()}
    study_rows = every.iloc[chosen].reset_index(drop=True).assign(**numbers)
    return study_rows.assign(outside=scored.outside[row, chosen]), chosen


def draw_profile(
    ax: Axes | None,
    rows: pd.DataFrame,
    around: FloatArray,
    *,
    group: str | None,
    confidence: float,
    axis_label: str,
    title: str,
    facts: Sequence[str],
    notes: Sequence[str],
    exceeding: BoolArray | None = None,
) -> Axes:
    """Draw one study or person region by region, over the values of the reference around it."""
    plain = region_labels(rows)
    names = plain
    if exceeding is not None:
        names = [
            f"{name} †" if is_true else name for name, is_true in zip(plain, exceeding, strict=True)
        ]
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 38 + 4.2 * len(rows))
        handles = _draw_rows(ax, rows, around, group, confidence)
        n_beyond = _limit_axis(ax, rows, around)
        set_region_axis(ax, rows, names, axis_label)
        record_rows(ax, rows, names)
        for text, outside in zip(ax.get_yticklabels(), rows["outside"], strict=True):
            text.set_fontweight("bold" if outside else "normal")
        add_legend(ax, handles, new_figure=new_figure)
        parts = [
            *facts,
            _counted(rows, confidence),
            "" if exceeding is None else "†: exceeds the repeatability coefficient.",
            f"Reference values beyond the axis: {n_beyond}." if n_beyond else "",
            abbreviations(plain),
        ]
        note = " ".join(part for part in parts if part)
        flagged = [name for name, out in zip(plain, rows["outside"], strict=True) if out]
        listed = f" Outside the interval: {', '.join(flagged)}." if flagged else ""
        set_caption(ax, f"{title} {note}{listed}", note, new_figure=new_figure, notes=notes)
    return ax


def _counted(rows: pd.DataFrame, confidence: float) -> str:
    """Return how many regions are outside, and how many are expected to be."""
    tested = int(rows["z"].notna().sum())
    chance = (1 - confidence) * tested
    return (
        f"{int(rows['outside'].sum())} of {tested} regions are outside; "
        f"{chance:.{int(chance < 1)}f} are expected by chance."
    )


def _draw_rows(
    ax: Axes, study_rows: pd.DataFrame, others: FloatArray, group: str | None, confidence: float
) -> list[Artist]:
    theme = current_style().palette
    rows = np.arange(len(study_rows))
    low, high = _intervals(study_rows)
    ax.barh(rows, high - low, 0.92, low, color=theme.grid, linewidth=0, zorder=0)
    ax.axvline(0, color=theme.muted, linewidth=0.8, zorder=1)
    row, _ = np.nonzero(np.isfinite(others))
    ax.scatter(
        others[np.isfinite(others)],
        row,
        s=4,
        color=theme.muted,
        alpha=0.6,
        linewidths=0,
        zorder=2,
        rasterized=others.size > 5000,
    )
    color, marker = group_styles([group])[group] if group else (theme.foreground, "D")
    z = study_rows["z"].to_numpy(dtype=np.float64)
    outside = study_rows["outside"].to_numpy(dtype=bool)
    ax.hlines(rows, 0, z, color=color, linewidth=1.0, zorder=3)
    for filled in (False, True):
        some = (outside == filled) & np.isfinite(z)
        ax.scatter(
            z[some],
            rows[some],
            s=22,
            marker=marker,
            facecolor=color if filled else theme.background,
            edgecolor=color,
            linewidths=1.1,
            zorder=4,
        )
    for place in rows[~np.isfinite(z)]:
        background = {"facecolor": theme.grid, "linewidth": 0, "pad": 1}
        ax.text(
            0,
            place,
            "missing",
            fontsize=current_style().small,
            va="center",
            ha="center",
            bbox=background,
        )
    return [
        point_handle("outside", color, marker),
        point_handle("inside", color, marker, face=theme.background),
        Patch(color=theme.grid, label=f"{percent_text(confidence)} prediction interval"),
        point_handle("reference", theme.muted, "o", size=3),
    ]


def _intervals(study_rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the prediction intervals as z-scores."""
    ends = (study_rows[name] - study_rows["expected"] for name in ("pi_low", "pi_high"))
    low, high = ((end / study_rows["sd"]).to_numpy(dtype=np.float64) for end in ends)
    return low, high


def _limit_axis(ax: Axes, study_rows: pd.DataFrame, others: FloatArray) -> int:
    """Keep the study readable beside a small reference; return how many of it are not shown.

    A member of the reference is compared with the others: where these are few and alike, its
    z-score is in the hundreds, and everything else would be one line.
    """
    shown = (study_rows["z"].to_numpy(dtype=np.float64), *_intervals(study_rows))
    span = max(np.fmax.reduce(np.abs(part), initial=1) for part in shown)
    far = np.abs(others)
    if not (far > 4 * span).any():
        return 0
    ax.set_xlim(-2 * span, 2 * span)
    return int((far > 2 * span).sum())
