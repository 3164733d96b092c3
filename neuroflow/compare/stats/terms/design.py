"""The design matrix: one column per group, then centred covariates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, OptionError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.matrix import BoolArray, FloatArray, IntArray, as_list, coded, compact_dates

ALWAYS_CATEGORICAL = frozenset({"sex", "site", "session_id", "cohort_id"})
"""Covariates whose numbers, if they have any, are names."""

_MANY = 6  # categories; fewer are a factor, even in the smallest sample
_TOLERANCE = 1e-9  # of a column's length; what is left below it after projection is rounding


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate, ready to become columns."""

    name: str  # The column of the cohort table
    values: FloatArray  # Numbers, or codes of `levels`, shape (n_studies,); NaN or -1 where missing
    levels: tuple[str, ...] = ()  # The names of the categories; empty for a numeric covariate

    @property
    def known(self) -> BoolArray:
        """True for the studies that have a value."""
        return self.values >= 0 if self.levels else np.isfinite(self.values)

    @property
    def term(self) -> str:
        """The covariate as written in the model's formula."""
        return f"C({self.name})" if self.levels else self.name

    def keep(self, studies: BoolArray) -> Covariate:
        """Return the covariate of some studies only."""
        return replace(self, values=self.values[studies])

    def columns(self, rows: BoolArray) -> FloatArray:
        """Return the columns for all studies, coded and centred by some of them."""
        own = self.values[rows]
        if not self.levels:
            centred: FloatArray = self.values - own.mean()
            return centred[:, None]
        present = np.flatnonzero(np.bincount(own.astype(np.intp)))
        is_level = self.values[:, None] == present
        dummies: FloatArray = is_level[:, 1:].astype(np.float64)
        dummies -= dummies[rows].mean(axis=0)
        dummies[~is_level.any(axis=1)] = np.nan
        return dummies


@dataclass(frozen=True, slots=True)
class Design:
    """A design matrix of full rank."""

    # Studies x coefficients. The coefficients of the groups, which come first, are their means
    # adjusted to the mean of every covariate.
    matrix: FloatArray
    groups: IntArray  # The codes of the groups that have a column, in the order of the columns


def read_covariates(studies: pd.DataFrame, names: str | Sequence[str]) -> list[Covariate]:
    """Read one covariate or several from the table of studies."""
    return [read_covariate(studies, name) for name in as_list("covariates", names)]


def read_covariate(studies: pd.DataFrame, name: str) -> Covariate:
    """Read one covariate from the table of studies."""
    plain = column_of(name)
    column = studies[plain]
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number and name == plain and plain not in ALWAYS_CATEGORICAL:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if compact_dates(numbers) is not None:
            _refuse_dates(plain, pd.Series(dtype="datetime64[ns]"), meant=False)
        return Covariate(plain, np.where(np.isfinite(numbers), numbers, np.nan))
    _refuse_dates(plain, column, name != plain)
    codes, levels = coded(column)
    if not levels:
        return Covariate(plain, np.full(len(codes), np.nan))
    if name == plain and plain not in ALWAYS_CATEGORICAL:
        _refuse_written_numbers(plain, levels)
    _check_levels(plain, codes, levels)
    return Covariate(plain, codes.astype(np.float64), tuple(levels))


def read_score(studies: pd.DataFrame, name: str) -> Covariate:
    """Read a column of numbers from the table of studies; refuse any other."""
    column = read_covariate(studies, name)
    if column.levels:
        raise OptionError(
            f"The column {name!r} does not contain numbers.", advice="Choose a column of numbers."
        )
    return column


def covariate_columns(covariates: str | Sequence[str]) -> list[str]:
    """Return the columns that one covariate or a list of them means.

    Examples
    --------
    >>> covariate_columns(["age", "C(scanner)"]), covariate_columns("age")
    (['age', 'scanner'], ['age'])
    """
    return [column_of(name) for name in as_list("covariates", covariates)]


def column_of(name: str) -> str:
    """Return the column that a covariate's name means.

    Examples
    --------
    >>> column_of("C(scanner)")
    'scanner'
    """
    wrapped = re.fullmatch(r"C\((.+)\)", name.strip())
    return wrapped[1].strip() if wrapped else name


def build_design(
    group: IntArray,
    names: Sequence[str],
    covariates: Sequence[Covariate],
    rows: BoolArray,
    by: str = "group",
) -> Design:
    """Build the design matrix of some studies, and check that it can be solved."""
    present = np.flatnonzero(np.bincount(group[rows]))
    basis = (group[rows][:, None] == present[None, :]).astype(np.float64)
    blocks = [basis]
    independent = basis / np.sqrt(basis.sum(axis=0))  # no study is in two groups
    before = [by]
    for item in covariates:
        block = item.columns(rows)[rows]
        if _is_empty(block):
            raise CompareError(
                f"The covariate {item.name} is the same in all {rows.sum()} studies used.",
                advice=f"Remove {item.name} from the covariates.",
            )
        length = np.linalg.norm(block, axis=0)
        rest = block - independent @ (independent.T @ block)
        rest -= independent @ (independent.T @ rest)  # twice is enough (Kahan), once is not
        left, sizes, _ = np.linalg.svd(rest / length, full_matrices=False)
        if sizes.min() < _TOLERANCE:
            raise _confounded(item, group, names, before, rows)
        independent = np.hstack([independent, left])
        blocks.append(block)
        before.append(item.name)
    return Design(np.hstack(blocks), present)


def _refuse_dates(name: str, column: pd.Series, meant: bool) -> None:
    """Refuse dates, of which each would be a category, as dates, texts or numbers."""
    found = pd.api.types.is_datetime64_any_dtype(column)
    if not found and not meant and not pd.api.types.is_numeric_dtype(column):
        texts = pd.Series(column.dropna().unique()).astype(str)
        dates = texts.str.fullmatch(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:[T ].*)?")
        found = len(texts) > 0 and bool(dates.mean() > 0.5)
    if found:
        raise OptionError(
            f"The covariate {name!r} has dates; each would be a category of its own.",
            advice=Wording(
                "Adjust for the years since the first: "
                f'table["years"] = (pd.to_datetime(table["{name}"]) - '
                f'pd.to_datetime(table["{name}"]).min()).dt.days / 365.25.',
                cli=f"Add a column with years since the first {name} to the table.",
                form=f"Add a column with years since the first {name} to participants.tsv.",
            ),
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
            advice="Choose a column with fewer categories, or join some of them.",
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
        )


def _is_empty(block: FloatArray) -> bool:
    return block.shape[1] == 0 or bool((np.ptp(block, axis=0) == 0).any())


def _confounded(
    item: Covariate, group: IntArray, names: Sequence[str], before: list[str], rows: BoolArray
) -> CompareError:
    why = ""
    if item.levels and len(np.unique(group[rows])) > 1:
        values = item.values[rows].astype(int)
        alone = [
            f"every study of {item.levels[level]} is {names[members[0]]}"
            for level in np.unique(values)
            if len(members := np.unique(group[rows][values == level])) == 1
        ]
        why = f"{'; '.join(alone[:3])}.".replace("every", "Every", 1) if alone else ""
    return CompareError(
        f"The effect of {item.name} cannot be separated from that of {' and '.join(before)}.",
        why=why,
        advice=f"Remove {item.name} from the covariates, or compare groups that share its values.",
    )
