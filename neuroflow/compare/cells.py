"""The cohort table as a matrix: studies x (region, hemisphere, metric)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = labels(column.cat.categories.to_series()).tolist()
        taken = np.array([*known, None], dtype=object)[column.cat.codes]
        return pd.Series(taken, index=column.index, dtype=object)
    pairs = zip(column.tolist(), column.isna().tolist(), strict=True)
    texts = [None if missing else str(value).strip() or None for value, missing in pairs]
    return pd.Series(texts, index=column.index, dtype=object)
