"""Groups compared by a linear model with covariates, missing values by pattern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from neuroflow.compare.stats.contrasts import Contrast
from neuroflow.compare.stats.effect_size import (
    eta_squared_interval,
    hedges_g,
    small_sample_factor,
    standardised_interval,
)
from neuroflow.compare.stats.linear.fit import (
    Fit,
    Robust,
    fit_linear,
    missing_patterns,
    scale,
    wald_statistic,
)
from neuroflow.compare.stats.linear.hypotheses import (
    any_difference,
    find_slopes,
    side_weights,
    slope_contrasts,
)
from neuroflow.compare.stats.linear.sandwich import sandwich, spread_df
from neuroflow.compare.stats.linear.spread import UnequalSpread
from neuroflow.compare.stats.result import GroupSummary, ResultTable, mask_underpowered
from neuroflow.compare.stats.rounding import ROUNDING
from neuroflow.compare.stats.sample import Sample
from neuroflow.compare.stats.terms import Covariate, Design, build_design
from neuroflow.errors import CompareError
from neuroflow.matrix import BoolArray, FloatArray, IntArray, participants

Standardizer = Literal["residual", "raw"]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A linear model of groups and covariates, and the contrasts to estimate with it."""

    group: IntArray  # Codes of `names`, shape (n_studies,)
    names: Sequence[str]  # The groups
    covariates: Sequence[Covariate]  # What to adjust for
    contrasts: Sequence[Contrast]  # What to compare
    by: str  # The column of the groups, for messages
    confidence: float  # Of the intervals
    robust: Robust  # Kind of the standard errors
    cluster: IntArray | None  # Participant codes, shape (n_studies,); for ``robust="cluster"``
    standardizer: Standardizer  # What effect sizes are divided by
    omnibus: bool  # True adds a last row: is there any difference between the groups?
    # The covariate whose slopes are compared instead of the groups' means, and its interaction.
    slopes: tuple[int, int] | None
    full_design: Design  # The design of all studies

    @classmethod
    def prepare(
        cls,
        sample: Sample,
        contrasts: Sequence[Contrast],
        *,
        by: str,
        confidence: float,
        robust: Robust = "none",
        standardizer: Standardizer = "residual",
        omnibus: bool = False,
        interaction: str = "",
    ) -> LinearModel:
        """Build the model for a sample; raise CompareError where no region could be fitted."""
        everyone = np.ones(len(sample.group), dtype=bool)
        slopes = find_slopes(sample.covariates, by, interaction) if interaction else None
        return cls(
            group=sample.group,
            names=sample.names,
            covariates=sample.covariates,
            contrasts=slope_contrasts(sample.covariates[slopes[0]], contrasts)
            if slopes
            else contrasts,
            by=by,
            confidence=confidence,
            robust=robust,
            cluster=participants(sample.cells.studies) if robust == "cluster" else None,
            standardizer=standardizer,
            omnibus=omnibus,
            slopes=slopes,
            full_design=build_design(sample.group, sample.names, sample.covariates, everyone, by),
        )

    def fit(self, values: FloatArray) -> ResultTable:
        """Fit every column (studies x columns) and fill in all contrasts."""
        results = ResultTable(len(self.contrasts) + self.omnibus, values.shape[1])
        spread = _ResidualSpread.empty(results)
        n = np.zeros(results.n_columns)
        for rows, columns in missing_patterns(values):
            n[columns] = len(rows)
            _fit_pattern(self, values, (rows, columns), results, spread)
        if self.contrasts:
            _infer_contrasts(results, spread, slice(len(self.contrasts)), self)
        _count_values(self, values, results)
        if self.omnibus:
            f, k, df = (results.numbers[name][-1] for name in ("statistic", "df_num", "df"))
            results.fill(-1, slice(None), p=special.fdtrc(k, df, f))
        if self.robust == "none":
            _infer_eta_squared(results, n, self)
        for row in range(results.n_rows):
            unknown = np.isnan(results.numbers["p"][row])
            results.mask(
                row,
                unknown,
                f"no {self.robust} standard error: one study determines a coefficient alone",
            )
        return results

    def design(self, rows: IntArray) -> Design:
        """Return the design of some studies."""
        n = len(self.group)
        if len(rows) == n:
            return self.full_design
        used = np.zeros(n, dtype=bool)
        used[rows] = True
        return build_design(self.group, self.names, self.covariates, used, self.by)


def _count_values(model: LinearModel, values: FloatArray, results: ResultTable) -> None:
    """Fill in how many values each side of a contrast has, and mask what has too few."""
    needed = {name for contrast in model.contrasts for name in contrast.groups}
    sides = {
        name: GroupSummary.of(name, values[model.group == code])
        for code, name in enumerate(model.names)
        if name in needed
    }
    for row, contrast in enumerate(model.contrasts):
        n1, n2 = (_total(sides[name] for name in names) for names in contrast.sides)
        results.fill(row, slice(None), n1=n1, n2=n2)
        mask_underpowered(results, row, [sides[name] for name in contrast.groups])


def _total(sides: Iterable[GroupSummary]) -> FloatArray | float:
    return sum((side.n.astype(np.float64) for side in sides), start=0.0)


@dataclass(frozen=True, slots=True)
class _ResidualSpread:
    """What effect sizes are made of."""

    sd: FloatArray  # residual SD, (n_columns,)
    df: FloatArray  # its degrees of freedom
    size: FloatArray  # ordinary error of a contrast over that SD, (n_rows, n_columns)
    unit: FloatArray  # what effect sizes are divided by: that SD, or the one within the groups
    unit_df: FloatArray  # its degrees of freedom
    robust_df: FloatArray  # the same where studies belong together or have unequal spread

    @classmethod
    def empty(cls, results: ResultTable) -> _ResidualSpread:
        sd, df, *units = np.full((5, results.n_columns), np.nan)
        size = np.full((results.n_rows, results.n_columns), np.nan)
        return cls(sd, df, size, *units)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The columns that miss the same studies, and their fit."""

    columns: IntArray
    design: Design
    fitted: Fit
    cluster: IntArray | None
    uneven: UnequalSpread | None  # for contrasts with ordinary errors


def _fit_pattern(
    model: LinearModel,
    values: FloatArray,
    cells: tuple[IntArray, IntArray],
    results: ResultTable,
    spread: _ResidualSpread,
) -> None:
    rows, columns = cells
    here = np.zeros(results.n_columns, dtype=bool)
    here[columns] = True

    def mask_all(reason: str, where: BoolArray = here) -> None:
        for row in range(results.n_rows):
            results.mask(row, where, reason)

    if model.omnibus:
        results.fill(-1, columns, n1=len(rows))
    if len(rows) == 0:
        return mask_all("no values")
    try:
        design = model.design(rows)
    except CompareError as error:
        # Solvable with all studies (that was checked), not with those that have this region.
        return mask_all(f"among the {len(rows)} studies with a value: {error.what.rstrip('.')}")
    complete = (len(rows), len(columns)) == values.shape
    known = values if complete else values[np.ix_(rows, columns)]
    cluster = None if model.cluster is None else model.cluster[rows]
    fitted = fit_linear(design.matrix, known, design.matrix[:, : len(design.groups)])
    ordinary = model.robust == "none" and model.contrasts
    uneven = UnequalSpread.of(fitted, design) if ordinary else None
    pattern = _Pattern(columns, design, fitted, cluster, uneven)
    if pattern.fitted.df <= 0:
        return mask_all("more coefficients than values")
    spread.sd[columns], spread.df[columns] = pattern.fitted.sd, pattern.fitted.df
    unit = pattern.fitted
    if model.standardizer == "raw":
        unit = fit_linear(design.matrix[:, : len(design.groups)], known)
    spread.unit[columns], spread.unit_df[columns] = unit.sd, unit.df
    spread.robust_df[columns] = unit.df if model.robust == "none" else spread_df(unit, cluster)
    for row in range(len(model.contrasts)):
        _estimate_contrast(model, pattern, row, results, spread)
    if model.omnibus:
        _test_any_difference(model, pattern, results)
    huge = np.zeros(results.n_columns, dtype=bool)
    huge[columns] = ~np.isfinite(pattern.fitted.sd)
    mask_all("the values are too large for their squares", huge)
    flat = np.zeros(results.n_columns, dtype=bool)
    terms = np.abs(pattern.fitted.coefficients) * np.abs(design.matrix).max(axis=0)[:, None]
    flat[columns] = pattern.fitted.sd <= ROUNDING * terms.max(axis=0)
    return mask_all("the values do not vary within the groups", flat)


def _estimate_contrast(
    model: LinearModel,
    pattern: _Pattern,
    row: int,
    results: ResultTable,
    spread: _ResidualSpread,
) -> None:
    """Fill in means, difference and its standard error."""
    fitted, columns = pattern.fitted, pattern.columns
    sides = side_weights(pattern.design, model.slopes, model.contrasts[row], model.names)
    if sides is None:
        return  # refused by name later
    if model.slopes and _lacks_category(model.slopes[0], pattern.design, model.full_design):
        here = np.zeros(results.n_columns, dtype=bool)
        here[columns] = True
        return results.mask(row, here, "a category of the interaction has no values")
    mean1, mean2 = sides @ fitted.coefficients
    difference = sides[0] - sides[1]
    size, df = scale(fitted, difference), float(fitted.df)
    se = size * fitted.sd
    if model.robust != "none":
        errors = sandwich(fitted, difference[None, :], model.robust, pattern.cluster)
        se, df = np.sqrt(errors.covariance(fitted.residuals)[:, 0, 0]), errors.df
        results.doubt(row, columns, errors.expected_coverage(model.confidence))
    if pattern.uneven is not None:
        results.doubt(row, columns, pattern.uneven.coverage(fitted, difference, model.confidence))
    spread.size[row, columns] = size
    results.fill(row, columns, mean1=mean1, mean2=mean2, estimate=mean1 - mean2, se=se, df=df)


def _lacks_category(own: int, design: Design, full_design: Design) -> bool:
    """Return whether columns of a covariate mean other categories than in the whole sample."""
    here, everywhere = (each.blocks[own] for each in (design, full_design))
    return bool(here.stop - here.start != everywhere.stop - everywhere.start)


def _infer_contrasts(
    results: ResultTable, spread: _ResidualSpread, rows: slice, model: LinearModel
) -> None:
    """Fill in the tests and effect sizes of all contrasts, in all columns at once.

    Borenstein M et al. (2009), Introduction to meta-analysis, 4 (adjusted difference, raw SD).
    """
    estimate, se, df = (results.numbers[name][rows] for name in ("estimate", "se", "df"))
    size, everything = spread.size[rows], slice(None)
    quantile = special.stdtrit(df, (1 + model.confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / se
        plain = estimate / (size * spread.sd)
        np2 = plain**2 / (plain**2 + spread.df)
        effect, around = estimate / spread.unit, quantile * se / spread.unit
    if model.robust == "none" and model.standardizer == "residual":
        g, low, high = hedges_g(plain, spread.df, size, model.confidence)
    else:
        g = effect * small_sample_factor(spread.unit_df)
        low, high = standardised_interval(effect, around, spread.robust_df, model.confidence)
    half = quantile * se
    results.fill(rows, everything, statistic=statistic, p=2 * special.stdtr(df, -np.abs(statistic)))
    results.fill(rows, everything, ci_low=estimate - half, ci_high=estimate + half, np2=np2)
    results.fill(rows, everything, effect_size=g, effect_size_ci_low=low, effect_size_ci_high=high)
    results.fill(rows, everything, df_num=np.where(np.isfinite(estimate), 1.0, np.nan))


def _infer_eta_squared(results: ResultTable, n: FloatArray, model: LinearModel) -> None:
    """Fill in the intervals of partial eta squared, from t squared or F."""
    numbers = results.numbers
    f = numbers["statistic"].copy()
    f[: len(model.contrasts)] **= 2
    low, high = eta_squared_interval(f, numbers["df_num"], numbers["df"], n, model.confidence)
    results.fill(slice(None), slice(None), np2_ci_low=low, np2_ci_high=high)


def _test_any_difference(model: LinearModel, pattern: _Pattern, results: ResultTable) -> None:
    row = results.n_rows - 1
    here = np.zeros(results.n_columns, dtype=bool)
    here[pattern.columns] = True
    k = len(pattern.design.groups) - 1
    if k < 1:
        results.mask(row, here, "values in one group only")
        return
    weights = any_difference(pattern.design, model.slopes)
    k = len(weights)
    covariance, df, factor = None, float(pattern.fitted.df), 1.0
    if model.robust != "none":
        errors = sandwich(pattern.fitted, weights, model.robust, pattern.cluster)
        covariance = errors.covariance(pattern.fitted.residuals)
        df, factor = errors.df, errors.factor
    wald, np2 = wald_statistic(pattern.fitted, weights, covariance)
    f = factor * wald
    results.fill(row, pattern.columns, statistic=f, df_num=k, df=df, np2=np2)
    if model.robust != "none":  # a study alone in its group has no error of its own
        counts = pattern.design.matrix[:, : len(pattern.design.groups)].sum(axis=0)
        for code in pattern.design.groups[counts == 1]:
            results.mask(row, here, f"only one value in {model.names[code]}")
