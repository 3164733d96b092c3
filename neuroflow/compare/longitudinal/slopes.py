"""Everybody's own change per year, by least squares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.longitudinal.visits import check_groups, check_several
from neuroflow.compare.stats import describe_exclusions
from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import Cells, FloatArray, IntArray, TimeUnit, participants, years_of

_ONE_VISIT = "one visit only"


@dataclass(frozen=True, slots=True)
class Slopes:
    """What each participant's values do over time."""

    cells: Cells  # One row per participant, as at the first visit; the values are changes per year
    first: FloatArray  # The first value, participants x columns
    years: FloatArray  # From first to last value, participants x columns
    excluded: list[dict[str, Any]]  # Participants without a slope: reason, number, studies


def read_slopes(cells: Cells, by: str, time: str, unit: TimeUnit | None = None) -> Slopes:
    """Compute the change per year of every participant."""
    years = years_of(cells.studies[time], time, unit)
    who = pd.factorize(participants(cells.studies))[0]
    check_groups(cells, who, by)
    order = np.lexsort((years, who))
    order = order[np.isfinite(years[order])]
    starts = np.flatnonzero(np.r_[True, np.diff(who[order]) > 0])
    visits = [rows for rows in np.split(order, starts[1:]) if len(rows)]
    several = [rows for rows in visits if np.ptp(years[rows]) > 0]
    check_several(np.array([np.ptp(years[rows]) for rows in several]), time, unit)
    numbers = [_slope(years[rows], cells.values[rows]) for rows in several]
    slope, first, span = (np.array(parts) for parts in zip(*numbers, strict=True))
    rows = cells.studies.iloc[[rows[0] for rows in several]].reset_index(drop=True)
    return Slopes(
        replace(cells, studies=rows, values=slope), first, span, _without_slope(cells, who, years)
    )


def _without_slope(cells: Cells, who: IntArray, years: FloatArray) -> list[dict[str, Any]]:
    """Return the participants that have no slope, by reason: each is counted once."""
    frame = pd.DataFrame(
        {"who": who, "years": years, "study": cells.studies["study_id"].astype(str).to_numpy()}
    )
    reasons: dict[str, list[list[str]]] = {}
    for _, mine in frame.groupby("who", sort=False):
        known = mine["years"].dropna()
        if known.nunique() > 1:
            continue
        reason = (
            _ONE_VISIT
            if len(mine) == 1 and len(known)
            else "no time of any visit"
            if known.empty
            else "time of one visit only"
            if len(known) == 1
            else "all visits at the same time"
        )
        reasons.setdefault(reason, []).append(mine["study"].tolist())
    left_out: list[dict[str, Any]] = [
        {"reason": reason, "n": len(people), "study_ids": [name for own in people for name in own]}
        for reason, people in reasons.items()
    ]
    if surprising := [each for each in left_out if each["reason"] != _ONE_VISIT]:
        n = sum(each["n"] for each in surprising)
        noun = "participant has" if n == 1 else "participants have"
        warn_user(f"{n} {noun} no change over time. {describe_exclusions(surprising)}",
                  ResultWarning)  # fmt: skip
    return left_out


def _slope(years: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slope, first value and time between first and last value of every column."""
    there = np.isfinite(values)
    n = there.sum(axis=0)
    time = np.where(there, years[:, None], np.nan)
    known = n > 0
    late, early = np.full((2, values.shape[1]), np.nan)
    late[known], early[known] = np.nanmax(time[:, known], axis=0), np.nanmin(time[:, known], axis=0)
    span = late - early
    first: FloatArray = values[there.argmax(axis=0), np.arange(values.shape[1])]
    with np.errstate(invalid="ignore", divide="ignore"):
        away: FloatArray = np.where(
            there, years[:, None] - np.where(there, years[:, None], 0).sum(0) / n, 0
        )
        gained = np.where(there, values - first, 0)  # exactly 0 where values never change
        slope: FloatArray = (away * gained).sum(axis=0) / (away**2).sum(axis=0)
    slope[~(span > 0)] = np.nan
    first[~np.isfinite(slope)] = span[~(span > 0)] = np.nan
    return slope, first, span
