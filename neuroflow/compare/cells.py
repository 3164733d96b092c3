"""The cohort table as a matrix: studies x (region, hemisphere, metric)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import OptionError, TableError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

KEY = ("region", "hemisphere", "metric")
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
    texts = [None if pd.isna(value) else str(value).strip() for value in column.tolist()]
    return pd.Series([text or None for text in texts], index=column.index, dtype=object)


def read_cells(
    table: pd.DataFrame, *, metric: str | Sequence[str] | None = None, needed: Sequence[str] = ()
) -> Cells:
    """Turn the long cohort table into a matrix.

    Parameters
    ----------
    table
        The cohort table: at least `study_id`, `region`, `metric`, `value`.
    metric
        One metric, several, or None for all.
    needed
        Columns that describe a study (group, covariates); each must have one value per study.

    Returns
    -------
    Cells
        Studies and columns in the order of their first row in the table.

    Raises
    ------
    TableError
        A column is missing, a value is not a number, or a study has two values for one region.
    OptionError
        The table does not have this metric.
    """
    _require(table, ("study_id", "region", "metric", "value", *needed))
    rows = table if metric is None else _of_metric(table, metric)
    if rows.empty:
        raise TableError(
            "The cohort table has no rows.", advice="Collect results first, or read another folder."
        )
    study_code, study_ids = pd.factorize(rows["study_id"])
    if (study_code < 0).any():
        raise TableError("The cohort table has rows without a study_id.")
    column_code, columns = _columns(rows)
    values = _matrix(rows, study_code, column_code, (len(study_ids), len(columns)), study_ids)
    known = ("participant_id", "session_id", "cohort_id", "age")
    kept = dict.fromkeys(["study_id", *needed, *(name for name in known if name in rows)])
    first = _firsts(study_code, len(study_ids))
    studies = rows.iloc[first][list(kept)].reset_index(drop=True)
    for name in needed:
        _one_per_study(rows[name], study_code, first, name, study_ids)
    return Cells(studies, columns, values)


def _require(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(names) if name not in table.columns]
    if missing:
        raise TableError(
            f"The table has no column {', '.join(missing)}.",
            why=f"It has {', '.join(map(str, table.columns))}.",
            advice="Take the table that read_results or Workspace.table returns; "
            "groups and covariates come from participants.tsv.",
        )


def _of_metric(table: pd.DataFrame, metric: str | Sequence[str]) -> pd.DataFrame:
    wanted = [metric] if isinstance(metric, str) else list(metric)
    present = [str(name) for name in table["metric"].dropna().unique()]
    if unknown := [name for name in wanted if name not in present]:
        raise OptionError(
            f"The table has no metric {', '.join(unknown)}.", advice=f"It has {', '.join(present)}."
        )
    return table[table["metric"].isin(wanted)]


def _columns(rows: pd.DataFrame) -> tuple[IntArray, pd.DataFrame]:
    code = np.zeros(len(rows), dtype=np.intp)
    for name in KEY:
        if name in rows:
            codes, found = pd.factorize(rows[name])
            code = code * (len(found) + 1) + codes + 1
    column_code, found_codes = pd.factorize(code)
    first = _firsts(column_code, len(found_codes))
    rows = rows.iloc[first]
    texts = {name: labels(rows[name]).tolist() for name in REGION_COLUMNS if name in rows}
    names = texts.get("region_name", texts["region"])
    texts["region_name"] = [
        name or region for name, region in zip(names, texts["region"], strict=True)
    ]
    for name in ("kind", "system", "hemisphere"):
        texts[name] = [text or "" for text in texts.get(name, [""] * len(rows))]
    return column_code, pd.DataFrame({name: texts[name] for name in REGION_COLUMNS})


def _firsts(codes: IntArray, n: int) -> IntArray:
    """Return where each code stands first; of repeated places the last one written stays."""
    first = np.zeros(n, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def _matrix(
    rows: pd.DataFrame,
    study: IntArray,
    column: IntArray,
    shape: tuple[int, int],
    study_ids: pd.Index,
) -> FloatArray:
    try:
        numbers = rows["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TableError(
            "The column value holds something that is not a number.", why=f"{error}."
        ) from error
    place = study * shape[1] + column
    if (np.bincount(place, minlength=1) > 1).any():
        repeated = pd.Series(place).duplicated().to_numpy().argmax()
        raise TableError(
            f"There are two values of {rows['region'].iloc[repeated]} "
            f"({rows['metric'].iloc[repeated]}).",
            advice="Keep one row per study, region, hemisphere and metric.",
            study_id=str(study_ids[study[repeated]]),
        )
    matrix = np.full(shape[0] * shape[1], np.nan)
    matrix[place] = np.where(np.isfinite(numbers), numbers, np.nan)
    return matrix.reshape(shape)


def _one_per_study(
    column: pd.Series, study: IntArray, first: IntArray, name: str, study_ids: pd.Index
) -> None:
    codes = pd.factorize(column)[0]
    differs = codes != codes[first][study]
    if differs.any():
        raise TableError(
            f"The column {name} has more than one value.",
            advice="Groups and covariates must be the same in all rows of a study.",
            study_id=str(study_ids[study[differs.argmax()]]),
        )
