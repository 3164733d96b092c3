"""Change between visits: per year, within groups and between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.groups import EFFECT_COLUMNS
from neuroflow.compare.longitudinal.mixed_change import (
    MODEL_COLUMNS,
    fit_change,
    simplified_models,
)
from neuroflow.compare.longitudinal.slopes import Slopes, read_slopes
from neuroflow.compare.longitudinal.true_change import add_true_changes
from neuroflow.compare.longitudinal.visits import (
    facts_of,
    read_follow_up,
)
from neuroflow.compare.stats import (
    Contrast,
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
    read_covariates,
    refuse_empty_reference,
)
from neuroflow.errors import OptionError, Wording
from neuroflow.matrix import (
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    TimeUnit,
    as_list,
    carried_facts,
    check_choice,
    check_number,
    moments,
    read_cells,
)

CHANGE_COLUMNS = (*EFFECT_COLUMNS, "baseline", "percent", "years")

Method = Literal["slopes", "mixed"]

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
    method: Method = "slopes",
    slope_covariates: str | Sequence[str] | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    repeatability: pd.DataFrame | None = None,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Estimate the longitudinal change per year, in each group and between groups.

    With ``method="slopes"`` each participant's change is the slope of the values over the visits,
    by least squares (with two visits, their difference over the time between them). These slopes
    are tested against zero in each group, and compared between groups by a linear model.
    ``method="mixed"`` fits one mixed model per region to all visits, so that people with more
    visits count for more, and those with one visit are used.

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
    method
        ``"slopes"``, or ``"mixed"``: a random intercept and a random slope for every participant,
        by REML, with Satterthwaite's degrees of freedom. Fixed effects are the group, the time
        since the first visit, their interaction, and the covariates.
    slope_covariates
        For ``"mixed"``: the covariates whose interaction with time is in the model as well; None
        for all of them, ``[]`` for none.
    metric, correction, family, confidence
        As for `compare_groups`. Changes within groups are corrected apart from contrasts.
    repeatability
        What `neuroflow.repeatability` returned: counts the people of each group whose change from
        first to last value exceeds the repeatability coefficient of the region.
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
        ``"mixed"`` adds the random effects that were used, `random_effects` (simpler ones where
        the model was singular), their SDs, `correlation`, `sd_residual` and `n_visits`; `mean1`,
        `baseline` and `percent` are of the model, and `effect_size` is the change over the SD
        between people at the first visit.
        `repeatability` adds `n_exceed`, of the `n_several` people of a group with two values;
        ``.attrs["exceeding"]`` names them.

    Raises
    ------
    CompareError
        No participant has two visits at different times, one is in two groups, or visits are
        further apart in years than they can be, or nobody of the reference group is left.
    OptionError
        There is no such group, metric or method.
    TableError
        The table lacks a column, or `time` holds neither numbers nor dates, or another unit.

    Warns
    -----
    ResultWarning
        Mixed models of some regions were singular or did not converge; participants with several
        visits were left out; or nobody of the controls is left.

    References
    ----------
    Laird NM, Ware JH (1982), Biometrics 38:963-974 (mixed models).
    Feingold A (2009), Psychol Methods 14:43-53 (effect size of mixed models).
    Matthews JNS et al. (1990), BMJ 300:230-235 (summary measures of repeated values).
    Frison L, Pocock SJ (1992), Stat Med 11:1685-1704.
    Raunig DL et al. (2015), Stat Methods Med Res 24:27-67 (repeatability coefficient).

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
    _check_options(method, confidence, slope_covariates, covariates)
    if by is None:
        by, table = "everybody", table.assign(everybody=_ALL_PARTICIPANTS)
    needed = ["participant_id", by, time, *covariate_columns(covariates)]
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    how = _Change(by, time, unit, reference, groups, contrasts, covariates, confidence)
    if method == "mixed":
        result, n_within = _by_mixed_model(cells, how, slope_covariates)
    else:
        result, n_within = _by_slopes(cells, how)
    result["q"] = correct_families(result, correction, family, np.arange(len(result)) >= n_within)
    result = result[[*CHANGE_COLUMNS, *(name for name in MODEL_COLUMNS if name in result)]]
    result.attrs |= carried_facts(table, result) | {
        "correction": correction,
        "family": as_list("family", family),
        "confidence": float(confidence),
        "exclude_suspect": exclude_suspect,
        "neuroflow": __version__,
    }
    if repeatability is not None:
        data = read_follow_up(
            cells, by=by, time=time, unit=unit, groups=groups, covariates=covariates
        )
        add_true_changes(result, data, repeatability)
    add_sensitivity(result, cells, change_over_time, given, ("estimate", "p"))
    return result


@dataclass(frozen=True, slots=True)
class _Change:
    """What is asked of both methods alike."""

    by: str
    time: str
    unit: TimeUnit | None
    reference: str | None
    groups: str | Sequence[str] | None
    contrasts: str | Sequence[str] | None
    covariates: str | Sequence[str]
    confidence: float

    def check(
        self, cells: Cells, people: Sample, without_slope: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Refuse a reference group of which nobody is left."""
        refuse_empty_reference(
            cells.studies, self.by, self.reference, people, without_slope,
            groups=self.groups, planned=self.contrasts,
        )  # fmt: skip

    def between(self, names: Sequence[str]) -> list[Contrast]:
        """Return the contrasts between groups; none if there is one group."""
        if len(names) < 2:
            return []
        return make_contrasts(names, reference=self.reference, planned=self.contrasts)


def _check_options(
    method: str,
    confidence: float,
    slope_covariates: str | Sequence[str] | None,
    covariates: str | Sequence[str],
) -> None:
    check_choice("method", method, get_args(Method))
    check_number("confidence", confidence, below=1)
    if slope_covariates is None:
        return
    if method != "mixed":
        raise OptionError(
            "slope_covariates is for mixed models only.", advice='Use method="mixed", or omit it.'
        )
    known = as_list("covariates", covariates)
    if extra := [
        name for name in as_list("slope_covariates", slope_covariates) if name not in known
    ]:
        raise OptionError(
            f"{', '.join(extra)} must be among the covariates as well.",
            advice=Wording(
                f"Add it: covariates={[*known, *extra]!r}.",
                cli=f"Add it: --covariates {','.join([*known, *extra])}.",
            ),
        )


def _by_mixed_model(
    cells: Cells, how: _Change, slope_covariates: str | Sequence[str] | None
) -> tuple[pd.DataFrame, int]:
    """Return the changes of mixed models, and how many rows are within groups."""
    data = read_follow_up(
        cells,
        by=how.by,
        time=how.time,
        unit=how.unit,
        groups=how.groups,
        covariates=how.covariates,
    )
    how.check(cells, data.people)
    names = data.people.names
    wanted = [Contrast((name,), ()) for name in names]
    wanted += (between := how.between(names))
    in_slope = data.people.covariates
    if slope_covariates is not None:
        in_slope = read_covariates(data.people.cells.studies, slope_covariates)
    change = fit_change(data, wanted, by=how.by, in_slope=in_slope, confidence=how.confidence)
    result = change.results.to_frame(data.columns, [item.name for item in wanted])
    for name, numbers in change.described.items():
        result[name] = numbers.reshape(-1)
    for name in MODEL_COLUMNS:
        result[name] = np.tile(change.models[name], len(wanted))
    result["n_visits"] = result["n_visits"].astype("Int64")
    terms = [how.by, "years", f"{how.by}:years", *(item.term for item in data.people.covariates)]
    terms += [f"{item.term}:years" for item in in_slope]
    result.attrs |= facts_of(data.people, how.by, how.time) | {
        "model": f"value ~ {' + '.join(terms)}",
        "method": "mixed",
        "slope_covariates": [item.name for item in in_slope],
        "covariate_terms": as_list("covariates", how.covariates),
        "slope_terms": [item.term if item.levels else item.name for item in in_slope],
        "unit": how.unit,
        "random_slopes": change.has_slopes,
        "simplified": simplified_models(data, change),
        "contrasts": [item.name for item in between],
        "standard_errors": "ordinary",
        "n_studies": len(data.person),
        "one_visit": int((np.bincount(data.person) == 1).sum()),
        "effect_size": "change per year over the SD between participants at the first visit",
    }
    return result, len(names) * len(data.columns)


def _by_slopes(cells: Cells, how: _Change) -> tuple[pd.DataFrame, int]:
    """Return the changes of participants' own slopes, and how many rows are within groups."""
    slopes = read_slopes(cells, how.by, how.time, how.unit)
    sample, slopes = _sample(slopes, how.by, how.groups, how.covariates)
    how.check(cells, sample, slopes.excluded)
    within = ResultTable(len(sample.names), slopes.cells.values.shape[1])
    for row, name in enumerate(sample.names):
        _test_change(within, row, name, slopes.cells.values[sample.group == row], how.confidence)
    tables = [within.to_frame(slopes.cells.columns, sample.names)]
    sides: list[tuple[str, ...]] = [(name,) for name in sample.names]
    if wanted := how.between(sample.names):
        model = LinearModel.prepare(sample, wanted, by=how.by, confidence=how.confidence)
        results = model.fit(sample.cells.values)
        tables.append(results.to_frame(slopes.cells.columns, [item.name for item in wanted]))
        sides += [item.first for item in wanted]
    result = pd.concat(tables, ignore_index=True)
    described = [_describe_first_side(slopes, np.isin(_names(sample), side)) for side in sides]
    for name in ("baseline", "percent", "years"):
        result[name] = np.concatenate([numbers[name] for numbers in described])
    terms = [f"change per year ~ {how.by}", *(item.term for item in sample.covariates)]
    result.attrs |= facts_of(sample, how.by, how.time) | {
        "model": " + ".join(terms),
        "method": "linear",
        "standard_errors": "ordinary",
        "n_studies": len(sample.group),
        "exclusions": [*slopes.excluded, *sample.exclusions],
        "effect_size": "Hedges' g of change per year, exact interval",
    }
    return result, within.n_rows * within.n_columns


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
    mask_underpowered(results, row, [GroupSummary.of(name, values)], "change")


def _describe_first_side(slopes: Slopes, rows: Any) -> dict[str, FloatArray]:
    with np.errstate(invalid="ignore", divide="ignore"):
        percent = 100 * slopes.cells.values[rows] / slopes.first[rows]
    return {
        "baseline": moments(slopes.first[rows])[1],
        "percent": moments(percent)[1],
        "years": moments(slopes.years[rows])[1],
    }
