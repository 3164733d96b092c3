"""Make a table fit to leave this computer: labels that join, no path, no formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from neuroflow.errors import ResultWarning, Wording
from neuroflow.escaping import for_cell, without_paths
from neuroflow.events import warn_user
from neuroflow.io import BIDS_LABELS

_PREFIXES = {"participant_id": "sub-", "session_id": "ses-"}
_WITH_PATHS = ("report", "picture", "warnings", "failure", "reason")
_PATH_ALONE = re.compile(r"(?:~|[A-Za-z]:)?[\\/]{1,2}(?:[^\\/\n]+[\\/])+[^\\/\n]*")
_HOME = str(Path.home())
_CHANGED_BY_EXCEL = re.compile(r"0\d+|\d{16,}|\d+[eE]\d+")


def portable(
    table: pd.DataFrame, *, bids_labels: bool | None = None, as_text: bool = False
) -> pd.DataFrame:
    """Return a table without paths of this computer, and with the labels that others join by."""
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    attrs = dict(table.attrs)
    came_with_prefixes = bool(attrs.pop(BIDS_LABELS, False))
    given = _mapped(table, without_paths, [name for name in _WITH_PATHS if name in table])
    given = _mapped(given, _without_path_alone)
    for name, prefix in _PREFIXES.items():
        is_unsafe = as_text and name in given and _number_like(given[name])
        wanted = came_with_prefixes or is_unsafe if bids_labels is None else bids_labels
        if name in given and wanted:
            given[name] = _with_prefix(given[name], prefix)
    given.attrs = {name: _without_paths(value) for name, value in attrs.items()}
    return given


def cells_for_text(table: pd.DataFrame) -> pd.DataFrame:
    """Clean all texts of a table for CSV or TSV: no formula, nothing invisible.

    >>> cells_for_text(pd.DataFrame({"=1": ["@SUM(A1)", "-0.5"]})).to_dict("list")
    {"'=1": ["'@SUM(A1)", '-0.5']}
    """
    return _mapped(table, for_cell).rename(columns=lambda name: for_cell(str(name)))


def warn_of_excel(table: pd.DataFrame, path: Path) -> None:
    """Warn of texts that spreadsheets take for numbers when they open CSV or TSV: 001 is 1."""
    changed: dict[str, str] = {}
    for name in map(str, table):
        if found := _number_like(table[name]):
            changed[name] = found
    if changed:
        named = ", ".join(f"{name} ({value})" for name, value in changed.items())
        warn_user(
            Wording.sentences(
                f"{path.name}: Excel and pandas take texts for numbers in {named}; leading zeros "
                "are lost.",
                Wording(
                    "Write .xlsx or .parquet, or labels with sub- and ses-: bids_labels=True.",
                    cli="Write .xlsx or .parquet, or labels with sub- and ses-: --bids-labels.",
                    form="Use the .xlsx or .parquet file.",
                ),
            ),
            ResultWarning,
        )


def _number_like(column: pd.Series | pd.DataFrame) -> str | None:
    """Return a text of a column that spreadsheets would change."""
    if isinstance(column, pd.DataFrame) or pd.api.types.is_numeric_dtype(column.dtype):
        return None
    texts = (value for value in column.unique() if isinstance(value, str))
    return next((text for text in texts if _CHANGED_BY_EXCEL.fullmatch(text.strip())), None)


def _with_prefix(column: pd.Series, prefix: str) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        new = [_prefixed(label, prefix) for label in column.cat.categories]
        if len(set(new)) == len(new):
            return column.cat.rename_categories(new)
        column = column.astype(object)
    return column.map(lambda label: _prefixed(label, prefix), na_action="ignore")


def _prefixed(label: object, prefix: str) -> object:
    text = str(label)
    return text if not text or text.startswith(prefix) else f"{prefix}{text}"


def _without_path_alone(text: str) -> str:
    return without_paths(text) if _PATH_ALONE.fullmatch(text) or _HOME in text else text


def _without_paths(value: object) -> object:
    if isinstance(value, str):
        return without_paths(value)
    if isinstance(value, Path):
        return value.name
    if isinstance(value, (list, tuple)):
        return [_without_paths(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_paths(each) for name, each in value.items()}
    return value


def _mapped(
    table: pd.DataFrame, clean: Callable[[str], str], names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Change the texts of some columns; of all without `names`. Each text is cleaned once."""
    changed = table.copy(deep=False)
    for name in table.columns if names is None else names:
        column = table[name]
        if isinstance(column, pd.DataFrame) or pd.api.types.is_numeric_dtype(column.dtype):
            continue
        texts = [each for each in column.unique() if isinstance(each, (str, Path))]
        new = {each: cleaned for each in texts if (cleaned := clean(str(each))) != each}
        if new:
            changed[name] = column.astype(object).map(lambda each, new=new: _instead(each, new))
    return changed


def _instead(value: object, new: Mapping[object, str]) -> object:
    return new.get(value, value) if isinstance(value, (str, Path)) else value
