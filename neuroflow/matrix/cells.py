"""The cohort table as a matrix: studies x (region, hemisphere, metric)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

REGION_COLUMNS = ("region", "region_name", "kind", "system", "hemisphere", "metric")
DIAGNOSES = ("Control", "PD", "MSA", "PSP")
"""The order of the diagnostic groups, the same in every table and figure."""

_ALIASES = {
    "control": "Control",
    "controls": "Control",
    "healthy": "Control",
    "healthy control": "Control",
    "hc": "Control",
    "cn": "Control",
    "msap": "MSA",
    "msa-p": "MSA",
} | {name.casefold(): name for name in DIAGNOSES}


@dataclass(frozen=True, slots=True)
class Cells:
    """A cohort table as a matrix.

    Parameters
    ----------
    studies
        One row per study: its id, group, covariates.
    columns
        One row per column of `values`: `REGION_COLUMNS`.
    values
        Studies x columns, NaN where missing.
    """

    studies: pd.DataFrame
    columns: pd.DataFrame
    values: FloatArray

    def keep(self, studies: BoolArray) -> Cells:
        """Return the cells of some studies only.

        Parameters
        ----------
        studies
            True for each row that stays, shape (n_studies,).

        Returns
        -------
        Cells
            The same columns, fewer rows.
        """
        rows = self.studies.loc[studies].reset_index(drop=True)
        return replace(self, studies=rows, values=self.values[studies])


def diagnosis(group: str) -> str:
    """Return the diagnostic group a label stands for, or the label itself.

    Parameters
    ----------
    group
        A label as written in participants.tsv.

    Returns
    -------
    str
        One of `DIAGNOSES` where the label is known.

    Examples
    --------
    >>> diagnosis("HC"), diagnosis("MSAp"), diagnosis("ET")
    ('Control', 'MSA', 'ET')
    """
    return _ALIASES.get(group.strip().casefold(), group)


def group_order(groups: Iterable[str]) -> list[str]:
    """Put group labels into the order used everywhere: diagnoses first, then by alphabet.

    Parameters
    ----------
    groups
        Labels, in any order, with or without repetition.

    Returns
    -------
    list of str
        Each label once.

    Examples
    --------
    >>> group_order(["PSP", "ET", "Control", "PD", "PD"])
    ['Control', 'PD', 'PSP', 'ET']
    """
    rank = {name: place for place, name in enumerate(DIAGNOSES)}
    return sorted(set(groups), key=lambda g: (rank.get(diagnosis(g), len(rank)), g.casefold(), g))


def labels(column: pd.Series) -> pd.Series:
    """Return a column as strings, with None where it is missing or blank.

    Parameters
    ----------
    column
        Any column: text, categories, numbers.

    Returns
    -------
    Series
        Of dtype object.
    """
    return pd.Series(texts(column.array), index=column.index, dtype=object)


def texts(values: ExtensionArray) -> list[str | None]:
    """Return the values of a column as strings, None where they are missing or blank.

    Parameters
    ----------
    values
        What ``column.array`` gives.

    Returns
    -------
    list of str or None
        Without blanks around them.
    """
    if isinstance(values, pd.Categorical):
        known = np.array([*texts(values.categories.array), None], dtype=object)
        taken: list[str | None] = known[values.codes].tolist()  # the code of missing is -1
        return taken
    pairs = zip(values.tolist(), values.isna().tolist(), strict=True)
    return [None if missing else str(value).strip() or None for value, missing in pairs]


def coded(column: pd.Series) -> tuple[IntArray, list[str]]:
    """Return the labels of a column as numbers.

    Parameters
    ----------
    column
        Any column: text, categories, numbers.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Places in `names`, -1 where the label is missing or blank.
    names : list of str
        The labels that there are, by alphabet.

    Examples
    --------
    >>> codes, names = coded(pd.Series(["PSP", "Control", " PSP ", ""]))
    >>> codes.tolist(), names
    ([1, 0, 1, -1], ['Control', 'PSP'])
    """
    codes, values = raw_codes(column)
    known = texts(values.array)
    there = np.bincount(codes + 1, minlength=len(known) + 1)[1:].tolist()  # without missing ones
    names = sorted({text for text, n in zip(known, there, strict=True) if n and text is not None})
    place = {name: code for code, name in enumerate(names)}
    places = [-1 if text is None else place.get(text, -1) for text in known]
    return np.array([*places, -1], dtype=np.intp)[codes], names


def raw_codes(column: pd.Series) -> tuple[npt.NDArray[np.integer[Any]], pd.Index]:
    """Return a number for each different value of a column, -1 where it is missing.

    Parameters
    ----------
    column
        Any column; the codes of categories are taken as they are.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Places in `values`.
    values : Index
        Of categories also those that no row has.
    """
    if isinstance(column.array, pd.Categorical):
        return column.array.codes, column.array.categories
    codes, values = pd.factorize(column)
    return codes, pd.Index(values)


def moments(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return number, mean and variance of every column, missing values left out.

    Parameters
    ----------
    values
        n x m, NaN where missing.

    Returns
    -------
    n, mean, variance : ndarray of float, shape (m,)
        NaN where there are no values, or one only for the variance.
    """
    present = np.isfinite(values)
    n = present.sum(axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0).sum(axis=0) / n
        squares = (np.where(present, values - mean, 0) ** 2).sum(axis=0)
        return n, mean, np.where(n > 1, squares / (n - 1), np.nan)
