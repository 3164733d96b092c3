"""One study against the reference group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from neuroflow.compare import ZScoreMatrices, controls_of, z_score_matrices
from neuroflow.errors import OptionError
from neuroflow.matrix import FloatArray, IntArray, labels
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
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
    region_order,
    region_rows,
    styled,
)


def profile(
    table: pd.DataFrame,
    study_id: str,
    metric: str = "FW",
    ax: Axes | None = None,
    *,
    reference: str | None = "auto",
    between: str = "group",
    covariates: Sequence[str] = (),
    regions: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Axes:
    """Draw one study's z-scores over the reference's prediction intervals.

    Parameters
    ----------
    table
        The cohort table.
    study_id
        Which study; a participant's id does where the participant has one study only.
    metric
        Which metric.
    ax
        Where to draw; None makes a figure whose height grows with the regions.
    reference
        The group that says what is expected; None takes all studies; ``"auto"`` the controls if
        there are at least three, else all studies.
    between
        The column that holds the groups.
    covariates
        What the expected value is adjusted for.
    regions
        Keys or names of regions; None for all, by system.
    confidence
        Of the prediction intervals, between 0 and 1.

    Returns
    -------
    Axes
        Regions outside their interval are filled, and their names are bold.

    Raises
    ------
    OptionError
        A study, region, metric or group is not there.
    CompareError
        The reference is too small.
    TableError
        The table lacks a column.

    Notes
    -----
    Of many regions some are outside by chance: 5 % of them at the usual confidence.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "group": ["Control"] * 4 + ["PSP"],
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.35, 0.55]})
    >>> profile(table, "e").get_xlabel()
    'Free water, z-score (SDs of the reference)'
    """
    if reference == "auto":
        reference = controls_of(table, between)
    scored = z_score_matrices(
        table,
        reference=reference,
        between=between,
        covariates=covariates,
        metric=metric,
        confidence=confidence,
    )
    row = _find(scored.cells.studies, str(study_id))
    study = scored.cells.studies["study_id"].iloc[row]
    group = _groups(scored.cells.studies, between)
    others = np.arange(len(group)) != row
    if reference is not None:
        others &= (group == reference).to_numpy(dtype=bool)
    mine, chosen = _mine(scored, row, regions)
    with styled():
        own = ax is None
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 38 + 4.2 * len(mine))
        around = scored.numbers["z"][np.ix_(others, chosen)].T
        handles = _draw(ax, mine, around, group[row], confidence)
        beyond = _keep_near(ax, mine, around)
        names = region_labels(mine)
        quantity = f"{metric_name(metric)}, z-score (SDs of the reference)"
        region_rows(ax, mine, names, quantity)
        for text, outside in zip(ax.get_yticklabels(), mine["outside"], strict=True):
            text.set_fontweight("bold" if outside else "normal")
        add_legend(ax, handles, own=own)
        note = _note(scored.facts, mine, confidence, beyond)
        flagged = [n for n, out in zip(names, mine["outside"], strict=True) if out]
        listed = f" Outside: {', '.join(flagged)}." if flagged else ""
        describe(ax, f"{quantity} of study {study}. {note}{listed}", note, own=own)
    return ax


def _groups(studies: pd.DataFrame, between: str) -> pd.Series:
    """Return every study's group, None where it has none."""
    if between in studies:
        return labels(studies[between])
    return pd.Series([None] * len(studies), dtype=object)


def _find(studies: pd.DataFrame, wanted: str) -> int:
    """Return the row of a study, named by its own id or its participant's."""
    named = np.flatnonzero(studies["study_id"].astype(str) == wanted)
    if len(named) == 0 and "participant_id" in studies:
        whose = labels(studies["participant_id"])
        named = np.flatnonzero(whose.isin([wanted, wanted.removeprefix("sub-")]))
        if len(named) > 1:
            ids = ", ".join(map(str, studies["study_id"].iloc[named]))
            raise OptionError(
                f"The participant {wanted} has {len(named)} studies.", advice=f"Name one of {ids}."
            )
    if len(named) == 0:
        raise OptionError(f"The table has no study {wanted}.", advice="See its column study_id.")
    return int(named[0])


def _mine(
    scored: ZScoreMatrices, row: int, regions: Sequence[str] | None
) -> tuple[pd.DataFrame, IntArray]:
    """Return one study's numbers in the order of drawing, and where the regions stood."""
    every = scored.cells.columns
    chosen = np.flatnonzero(pick_regions(every, regions))
    some = every.iloc[chosen].reset_index(drop=True)
    chosen = chosen[region_order(some, [regions] if isinstance(regions, str) else regions)]
    numbers = {name: values[row, chosen] for name, values in scored.numbers.items()}
    mine = every.iloc[chosen].reset_index(drop=True).assign(**numbers)
    return mine.assign(outside=scored.outside[row, chosen]), chosen


def _draw(
    ax: Axes, mine: pd.DataFrame, others: FloatArray, group: str | None, confidence: float
) -> list[Artist]:
    theme = current().palette
    rows = np.arange(len(mine))
    low, high = _intervals(mine)
    ax.barh(rows, high - low, 0.92, low, color=theme.grid, linewidth=0, zorder=0)
    ax.axvline(0, color=theme.quiet, linewidth=0.8, zorder=1)
    row, _ = np.nonzero(np.isfinite(others))
    ax.scatter(
        others[np.isfinite(others)],
        row,
        s=4,
        color=theme.quiet,
        alpha=0.6,
        linewidths=0,
        zorder=2,
        rasterized=others.size > 5000,
    )
    color, marker = look_of([group])[group] if group else (theme.ink, "D")
    z = mine["z"].to_numpy(dtype=np.float64)
    outside = mine["outside"].to_numpy(dtype=bool)
    ax.hlines(rows, 0, z, color=color, linewidth=1.0, zorder=3)
    for filled in (False, True):
        some = (outside == filled) & np.isfinite(z)
        ax.scatter(
            z[some],
            rows[some],
            s=22,
            marker=marker,
            facecolor=color if filled else theme.ground,
            edgecolor=color,
            linewidths=1.1,
            zorder=4,
        )
    for place in rows[~np.isfinite(z)]:
        ground = {"facecolor": theme.grid, "linewidth": 0, "pad": 1}
        ax.text(
            0, place, "missing", fontsize=current().small, va="center", ha="center", bbox=ground
        )
    return [
        point_handle("outside", color, marker),
        point_handle("inside", color, marker, face=theme.ground),
        Patch(color=theme.grid, label=f"{confidence:.0%} prediction interval"),
        point_handle("reference", theme.quiet, "o", size=3),
    ]


def _intervals(mine: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the prediction intervals as z-scores."""
    ends = (mine[name] - mine["expected"] for name in ("pi_low", "pi_high"))
    low, high = ((end / mine["sd"]).to_numpy(dtype=np.float64) for end in ends)
    return low, high


def _keep_near(ax: Axes, mine: pd.DataFrame, others: FloatArray) -> int:
    """Keep the study readable beside a small reference; return how many of it are not shown.

    A member of the reference is compared with the others: where these are few and alike, its
    z-score is in the hundreds, and everything else would be one line.
    """
    shown = (mine["z"].to_numpy(dtype=np.float64), *_intervals(mine))
    span = max(np.fmax.reduce(np.abs(part), initial=1) for part in shown)
    far = np.abs(others)
    if not (far > 4 * span).any():
        return 0
    ax.set_xlim(-2 * span, 2 * span)
    return int((far > 2 * span).sum())


def _note(facts: Mapping[str, Any], mine: pd.DataFrame, confidence: float, beyond: int) -> str:
    adjusted = f", adjusted for {' and '.join(facts['covariates'])}" * bool(facts["covariates"])
    tested = int(mine["z"].notna().sum())
    chance = (1 - confidence) * tested
    parts = [
        f"Reference: {facts['reference']} (n = {facts['n_reference']}{adjusted}).",
        f"{int(mine['outside'].sum())} of {tested} regions are outside; "
        f"{chance:.{int(chance < 1)}f} are to be expected by chance.",
        f"Values of the reference beyond the axis: {beyond}." if beyond else "",
        kind_notes(region_labels(mine)),
    ]
    return " ".join(part for part in parts if part)
