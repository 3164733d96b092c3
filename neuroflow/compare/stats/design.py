"""The design matrix: one column per group, then centred covariates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import BoolArray, FloatArray, IntArray, as_list, coded

ALWAYS_CATEGORICAL = frozenset({"sex", "site", "session_id", "cohort_id"})
"""Covariates whose numbers, if they have any, are names."""

_TOLERANCE = 1e-9  # of a column's length; what is left below it after projection is rounding


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate, ready to become columns.

    Parameters
    ----------
    name
        The column of the cohort table.
    values
        Numbers, or codes of `levels`, shape (n_studies,); NaN or -1 where missing.
    levels
        The names of the categories; empty for a numeric covariate.
    """

    name: str
    values: FloatArray
    levels: tuple[str, ...] = ()

    @property
    def known(self) -> BoolArray:
        """True for the studies that have a value."""
        return self.values >= 0 if self.levels else np.isfinite(self.values)

    @property
    def term(self) -> str:
        """How the covariate stands in the model's formula."""
        return f"C({self.name})" if self.levels else self.name

    def keep(self, studies: BoolArray) -> Covariate:
        """Return the covariate of some studies only.

        Parameters
        ----------
        studies
            True for each that stays, shape (n_studies,).

        Returns
        -------
        Covariate
            With the same levels.
        """
        return replace(self, values=self.values[studies])

    def columns(self, rows: BoolArray) -> FloatArray:
        """Return the columns for all studies, coded and centred by some of them.

        Parameters
        ----------
        rows
            The studies that settle the mean and the categories, shape (n_studies,).

        Returns
        -------
        ndarray of float, shape (n_studies, n_columns)
            The first category is the baseline. NaN where a study has no value, or a category
            that none of `rows` has.
        """
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
    """A design matrix of full rank.

    Parameters
    ----------
    matrix
        Studies x coefficients. The coefficients of the groups, which come first, are their
        means adjusted to the mean of every covariate.
    groups
        The codes of the groups that have a column, in the order of the columns.
    """

    matrix: FloatArray
    groups: IntArray


def covariate(studies: pd.DataFrame, name: str) -> Covariate:
    """Read one covariate from the table of studies.

    Parameters
    ----------
    studies
        One row per study.
    name
        A column; ``"C(column)"`` reads numbers as categories. `sex`, `site`, `session_id` and
        `cohort_id` are categories whatever they hold.

    Returns
    -------
    Covariate
        Its values or codes.

    Raises
    ------
    OptionError
        The column holds mostly numbers, as text: it could mean numbers or categories.
    """
    plain = column_of(name)
    column = studies[plain]
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number and name == plain and plain not in ALWAYS_CATEGORICAL:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return Covariate(plain, np.where(np.isfinite(numbers), numbers, np.nan))
    codes, levels = coded(column)
    if not levels:
        return Covariate(plain, np.full(len(codes), np.nan))
    if name == plain and plain not in ALWAYS_CATEGORICAL:
        _refuse_written_numbers(plain, levels)
    return Covariate(plain, codes.astype(np.float64), tuple(levels))


def columns_of(covariates: Sequence[str]) -> list[str]:
    """Return the columns that a list of covariates means.

    Parameters
    ----------
    covariates
        As `covariate` takes them, in a list.

    Returns
    -------
    list of str
        Their columns.

    Raises
    ------
    OptionError
        It is one text instead of a list, or holds something that is no name.

    Examples
    --------
    >>> columns_of(["age", "C(scanner)"])
    ['age', 'scanner']
    """
    return [column_of(name) for name in as_list("covariates", covariates)]


def column_of(name: str) -> str:
    """Return the column that a covariate's name means.

    Parameters
    ----------
    name
        ``"age"`` or ``"C(age)"``.

    Returns
    -------
    str
        The name of the column.

    Examples
    --------
    >>> column_of("C(scanner)")
    'scanner'
    """
    wrapped = re.fullmatch(r"C\((.+)\)", name.strip())
    return wrapped[1].strip() if wrapped else name


def build(
    group: IntArray,
    names: Sequence[str],
    covariates: Sequence[Covariate],
    rows: BoolArray,
    between: str = "group",
) -> Design:
    """Build the design matrix of some studies, and check that it can be solved.

    Parameters
    ----------
    group
        Codes of `names`, shape (n_studies,).
    names
        The groups' labels.
    covariates
        Read by `covariate`.
    rows
        The studies to use.
    between
        What the groups are called.

    Returns
    -------
    Design
        Groups and categories without a study have no column.

    Raises
    ------
    CompareError
        A covariate is constant, or cannot be told apart from the groups or other covariates;
        it is named.
    """
    present = np.flatnonzero(np.bincount(group[rows]))
    basis = (group[rows][:, None] == present[None, :]).astype(np.float64)
    blocks = [basis]
    independent = basis / np.sqrt(basis.sum(axis=0))  # no study is in two groups
    before = [between]
    for item in covariates:
        block = item.columns(rows)[rows]
        if _is_empty(block):
            raise CompareError(
                f"{item.name} is the same in all {rows.sum()} studies used.",
                advice=f"Leave {item.name} out of the covariates.",
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


def _refuse_written_numbers(name: str, levels: Sequence[str]) -> None:
    """Refuse ages as texts, if only because one is written "89+": each would be a category."""
    known = pd.to_numeric(pd.Series(levels, dtype=object), errors="coerce").notna().tolist()
    if sum(known) > len(known) / 2:
        others = [
            repr(level) for level, is_number in zip(levels, known, strict=True) if not is_number
        ]
        raise OptionError(
            f"{name} holds numbers that are written as text.",
            why=f"There is {', '.join(others[:3])} among them." if others else "",
            advice=f'Make them numbers with pandas.to_numeric, or write "C({name})" where they '
            "stand for categories.",
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
        f"{item.name} cannot be told apart from {' and '.join(before)}.",
        why=why,
        advice=f"Leave {item.name} out, or compare groups that share its values.",
    )
