"""Change between visits: per year, within groups and between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.groups import EFFECT_COLUMNS
from neuroflow.compare.stats import (
    Correction,
    GroupSummary,
    LinearModel,
    ResultTable,
    Sample,
    add_sensitivity,
    choose_sample,
    correct_families,
    covariate_columns,
    hedges_g,
    make_contrasts,
    mask_underpowered,
)
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    TimeUnit,
    as_list,
    carried_facts,
    check_number,
    check_span,
    labels,
    moments,
    participants,
    read_cells,
    years_of,
)

CHANGE_COLUMNS = (*EFFECT_COLUMNS, "baseline", "percent", "years")

_ALL_PARTICIPANTS = "all participants"


def change_over_time(
    table: pd.DataFrame,
    *,
    by: str | None = "group",
    time: str = "age",
    unit: TimeUnit | None = None,
    reference: str | None = "auto",
    groups: str | Sequence[str] | None = None,
    contrasts: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Estimate the longitudinal change per year, in each group and between groups.

    Each participant's change is the slope of the values over the visits, by least squares (with
    two visits, their difference over the time between them). These slopes are tested against zero
    in each group, and compared between groups by a linear model.

    Parameters
    ----------
    table
        The cohort table, with repeated visits.
    by
        The column that holds the groups; None for one group of all.
    time
        The column with the time of the visit: numbers in years (such as `age`), or dates (also
        as 20240531).
    unit
        The unit of numbers in `time`: ``"years"``, ``"months"`` or ``"days"``. Without it they are
        years; columns named after another unit, and times that years cannot be, are refused.
    reference, groups, contrasts
        As for `compare_groups`.
    covariates
        Columns that the comparison of groups is adjusted for; their values at the first visit
        are used.
    metric, correction, family, confidence
        As for `compare_groups`. Changes within groups are corrected apart from contrasts.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        The columns of `compare_groups`, in the metric's unit per year. Rows named by one group
        hold its mean change (`mean1` = `estimate`) with its t test against zero; `effect_size` is
        the mean change over its SD (Hedges' correction). Rows named by a contrast hold the
        difference of changes. `baseline` (mean first value of `n1`), `percent` (mean change in
        percent of each participant's first value, per year) and `years` (mean time from first to
        last visit) describe the first side. How it was computed is in ``.attrs``.

    Raises
    ------
    CompareError
        No participant has two visits at different times, one is in two groups, or visits are
        further apart in years than they can be.
    OptionError
        There is no such group or metric.
    TableError
        The table lacks a column, or `time` holds neither numbers nor dates, or another unit.

    References
    ----------
    Matthews JNS et al. (1990), BMJ 300:230-235 (summary measures of repeated values).
    Frison L, Pocock SJ (1992), Stat Med 11:1685-1704.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "participant_id": list("xxyyzz"), "group": "PSP",
    ...     "age": [60, 61, 70, 72, 65, 66], "region": "SCP", "metric": "FW",
    ...     "value": [0.30, 0.34, 0.40, 0.46, 0.50, 0.52]})
    >>> change = change_over_time(table)
    >>> change[["contrast", "n1", "estimate", "years"]].round(3).to_dict("records")
    [{'contrast': 'PSP', 'n1': 3, 'estimate': 0.03, 'years': 1.333}]
    """
    given = dict(locals())
    check_number("confidence", confidence, below=1)
    if by is None:
        by, table = "everybody", table.assign(everybody=_ALL_PARTICIPANTS)
    needed = ["participant_id", by, time, *covariate_columns(covariates)]
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    slopes = read_slopes(cells, by, time, unit)
    sample, slopes = _sample(slopes, by, groups, covariates)
    within = ResultTable(len(sample.names), slopes.cells.values.shape[1])
    for row, name in enumerate(sample.names):
        _test_change(within, row, name, slopes.cells.values[sample.group == row], confidence)
    tables = [within.to_frame(slopes.cells.columns, sample.names)]
    sides: list[tuple[str, ...]] = [(name,) for name in sample.names]
    if len(sample.names) > 1:
        wanted = make_contrasts(sample.names, reference=reference, planned=contrasts)
        model = LinearModel.prepare(sample, wanted, by=by, confidence=confidence)
        results = model.fit(sample.cells.values)
        tables.append(results.to_frame(slopes.cells.columns, [item.name for item in wanted]))
        sides += [item.first for item in wanted]
    result = pd.concat(tables, ignore_index=True)
    described = [_describe_first_side(slopes, np.isin(_names(sample), side)) for side in sides]
    for name in ("baseline", "percent", "years"):
        result[name] = np.concatenate([numbers[name] for numbers in described])
    apart = np.arange(len(result)) >= within.n_rows * within.n_columns
    result["q"] = correct_families(result, correction, family, apart)
    result = result[list(CHANGE_COLUMNS)]
    result.attrs |= (
        carried_facts(table, result)
        | _facts(sample, by, time)
        | {
            "correction": correction,
            "family": as_list("family", family),
            "confidence": float(confidence),
        }
    )
    result.attrs["exclusions"] = [*slopes.excluded, *sample.exclusions]
    add_sensitivity(result, cells, change_over_time, given, ("estimate", "p"))
    return result


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
    elsewhere = labels(cells.studies[by]).groupby(who).transform("nunique") > 1
    if elsewhere.any():
        moved = cells.studies["participant_id"][elsewhere].iloc[0]
        raise CompareError(
            f"The participant {moved} is not in the same {by} at all visits.",
            advice=f"Correct {by} so that each participant has one.",
        )
    order = np.lexsort((years, who))
    order = order[np.isfinite(years[order])]
    starts = np.flatnonzero(np.r_[True, np.diff(who[order]) > 0])
    visits = [rows for rows in np.split(order, starts[1:]) if len(rows)]
    several = [rows for rows in visits if np.ptp(years[rows]) > 0]
    if not several:
        raise CompareError(
            "No participant has two visits at different times.",
            why=f"The times are taken from {time}.",
            advice="Give each visit its own row in participants.tsv, with its session_id and "
            "age or date.",
        )
    check_span(np.array([np.ptp(years[rows]) for rows in several]), time, unit)
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
            "one visit only"
            if len(mine) == 1 and len(known)
            else "no time of any visit"
            if known.empty
            else "time of one visit only"
            if len(known) == 1
            else "all visits at the same time"
        )
        reasons.setdefault(reason, []).append(mine["study"].tolist())
    return [
        {"reason": reason, "n": len(people), "study_ids": [name for own in people for name in own]}
        for reason, people in reasons.items()
    ]


def _slope(years: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slope, first value and time between first and last value of every column."""
    there = np.isfinite(values)
    n = there.sum(axis=0)
    time = np.where(there, years[:, None], np.nan)
    known = n > 0
    late, early = np.full((2, values.shape[1]), np.nan)
    late[known], early[known] = np.nanmax(time[:, known], axis=0), np.nanmin(time[:, known], axis=0)
    span = late - early
    with np.errstate(invalid="ignore", divide="ignore"):
        away: FloatArray = np.where(
            there, years[:, None] - np.where(there, years[:, None], 0).sum(0) / n, 0
        )
        slope: FloatArray = (away * np.where(there, values, 0)).sum(axis=0) / (away**2).sum(axis=0)
    slope[~(span > 0)] = np.nan
    first: FloatArray = values[there.argmax(axis=0), np.arange(values.shape[1])]
    first[~np.isfinite(slope)] = span[~(span > 0)] = np.nan
    return slope, first, span


def _sample(
    slopes: Slopes,
    by: str,
    groups: str | Sequence[str] | None,
    covariates: str | Sequence[str],
) -> tuple[Sample, Slopes]:
    """Choose the participants, and keep their first values and times beside them."""
    place = np.arange(len(slopes.cells.studies))
    studies = slopes.cells.studies.assign(_place=place)
    cells = replace(slopes.cells, studies=studies)
    sample = choose_sample(cells, by=by, groups=groups, covariates=covariates, least=1)
    kept = sample.cells.studies["_place"].to_numpy()
    return sample, Slopes(sample.cells, slopes.first[kept], slopes.years[kept], slopes.excluded)


def _names(sample: Sample) -> IntArray:
    names: Any = np.asarray(sample.names, dtype=object)[sample.group]
    return names.astype(str)  # type: ignore[no-any-return]


def _test_change(
    results: ResultTable, row: int, name: str, values: FloatArray, confidence: float
) -> None:
    """Test one group's changes against zero."""
    n, mean, variance = moments(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(variance / n)
        statistic = mean / se
        df = np.where(n > 1, n - 1, np.nan)
        half = stats.t.ppf((1 + confidence) / 2, df) * se
        g, low, high = hedges_g(statistic, df, 1 / np.sqrt(n), confidence)
        p = 2 * stats.t.sf(np.abs(statistic), df)
    everything = slice(None)
    results.fill(
        row, everything, n1=n, mean1=mean, estimate=mean, se=se, statistic=statistic, df=df
    )
    results.fill(row, everything, ci_low=mean - half, ci_high=mean + half, p=p, df_num=1)
    results.fill(row, everything, effect_size=g, effect_size_ci_low=low, effect_size_ci_high=high)
    mask_underpowered(results, row, [GroupSummary.of(name, values)])


def _describe_first_side(slopes: Slopes, rows: Any) -> dict[str, FloatArray]:
    with np.errstate(invalid="ignore", divide="ignore"):
        percent = 100 * slopes.cells.values[rows] / slopes.first[rows]
    return {
        "baseline": moments(slopes.first[rows])[1],
        "percent": moments(percent)[1],
        "years": moments(slopes.years[rows])[1],
    }


def _facts(sample: Sample, by: str, time: str) -> dict[str, Any]:
    counts = np.bincount(sample.group, minlength=len(sample.names))
    terms = [f"change per year ~ {by}", *(item.term for item in sample.covariates)]
    return {
        "model": " + ".join(terms),
        "method": "linear",
        "standard_errors": "ordinary",
        "visit": "",
        "time": time,
        "by": by,
        "groups": {name: int(n) for name, n in zip(sample.names, counts, strict=True)},
        "n_studies": len(sample.group),
        "n_participants": len(sample.group),
        "covariates": [item.name for item in sample.covariates],
        "exclusions": sample.exclusions,
        "data_notes": sample.cells.notes,
        "effect_size": "Hedges' g of change per year, exact interval",
        "neuroflow": __version__,
    }
