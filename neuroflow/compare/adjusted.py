"""Groups compared by a linear model with covariates, missing values by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow.compare.cells import BoolArray, FloatArray, IntArray
from neuroflow.compare.contrasts import Contrast
from neuroflow.compare.design import Covariate, Design, build
from neuroflow.compare.effect_size import hedges_g
from neuroflow.compare.effects import Sheet, refuse_thin
from neuroflow.compare.linear import Fit, Robust, f_test, fit, patterns, scale, standard_errors
from neuroflow.compare.sample import Sample
from neuroflow.compare.visits import participants
from neuroflow.errors import CompareError

_NO_VARIANCE = 1e-12  # of the largest value; below it a residual SD is rounding


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the linear model.

    Parameters
    ----------
    group
        Codes of `names`, shape (n_studies,).
    names
        The groups.
    covariates
        What to adjust for.
    contrasts
        What to compare.
    between
        What the groups are called.
    confidence
        Of the intervals.
    robust
        Kind of the standard errors.
    cluster
        Whose each study is, shape (n_studies,).
    omnibus
        True adds a last row: is there any difference between the groups?
    """

    group: IntArray
    names: Sequence[str]
    covariates: Sequence[Covariate]
    contrasts: Sequence[Contrast]
    between: str
    confidence: float
    robust: Robust
    cluster: IntArray
    omnibus: bool


def ask(
    sample: Sample,
    contrasts: Sequence[Contrast],
    *,
    between: str,
    confidence: float,
    robust: Robust = "none",
    omnibus: bool = False,
) -> Question:
    """Put the question to a sample, and refuse what cannot be answered in any region.

    Parameters
    ----------
    sample
        The studies.
    contrasts, between, confidence, robust, omnibus
        As for `Question`.

    Returns
    -------
    Question
        Its design has full rank with all studies.

    Raises
    ------
    CompareError
        A covariate is constant, or cannot be told apart from the groups; it is named.
    """
    everyone = np.ones(len(sample.group), dtype=bool)
    build(sample.group, sample.names, sample.covariates, everyone, between)
    return Question(
        group=sample.group,
        names=sample.names,
        covariates=sample.covariates,
        contrasts=contrasts,
        between=between,
        confidence=confidence,
        robust=robust,
        cluster=pd.factorize(participants(sample.cells.studies))[0],
        omnibus=omnibus,
    )


def answer(question: Question, values: FloatArray) -> Sheet:
    """Fit the model to every column and fill in all contrasts.

    Parameters
    ----------
    question
        What is asked.
    values
        Studies x columns, NaN where missing.

    Returns
    -------
    Sheet
        One row per contrast, and one for the omnibus test if asked for.
    """
    sheet = Sheet(len(question.contrasts) + question.omnibus, values.shape[1])
    for rows, columns in patterns(values):
        _one_pattern(question, values, rows, columns, sheet)
    sides = {name: values[question.group == code] for code, name in enumerate(question.names)}
    for row, contrast in enumerate(question.contrasts):
        _count(sheet, row, contrast, sides)
        refuse_thin(sheet, row, [(name, sides[name]) for name in contrast.groups])
    if question.omnibus:
        sheet.put(-1, slice(None), n1=np.isfinite(values).sum(axis=0))
    return sheet


def _count(sheet: Sheet, row: int, contrast: Contrast, sides: dict[str, FloatArray]) -> None:
    n1, n2 = (
        np.sum([np.isfinite(sides[name]).sum(axis=0) for name in side], axis=0)
        for side in (contrast.first, contrast.second)
    )
    sheet.put(row, slice(None), n1=n1, n2=n2)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The columns that miss the same studies, and their fit."""

    rows: IntArray
    columns: IntArray
    design: Design
    model: Fit


def _one_pattern(
    question: Question, values: FloatArray, rows: IntArray, columns: IntArray, sheet: Sheet
) -> None:
    here = np.zeros(sheet.n_columns, dtype=bool)
    here[columns] = True

    def refuse(reason: str, where: BoolArray = here) -> None:
        for row in range(sheet.n_rows):
            sheet.blank(row, where, reason)

    if len(rows) == 0:
        return refuse("no values")
    used = np.zeros(len(values), dtype=bool)
    used[rows] = True
    try:
        design = build(question.group, question.names, question.covariates, used, question.between)
    except CompareError as error:
        # Solvable with all studies (that was checked), not with those that have this region.
        return refuse(f"among the {len(rows)} studies with a value: {error.what.rstrip('.')}")
    known = values[np.ix_(rows, columns)]
    pattern = _Pattern(rows, columns, design, fit(design.matrix, known))
    if pattern.model.df <= 0:
        return refuse("more coefficients than values")
    for row, contrast in enumerate(question.contrasts):
        _one_contrast(question, pattern, contrast, sheet, row)
    if question.omnibus:
        _any_difference(question, pattern, sheet)
    flat = np.zeros(sheet.n_columns, dtype=bool)
    flat[columns] = pattern.model.sd <= _NO_VARIANCE * np.abs(known).max(axis=0)
    return refuse("the values do not vary within the groups", flat)


def _one_contrast(
    question: Question, pattern: _Pattern, contrast: Contrast, sheet: Sheet, row: int
) -> None:
    model, columns = pattern.model, pattern.columns
    place = {question.names[code]: index for index, code in enumerate(pattern.design.groups)}
    if any(name not in place for name in contrast.groups):
        return  # refused by name later
    weights = np.zeros((2, len(model.coefficients)))
    for side, names in enumerate((contrast.first, contrast.second)):
        weights[side, [place[name] for name in names]] = 1 / max(len(names), 1)
    mean1, mean2 = weights @ model.coefficients
    difference = weights[0] - weights[1]
    se, df = standard_errors(model, difference, question.robust, question.cluster[pattern.rows])
    size = scale(model, difference)
    estimate = mean1 - mean2
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / se
        plain = estimate / (size * model.sd)
    half = stats.t.ppf((1 + question.confidence) / 2, df) * se
    g, low, high = hedges_g(plain, model.df, size, question.confidence)
    sheet.put(row, columns, mean1=mean1, mean2=mean2, estimate=estimate, se=se)
    sheet.put(row, columns, ci_low=estimate - half, ci_high=estimate + half)
    sheet.put(row, columns, statistic=statistic, df=df, df_num=1)
    sheet.put(row, columns, p=2 * stats.t.sf(np.abs(statistic), df))
    sheet.put(row, columns, effect_size=g, effect_size_ci_low=low, effect_size_ci_high=high)
    sheet.put(row, columns, np2=plain**2 / (plain**2 + model.df))


def _any_difference(question: Question, pattern: _Pattern, sheet: Sheet) -> None:
    row = sheet.n_rows - 1
    k = len(pattern.design.groups) - 1
    if k < 1:
        here = np.isin(np.arange(sheet.n_columns), pattern.columns)
        return sheet.blank(row, here, "values in one group only")
    weights = np.zeros((k, len(pattern.model.coefficients)))
    weights[:, 0] = -1
    weights[np.arange(k), np.arange(1, k + 1)] = 1
    cluster = question.cluster[pattern.rows]
    f, df, np2 = f_test(pattern.model, weights, question.robust, cluster)
    p = stats.f.sf(f, k, df)
    return sheet.put(row, pattern.columns, statistic=f, df_num=k, df=df, p=p, np2=np2)
