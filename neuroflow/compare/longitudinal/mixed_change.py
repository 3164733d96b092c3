"""Change per year by mixed models: everybody's visits in one model per region."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow.compare.longitudinal.models import STRUCTURES, MixedFit, fit_mixed
from neuroflow.compare.longitudinal.visits import FollowUp, read_follow_up
from neuroflow.compare.stats import (
    Contrast,
    Covariate,
    ResultTable,
    build_design,
    missing_patterns,
)
from neuroflow.errors import CompareError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import BoolArray, Cells, FloatArray, IntArray, TimeUnit

MODEL_COLUMNS = (
    "random_effects",
    "sd_intercept",
    "sd_slope",
    "correlation",
    "sd_residual",
    "n_visits",
)
_LEAST = 2  # people with repeated visits, for a slope of their group
_NO_VARIANCE = 1e-10
_NAMED = 5
_POINTS = 21  # of a line


@dataclass(frozen=True, slots=True)
class VisitDesign:
    """The model of the visits that some columns have."""

    rows: IntArray  # the visits
    columns: IntArray  # the columns
    matrix: FloatArray  # visits x coefficients
    time: FloatArray
    person: IntArray  # 0, 1, ... in order of the people that have a value
    level: dict[str, int]  # the coefficient of each group's mean at the first visit
    slope: dict[str, int]  # and of its change per year
    why_not: dict[str, str] = field(default_factory=dict)  # groups without a slope

    def fit(self, values: FloatArray, weights: FloatArray | None = None) -> MixedFit:
        """Fit the columns of a matrix of all visits."""
        known = values[np.ix_(self.rows, self.columns)]
        return fit_mixed(self.matrix, self.time, known, self.person, weights=weights)

    def weights(self, contrast: Contrast, place: dict[str, int]) -> FloatArray:
        """Return the weights of a contrast over the coefficients."""
        found = np.zeros((2, self.matrix.shape[1]))
        for side, names in enumerate(contrast.sides):
            found[side, [place[name] for name in names]] = 1 / max(len(names), 1)
        return np.asarray(found[0] - found[1], dtype=np.float64)


def designs_of(
    data: FollowUp, by: str, in_slope: Sequence[Covariate]
) -> Iterator[tuple[IntArray, VisitDesign | str]]:
    """Yield the columns that miss the same visits with their model, or why there is none."""
    for rows, columns in missing_patterns(data.values):
        if not len(rows):
            yield columns, "no values"
            continue
        try:
            yield columns, _design(data, rows, columns, by, in_slope)
        except CompareError as error:
            n = len(np.unique(data.person[rows]))
            yield columns, f"among the {n} participants with a value: {error.what.rstrip('.')}"


def _design(
    data: FollowUp, rows: IntArray, columns: IntArray, by: str, in_slope: Sequence[Covariate]
) -> VisitDesign:
    people, sample = np.unique(data.person[rows]), data.people
    used = np.zeros(len(sample.group), dtype=bool)
    used[people] = True
    level = build_design(sample.group, sample.names, sample.covariates, used, by)
    slope = build_design(sample.group, sample.names, in_slope, used, by)
    person = np.searchsorted(people, data.person[rows])
    time = data.years[rows]
    repeated = (np.bincount(person, weights=(time > 0).astype(np.float64)) > 0)[person]
    names = [sample.names[code] for code in level.groups]
    why_not, keep = {}, np.ones(slope.matrix.shape[1], dtype=bool)
    for place, name in enumerate(names):
        mine = (level.matrix[person, place] > 0) & repeated
        if (n := len(np.unique(person[mine]))) < _LEAST:
            who = "no participant" if not n else "only one participant"
            why_not[name] = f"{who} with repeated visits in {name}"
            keep[place] = bool(n)
    by_time = slope.matrix[person][:, keep] * time[:, None]
    matrix = np.hstack([level.matrix[person], by_time])
    if np.linalg.matrix_rank(matrix / np.linalg.norm(matrix, axis=0)) < matrix.shape[1]:
        raise CompareError("The changes cannot be separated from each other or from covariates.")
    if len(matrix) <= matrix.shape[1] or len(people) <= len(names):
        raise CompareError("There are more coefficients than values.")
    start, kept = level.matrix.shape[1], np.cumsum(keep) - 1
    return VisitDesign(
        rows,
        columns,
        matrix,
        time,
        person,
        {name: place for place, name in enumerate(names)},
        {name: int(start + kept[place]) for place, name in enumerate(names) if keep[place]},
        why_not,
    )


@dataclass(slots=True)
class MixedChange:
    """The results of all columns: contrasts of slopes, and what the models are made of."""

    results: ResultTable
    models: dict[str, np.ndarray]  # `MODEL_COLUMNS`, one value per column
    described: dict[str, FloatArray]  # baseline, percent and years: contrasts x columns
    has_slopes: bool  # whether the visits carry random slopes at all


def fit_change(
    data: FollowUp,
    wanted: Sequence[Contrast],
    *,
    by: str,
    in_slope: Sequence[Covariate],
    confidence: float,
) -> MixedChange:
    """Fit every column and test the contrasts of its slopes."""
    m = data.values.shape[1]
    results = ResultTable(len(wanted), m)
    models = {name: np.full(m, np.nan) for name in MODEL_COLUMNS[1:]}
    models |= {"random_effects": np.full(m, "", dtype=object)}
    described = {name: np.full((len(wanted), m), np.nan) for name in ("baseline", "years")}
    change = MixedChange(results, models, described, False)
    for columns, design in designs_of(data, by, in_slope):
        here = np.zeros(m, dtype=bool)
        here[columns] = True
        if isinstance(design, str):
            for row in range(len(wanted)):
                results.mask(row, here, design)
            continue
        fit = design.fit(data.values)
        _describe_models(models, design, fit)
        change.has_slopes |= bool((np.bincount(design.person) > 2).sum() > 2)
        flat = np.zeros(m, dtype=bool)
        flat[columns] = np.sqrt(fit.variance) <= _NO_VARIANCE * np.abs(fit.coefficients).max(axis=0)
        constant = np.zeros(m, dtype=bool)
        constant[columns] = _never_changes(data.values[np.ix_(design.rows, columns)], design.person)
        models["random_effects"][constant] = ""
        for row, contrast in enumerate(wanted):
            _estimate(change, row, contrast, (design, fit), data)
            for name in contrast.groups:
                missing = f"no values in {name}" if name not in design.level else ""
                if reason := design.why_not.get(name, missing):
                    results.mask(row, here, reason)
            results.mask(row, flat, "the values do not vary within the groups")
            results.mask(row, constant, "the values of each participant do not change")
    _infer(results, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        described["percent"] = 100 * results.numbers["mean1"] / described["baseline"]
    return change


def _never_changes(values: FloatArray, person: IntArray) -> BoolArray:
    """Return the columns in which all visits of each person have the same value."""
    first = values[np.unique(person, return_index=True)[1]]
    found: BoolArray = (values == first[person]).all(axis=0)
    return found


def _estimate(
    change: MixedChange,
    row: int,
    contrast: Contrast,
    fitted: tuple[VisitDesign, MixedFit],
    data: FollowUp,
) -> None:
    """Fill in numbers, estimate and error of one contrast of some columns."""
    design, fit = fitted
    columns, results = design.columns, change.results
    group = data.people.group[np.unique(data.person[design.rows])]
    span = np.zeros(len(group))
    np.maximum.at(span, design.person, design.time)
    sides = [
        np.isin(group, [data.people.names.index(name) for name in names])
        for names in contrast.sides
    ]
    results.fill(row, columns, n1=sides[0].sum())
    if contrast.second:
        results.fill(row, columns, n2=sides[1].sum())
    if not set(contrast.groups) <= set(design.slope):
        return
    followed = span[sides[0] & (span > 0)]
    change.described["years"][row, columns] = followed.mean()
    first = Contrast(contrast.first, ())
    level = design.weights(first, design.level) @ fit.coefficients
    change.described["baseline"][row, columns] = level
    mean1 = design.weights(first, design.slope) @ fit.coefficients
    estimate, se, df = fit.contrast(design.weights(contrast, design.slope))
    results.fill(row, columns, mean1=mean1, estimate=estimate, se=se, df=df, df_num=1)
    if contrast.second:
        results.fill(row, columns, mean2=mean1 - estimate)
    between = np.sqrt(fit.variance * (1 + fit.random[:, 0]))
    results.fill(row, columns, effect_size=estimate / between)


def _infer(results: ResultTable, confidence: float) -> None:
    """Fill in the tests and intervals of everything that was estimated."""
    estimate, se, df, effect = (
        results.numbers[name] for name in ("estimate", "se", "df", "effect_size")
    )
    everything = slice(None)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic, scale = estimate / se, effect / estimate
    half = stats.t.ppf((1 + confidence) / 2, df) * se
    low, high = estimate - half, estimate + half
    p = 2 * stats.t.sf(np.abs(statistic), df)
    results.fill(everything, everything, statistic=statistic, p=p, ci_low=low, ci_high=high)
    results.fill(
        everything,
        everything,
        effect_size_ci_low=low * scale,
        effect_size_ci_high=high * scale,
    )


def _describe_models(models: dict[str, np.ndarray], design: VisitDesign, fit: MixedFit) -> None:
    columns, random = design.columns, fit.random * fit.variance[:, None]
    models["random_effects"][columns] = fit.names
    models["sd_intercept"][columns] = np.sqrt(random[:, 0])
    models["sd_slope"][columns] = np.sqrt(random[:, 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        models["correlation"][columns] = random[:, 1] / np.sqrt(random[:, 0] * random[:, 2])
    models["sd_residual"][columns] = np.sqrt(fit.variance)
    models["n_visits"][columns] = len(design.rows)


def simplified_models(data: FollowUp, change: MixedChange) -> list[dict[str, str]]:
    """Return the columns with simpler random effects than the visits carry, and warn of them."""
    richest = next(iter(STRUCTURES)) if change.has_slopes else "intercept"
    used = change.models["random_effects"]
    simpler: BoolArray = (used != richest) & (used != "")
    places = np.flatnonzero(simpler)
    found = [
        {
            **{name: str(data.columns[name].iloc[place]) for name in ("region", "metric")},
            "used": str(used[place]),
        }
        for place in places
    ]
    if found:
        named = [f"{item['region']} {item['metric']} ({item['used']})" for item in found[:_NAMED]]
        more = ", ..." if len(found) > _NAMED else ""
        warn_user(
            f"{len(found)} of {int((used != '').sum())} models with random {richest} were singular "
            f"or did not converge; simpler random effects were used: {', '.join(named)}{more}. "
            "The column random_effects has all.",
            ResultWarning,
        )
    return found


def fitted_lines(
    cells: Cells, *, by: str, time: str, unit: TimeUnit | None, confidence: float
) -> pd.DataFrame:
    """Return the lines of one column's mixed model: a row per group and time, with intervals."""
    data = read_follow_up(cells, by=by, time=time, unit=unit, groups=None, covariates=())
    ((_, design),) = designs_of(data, by, ())
    if isinstance(design, str):
        raise CompareError(f"There is no mixed model: {design}.")
    fit, parts = design.fit(data.values), []
    tail = (1 + confidence) / 2
    for code, name in enumerate(data.people.names):
        if name not in design.slope:
            continue
        group = data.people.group[np.unique(data.person[design.rows])]
        last = float(design.time[(group == code)[design.person]].max())
        for years in np.linspace(0, last, _POINTS):
            weights = np.zeros(design.matrix.shape[1])
            weights[design.level[name]], weights[design.slope[name]] = 1.0, years
            estimate, se, df = (float(part[0]) for part in fit.contrast(weights))
            half = stats.t.ppf(tail, df) * se
            parts.append((name, years, estimate, estimate - half, estimate + half))
    return pd.DataFrame(parts, columns=["group", "years", "estimate", "ci_low", "ci_high"])
