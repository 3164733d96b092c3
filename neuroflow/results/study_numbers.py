"""Numbers in place of the ids of studies, for tables that others receive."""

from __future__ import annotations

import re

import pandas as pd

_DIGITS = 4


class StudyNumbers:
    """Replaces the ids of studies by numbers, the same ones in several tables.

    An id is the same in every workspace of an account, so it links tables of different projects.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with numbers, also in texts that name a study, such as paths."""
        for study_id in table["study_id"].astype(str).unique():
            number = f"study_{len(self._numbers) + 1:0{_DIGITS}}"
            self._numbers.setdefault(study_id, number)
        longest_first = sorted(self._numbers, key=len, reverse=True)
        pattern = re.compile("|".join(re.escape(study_id) for study_id in longest_first))
        texts = [name for name in table if _is_text(table[name]) and name != "study_id"]
        changed = {str(name): self._in_texts(table[name], pattern) for name in texts}
        ids = table["study_id"].astype(str).map(self._numbers)
        return table.assign(study_id=ids, **changed)

    def _in_texts(self, column: pd.Series, pattern: re.Pattern[str]) -> pd.Series:
        found = {
            value: pattern.sub(lambda match: self._numbers[match.group()], value)
            for value in column.dropna().unique()
            if isinstance(value, str)
        }
        changed = {old: new for old, new in found.items() if old != new}
        if not changed:
            return column
        return column.astype(object).map(lambda value: changed.get(value, value))


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))
