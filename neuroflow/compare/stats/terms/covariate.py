"""Covariates: columns of the cohort table, ready to become columns of a design matrix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neuroflow.compare.stats.terms.formula import Factor, parse_terms
from neuroflow.compare.stats.terms.spline import natural_spline
from neuroflow.errors import OptionError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.matrix import BoolArray, FloatArray, IntArray, coded, compact_dates

ALWAYS_CATEGORICAL = frozenset({"sex", "site", "session_id", "cohort_id"})
"""Covariates whose numbers, if they have any, are names."""

_DATE = re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:[T ].*)?")
_MANY = 6  # categories; fewer are a factor, even in the smallest sample


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate, ready to become columns."""

    name: str  # The column of the cohort table, or the columns of an interaction
    values: FloatArray  # Numbers, or codes of `levels`, shape (n_studies,); NaN or -1 where missing
    levels: tuple[str, ...] = ()  # The names of the categories; empty for a numeric covariate
    df: int = 0  # Degrees of freedom of a natural spline of the numbers; 0 for the numbers
    parts: tuple[Covariate, ...] = ()  # What interacts; its own values are then of no importance
    is_group: bool = False  # True for the groups themselves, as part of an interaction
    equal: bool = False  # Means are of equally frequent categories, not of those in the sample

    @property
    def known(self) -> BoolArray:
        """True for the studies that have a value."""
        if self.parts:
            return np.asarray(np.all([part.known for part in self.parts], axis=0))
        return self.values >= 0 if self.levels else np.isfinite(self.values)

    @property
    def term(self) -> str:
        """The covariate as written in the model's formula."""
        if self.parts:
            return ":".join(part.name if part.is_group else part.term for part in self.parts)
        if self.df:
            return f"spline({self.name}, {self.df})"
        return f"C({self.name})" if self.levels else self.name

    def keep(self, studies: BoolArray) -> Covariate:
        """Return the covariate of some studies only."""
        parts = tuple(part.keep(studies) for part in self.parts)
        return replace(self, values=self.values[studies], parts=parts)

    def columns(self, rows: BoolArray) -> FloatArray:
        """Return the columns for all studies, coded and centred by some of them."""
        if self.parts:
            return self._products(rows)
        own = self.values[rows]
        if not self.levels:
            numbers = natural_spline(self.values, own, self.df) if self.df else self.values[:, None]
            # The mean of a curve is not the curve at the mean, at which means are adjusted.
            middle = (
                natural_spline(own.mean(keepdims=True), own, self.df) if self.df else own.mean()
            )
            centred: FloatArray = numbers - middle
            return centred
        present = np.flatnonzero(np.bincount(own.astype(np.intp)))
        is_level = self.values[:, None] == present
        dummies: FloatArray = is_level[:, 1:].astype(np.float64)
        if not self.is_group:
            dummies -= 1 / len(present) if self.equal else dummies[rows].mean(axis=0)
        dummies[~is_level.any(axis=1)] = np.nan
        return dummies

    def present_levels(self, rows: BoolArray) -> list[str]:
        """Return the categories that some studies have, the first of which has no column."""
        return [self.levels[code] for code in np.unique(self.values[rows].astype(int))]

    def _products(self, rows: BoolArray) -> FloatArray:
        """Return the products of the columns of all parts, those of the first part slowest."""
        product = np.ones((len(self.values), 1))
        for part in self.parts:
            block = part.columns(rows)
            product = (product[:, :, None] * block[:, None, :]).reshape(len(product), -1)
        if all(part.levels and not (part.is_group or part.equal) for part in self.parts):
            product = product - product[rows].mean(axis=0)  # of the combinations in the sample
        return product


def read_covariates(
    studies: pd.DataFrame,
    names: str | Sequence[str],
    *,
    # The column that is compared, whose effects the model has already.
    group: Covariate | None = None,
    equal: bool = False,
) -> list[Covariate]:
    """Read covariates from the table of studies; interactions include what they are made of."""
    found: dict[tuple[str, ...], Covariate] = {}
    for term in parse_terms(names):
        for factor in term:
            if group is None or factor.column != group.name:
                single = _read_factor(studies, factor)
                found.setdefault((factor.text,), replace(single, equal=equal))
        if len(term) > 1:
            parts = [
                group
                if group is not None and factor.column == group.name
                else found[(factor.text,)]
                for factor in term
            ]
            parts.sort(key=lambda part: not part.is_group)
            name = ":".join(part.name for part in parts)
            values = np.zeros(len(studies))
            found[tuple(factor.text for factor in term)] = Covariate(
                name, values, parts=tuple(parts)
            )
    return list(found.values())


def read_covariate(studies: pd.DataFrame, name: str) -> Covariate:
    """Read one covariate, of one column, from the table of studies."""
    (term,) = parse_terms(name)
    (factor,) = term
    return _read_factor(studies, factor)


def _read_factor(studies: pd.DataFrame, factor: Factor) -> Covariate:
    name, plain = factor.text, factor.column
    column = studies[plain]
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number and not factor.category and (factor.df or plain not in ALWAYS_CATEGORICAL):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if compact_dates(numbers) is not None:
            raise _refused_dates(plain)
        return _numeric(factor, np.where(np.isfinite(numbers), numbers, np.nan))
    codes, levels = coded(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        raise _refused_dates(plain)
    if not factor.category and not is_number:
        _refuse_dates(plain, levels)
    if not levels:
        return Covariate(plain, np.full(len(codes), np.nan))
    if factor.df:
        raise OptionError(
            f"{name} needs numbers, and the column {plain!r} has texts.",
            advice=f"Use {plain} alone, or a column of numbers.",
            about="covariates",
        )
    if name == plain and plain not in ALWAYS_CATEGORICAL:
        _refuse_written_numbers(plain, levels)
    _check_levels(plain, codes, levels)
    return Covariate(plain, codes.astype(np.float64), tuple(levels))


def _numeric(factor: Factor, numbers: FloatArray) -> Covariate:
    different = len(np.unique(numbers[np.isfinite(numbers)]))
    if factor.df and different < factor.df + 2:
        raise OptionError(
            f"{factor.text} needs at least {factor.df + 2} different values; the column "
            f"{factor.column!r} has {different}.",
            advice=f"Use {factor.column} alone, or fewer degrees of freedom.",
            about="covariates",
        )
    return Covariate(factor.column, numbers, df=factor.df)


def read_score(studies: pd.DataFrame, name: str) -> Covariate:
    """Read a column of numbers from the table of studies; refuse any other."""
    column = read_covariate(studies, name)
    if column.levels:
        raise OptionError(
            f"The column {name!r} does not contain numbers.",
            advice="Choose a column of numbers.",
            about="covariates",
        )
    return column


def are_dates(levels: Sequence[str]) -> bool:
    """Return whether most of the labels of a column are dates.

    >>> are_dates(["2024-05-31", "20240601", "unknown"]), are_dates(["A", "B"])
    (True, False)
    """
    return sum(_DATE.fullmatch(level) is not None for level in levels) > len(levels) / 2


def _refuse_dates(name: str, levels: Sequence[str]) -> None:
    """Refuse dates, of which each would be a category."""
    if are_dates(levels):
        raise _refused_dates(name)


def _refused_dates(name: str) -> OptionError:
    return OptionError(
        f"The covariate {name!r} has dates; each would be a category of its own.",
        advice=Wording(
            "Adjust for the years since the first: "
            f'table["years"] = (pd.to_datetime(table["{name}"]) - '
            f'pd.to_datetime(table["{name}"]).min()).dt.days / 365.25.',
            cli=f"Add a column with years since the first {name} to the table.",
            form=f"Add a column with years since the first {name} to participants.tsv.",
        ),
        about="covariates",
    )


def _check_levels(name: str, codes: IntArray, levels: Sequence[str]) -> None:
    """Refuse or warn of categories that are almost as many as the studies."""
    known = int((codes >= 0).sum())
    if len(levels) < _MANY:
        return
    if len(levels) > known / 2:
        raise OptionError(
            f"The covariate {name!r} has {len(levels)} categories among {known} studies.",
            why="Each takes a study to estimate, and few are left to compare.",
            advice="Choose a column with fewer categories, or merge some of them.",
            about="covariates",
        )
    if len(levels) > known / 5:
        warn_user(
            f"The covariate {name!r} has {len(levels)} categories among {known} studies: each "
            "takes a study to estimate, and differences between groups may get lost.",
            ResultWarning,
        )


def _refuse_written_numbers(name: str, levels: Sequence[str]) -> None:
    """Refuse ages as texts, if only because one is written "89+": each would be a category."""
    known = pd.to_numeric(pd.Series(levels, dtype=object), errors="coerce").notna().tolist()
    if sum(known) > len(known) / 2:
        others = [
            repr(level) for level, is_number in zip(levels, known, strict=True) if not is_number
        ]
        raise OptionError(
            f"The column {name!r} has numbers that are stored as text.",
            why=f"Not all of them are numbers: {', '.join(others[:3])}." if others else "",
            advice=Wording(
                f'Convert them with pandas.to_numeric, or use "C({name})" if they are categories.',
                cli=f'Correct the column, or use "C({name})" if they are categories.',
                form=f"Correct the column {name} in participants.tsv.",
            ),
            about="covariates",
        )
