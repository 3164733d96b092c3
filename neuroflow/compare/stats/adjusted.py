"""Groups compared by a linear model with covariates, missing values by pattern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from neuroflow.compare.stats.contrasts import Contrast
from neuroflow.compare.stats.design import Covariate, Design, build
from neuroflow.compare.stats.effect_size import hedges_g
from neuroflow.compare.stats.linear import (
    Fit,
    Robust,
    f_test,
    fit,
    patterns,
    scale,
    standard_errors,
)
from neuroflow.compare.stats.result import Sheet, Side, refuse_thin
from neuroflow.compare.stats.sample import Sample
from neuroflow.errors import CompareError
from neuroflow.matrix import BoolArray, FloatArray, IntArray, participants

_NO_VARIANCE = 1e-12  # of the largest term of the model; below it a residual SD is rounding


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the linear model."""

    group: IntArray  # Codes of `names`, shape (n_studies,)
    names: Sequence[str]  # The groups
    covariates: Sequence[Covariate]  # What to adjust for
    contrasts: Sequence[Contrast]  # What to compare
    between: str  # What the groups are called
    confidence: float  # Of the intervals
    robust: Robust  # Kind of the standard errors
    cluster: IntArray | None  # Whose each study is, shape (n_studies,); for ``robust="cluster"``
    omnibus: bool  # True adds a last row: is there any difference between the groups?
    whole: Design  # The design of all studies


def ask(
    sample: Sample,
    contrasts: Sequence[Contrast],
    *,
    between: str,
    confidence: float,
    robust: Robust = "none",
    omnibus: bool = False,
) -> Question:
    """Put the question to a sample, and refuse what cannot be answered in any region."""
    everyone = np.ones(len(sample.group), dtype=bool)
    whole = build(sample.group, sample.names, sample.covariates, everyone, between)
    cluster = participants(sample.cells.studies) if robust == "cluster" else None
    return Question(
        group=sample.group,
        names=sample.names,
        covariates=sample.covariates,
        contrasts=contrasts,
        between=between,
        confidence=confidence,
        robust=robust,
        cluster=cluster,
        omnibus=omnibus,
        whole=whole,
    )


def answer(question: Question, values: FloatArray) -> Sheet:
    """Fit the model to every column and fill in all contrasts."""
    sheet = Sheet(len(question.contrasts) + question.omnibus, values.shape[1])
    spread = _Spread.empty(sheet)
    for rows, columns in patterns(values):
        _one_pattern(question, values, (rows, columns), sheet, spread)
    if question.contrasts:
        _infer(sheet, spread, slice(len(question.contrasts)), question.confidence)
    _count(question, values, sheet)
    if question.omnibus:
        f, k, df = (sheet.numbers[name][-1] for name in ("statistic", "df_num", "df"))
        sheet.put(-1, slice(None), p=special.fdtrc(k, df, f))
    for row in range(sheet.n_rows):
        unknown = np.isnan(sheet.numbers["p"][row])
        sheet.blank(row, unknown, f"no {question.robust} error: one study alone decides it")
    return sheet


def _count(question: Question, values: FloatArray, sheet: Sheet) -> None:
    """Fill in how many values each side of a contrast has, and refuse what has too few."""
    asked = {name for contrast in question.contrasts for name in contrast.groups}
    sides = {
        name: Side.of(name, values[question.group == code])
        for code, name in enumerate(question.names)
        if name in asked
    }
    for row, contrast in enumerate(question.contrasts):
        n1, n2 = (_total(sides[name] for name in names) for names in contrast.sides)
        sheet.put(row, slice(None), n1=n1, n2=n2)
        refuse_thin(sheet, row, [sides[name] for name in contrast.groups])


def _total(sides: Iterable[Side]) -> FloatArray | float:
    return sum((side.n.astype(np.float64) for side in sides), start=0.0)


@dataclass(frozen=True, slots=True)
class _Spread:
    """What ordinary standard errors are made of, for effect sizes: these are never robust."""

    sd: FloatArray  # residual SD, (n_columns,)
    df: FloatArray  # its degrees of freedom
    size: FloatArray  # standard error of a contrast over that SD, (n_rows, n_columns)

    @classmethod
    def empty(cls, sheet: Sheet) -> _Spread:
        sd, df, *size = np.full((2 + sheet.n_rows, sheet.n_columns), np.nan)
        return cls(sd, df, np.array(size))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The columns that miss the same studies, and their fit."""

    columns: IntArray
    design: Design
    model: Fit
    cluster: IntArray | None


def _one_pattern(
    question: Question,
    values: FloatArray,
    cells: tuple[IntArray, IntArray],
    sheet: Sheet,
    spread: _Spread,
) -> None:
    rows, columns = cells
    here = np.zeros(sheet.n_columns, dtype=bool)
    here[columns] = True

    def refuse(reason: str, where: BoolArray = here) -> None:
        for row in range(sheet.n_rows):
            sheet.blank(row, where, reason)

    if question.omnibus:
        sheet.put(-1, columns, n1=len(rows))
    if len(rows) == 0:
        return refuse("no values")
    try:
        design = _design(question, rows)
    except CompareError as error:
        # Solvable with all studies (that was checked), not with those that have this region.
        return refuse(f"among the {len(rows)} studies with a value: {error.what.rstrip('.')}")
    complete = (len(rows), len(columns)) == values.shape
    known = values if complete else values[np.ix_(rows, columns)]
    cluster = None if question.cluster is None else question.cluster[rows]
    pattern = _Pattern(columns, design, fit(design.matrix, known), cluster)
    if pattern.model.df <= 0:
        return refuse("more coefficients than values")
    spread.sd[columns], spread.df[columns] = pattern.model.sd, pattern.model.df
    for row, contrast in enumerate(question.contrasts):
        spread.size[row, columns] = _one_contrast(question, pattern, contrast, sheet, row)
    if question.omnibus:
        _any_difference(question, pattern, sheet)
    flat = np.zeros(sheet.n_columns, dtype=bool)
    terms = np.abs(pattern.model.coefficients) * np.abs(design.matrix).max(axis=0)[:, None]
    flat[columns] = pattern.model.sd <= _NO_VARIANCE * terms.max(axis=0)
    return refuse("the values do not vary within the groups", flat)


def _design(question: Question, rows: IntArray) -> Design:
    n = len(question.group)
    if len(rows) == n:
        return question.whole
    used = np.zeros(n, dtype=bool)
    used[rows] = True
    return build(question.group, question.names, question.covariates, used, question.between)


def _one_contrast(
    question: Question, pattern: _Pattern, contrast: Contrast, sheet: Sheet, row: int
) -> float:
    """Fill in means, difference and its standard error; return that of a residual SD of one."""
    model = pattern.model
    place = {question.names[code]: index for index, code in enumerate(pattern.design.groups)}
    if any(name not in place for name in contrast.groups):
        return np.nan  # refused by name later
    weights = np.zeros((2, len(model.coefficients)))
    for side, names in enumerate(contrast.sides):
        weights[side, [place[name] for name in names]] = 1 / max(len(names), 1)
    mean1, mean2 = weights @ model.coefficients
    difference = weights[0] - weights[1]
    se, df = standard_errors(model, difference, question.robust, pattern.cluster)
    sheet.put(row, pattern.columns, mean1=mean1, mean2=mean2, estimate=mean1 - mean2, se=se, df=df)
    return scale(model, difference)


def _infer(sheet: Sheet, spread: _Spread, rows: slice, confidence: float) -> None:
    """Fill in the tests and effect sizes of all contrasts, in all columns at once."""
    estimate, se, df = (sheet.numbers[name][rows] for name in ("estimate", "se", "df"))
    size, everything = spread.size[rows], slice(None)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / se
        plain = estimate / (size * spread.sd)
        np2 = plain**2 / (plain**2 + spread.df)
    half = stats.t.ppf((1 + confidence) / 2, df) * se
    g, low, high = hedges_g(plain, spread.df, size, confidence)
    sheet.put(rows, everything, statistic=statistic, p=2 * stats.t.sf(np.abs(statistic), df))
    sheet.put(rows, everything, ci_low=estimate - half, ci_high=estimate + half, np2=np2)
    sheet.put(rows, everything, effect_size=g, effect_size_ci_low=low, effect_size_ci_high=high)
    sheet.put(rows, everything, df_num=np.where(np.isfinite(estimate), 1.0, np.nan))


def _any_difference(question: Question, pattern: _Pattern, sheet: Sheet) -> None:
    row = sheet.n_rows - 1
    here = np.zeros(sheet.n_columns, dtype=bool)
    here[pattern.columns] = True
    k = len(pattern.design.groups) - 1
    if k < 1:
        sheet.blank(row, here, "values in one group only")
        return
    weights = np.zeros((k, len(pattern.model.coefficients)))
    weights[:, 0] = -1
    weights[np.arange(k), np.arange(1, k + 1)] = 1
    f, df, np2 = f_test(pattern.model, weights, question.robust, pattern.cluster)
    sheet.put(row, pattern.columns, statistic=f, df_num=k, df=df, np2=np2)
    if question.robust != "none":  # a study alone in its group has no error of its own
        counts = pattern.design.matrix[:, : k + 1].sum(axis=0)
        for code in pattern.design.groups[counts == 1]:
            sheet.blank(row, here, f"only one value in {question.names[code]}")
