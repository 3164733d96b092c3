"""Cells of tables of people: ages, sexes, groups and scores as they are written in practice.

A cell that cannot be read is missing and reported; it never refuses the table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from neuroflow.io.numbers import is_number, other_mark
from neuroflow.io.text import TextTable

_SEXES = {
    **dict.fromkeys(("m", "male", "man", "männlich", "maennlich", "homme", "masculin"), "M"),
    **dict.fromkeys(("h", "hombre", "varón", "varon", "masculino"), "M"),
    **dict.fromkeys(("f", "female", "woman", "w", "weiblich", "femme", "féminin"), "F"),
    **dict.fromkeys(("feminin", "mujer", "femenino"), "F"),
    **dict.fromkeys(("o", "other", "d", "divers"), "O"),
}
_AGE = re.compile(r"0*(?P<number>\d{1,3}(?:\.\d+)?)\s*(?P<unit>[dwmy]?)(?:r|rs|ears?|ahre)?", re.I)
_CAPPED = re.compile(r"(?P<number>(89|90))\s*\+|(>=?|≥)\s*(?P<above>89|90)")
_UNITS = {"d": 365.25, "w": 365.25 / 7, "m": 12.0, "y": 1.0, "": 1.0}
_OLDEST = 130.0
_NOT_DONE = frozenset(
    {"n.d.", "nd", "n.d", "k.a.", "k.a", "ka", "?", "--", "x", "not done", "unknown", "missing"}
)
_CODES = frozenset({"-99", "-999", "-9999", "-99999"})
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # 007 is a label
_MOST_BAD = 0.1  # of the cells of a column of numbers
_SHOWN = 5


def read_sex(text: str) -> str | None:
    """Return M, F or O for a word that means it, in several languages; None for another."""
    return _SEXES.get(text.strip().casefold())


@dataclass(slots=True)
class Remarks:
    """What was changed or left out while a table of people was read."""

    text: TextTable
    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, cell: str, row: int) -> None:
        """Record one cell."""
        self.found.setdefault(what, []).append(f"{cell!r} in line {self.text.lines[row]}")

    def sentences(self) -> list[str]:
        """Return one sentence per kind, with the file, counts and lines."""
        return [
            f"{self.text.path.name}: {what} ({len(cells)}): {', '.join(cells[:_SHOWN])}"
            + ", ..." * (len(cells) > _SHOWN)
            for what, cells in self.found.items()
        ]


def ages(
    text: TextTable, values: Sequence[str | None], remarks: Remarks, *, in_months: bool = False
) -> pd.Series:
    """Read ages in years: 61, 61.5, 061Y, 18M, and 89+ or >89 as 90."""
    found = []
    for row, value in enumerate(values):
        years = math.nan
        if value is not None:
            cell = text.with_point(value)
            match, capped = _AGE.fullmatch(cell), _CAPPED.fullmatch(cell)
            if capped:
                years = 90.0
                remarks.add("ages above 89 read as 90", value, row)
            elif match:
                unit = match["unit"].lower() or ("m" if in_months else "")
                years = float(match["number"]) / _UNITS[unit]
            elif cell not in _CODES and cell.casefold() not in _NOT_DONE:
                years = other_mark(value, text.decimal)
            if not 0 <= years <= _OLDEST:
                years = math.nan
                remarks.add("ages that cannot be read, taken as missing", value, row)
        found.append(years)
    return pd.Series(found, dtype="float64")


def sexes(
    values: Sequence[str | None], remarks: Remarks, levels: Mapping[str, str] | None = None
) -> pd.Series:
    """Read M, F and O in their usual words, and codes that `levels` explain."""
    words = {code.casefold(): _SEXES.get(word.casefold()) for code, word in (levels or {}).items()}
    given = {value.casefold() for value in values if value is not None} - set(words)
    unclear = {"h", "m"} if given >= {"h", "m"} else set()  # in Spanish, m is mujer then
    found = []
    for row, value in enumerate(values):
        sex = None
        if value is not None:
            sex = words.get(value.casefold()) or _SEXES.get(value.casefold())
            if value.casefold() in unclear:
                sex = None
                remarks.add("sexes H and M, where M may be mujer: write M and F", value, row)
            elif sex is None:
                hint = "; define codes in participants.json" if value.isdigit() else ""
                remarks.add(f"sexes that cannot be read, taken as missing{hint}", value, row)
        found.append(sex)
    return pd.Series(found, dtype=None if any(found) else object)


def labels(
    values: Sequence[str | None], remarks: Remarks, levels: Mapping[str, str] | None = None
) -> list[str | None]:
    """Return labels; those that differ in case and blanks only become the most frequent one."""
    given = [None if v is None else (levels or {}).get(v, " ".join(v.split())) for v in values]
    counts = Counter(value for value in given if value is not None)
    best: dict[str, str] = {}
    for name, _ in counts.most_common():
        best.setdefault(fold(name), name)
    for row, value in enumerate(given):
        if value is not None and best[fold(value)] != value:
            remarks.add(f"group labels read as {best[fold(value)]}", value, row)
    return [None if value is None else best[fold(value)] for value in given]


def fold(label: str) -> str:
    """Return a label without its case, and with one blank for blanks, ``_`` and ``-``."""
    return re.sub(r"[\s_-]+", " ", label).strip().casefold()


def column(text: TextTable, name: str, values: Sequence[str | None], remarks: Remarks) -> pd.Series:
    """Make numbers of a column that holds numbers, but for few cells, which become missing."""
    written = [None if value is None else text.with_point(value) for value in values]
    given = [cell for cell in written if cell is not None]
    is_good = [bool(_NUMBER.fullmatch(cell)) for cell in given]
    codes = [cell in _CODES or cell.casefold() in _NOT_DONE for cell in given]
    others = [
        not good and not code and math.isnan(_other(cell, text.decimal))
        for cell, good, code in zip(given, is_good, codes, strict=True)
    ]
    are_labels = any(cell.isdigit() and not _NUMBER.fullmatch(cell) for cell in given)  # 007
    if not any(is_good) or are_labels or sum(others) > _MOST_BAD * len(given):
        return pd.Series(list(values), dtype=object if not given else None)
    if sum(others) and len(given) < 10:
        return pd.Series(list(values))
    numbers = []
    for row, cell in enumerate(written):
        number = math.nan
        if cell is not None and cell not in _CODES:
            number = float(cell) if _NUMBER.fullmatch(cell) else _other(cell, text.decimal)
        if cell is not None and math.isnan(number):
            remarks.add(f"cells of {name} that are not numbers, taken as missing", cell, row)
        numbers.append(number)
    return pd.Series(numbers)


def _other(cell: str, decimal: str) -> float:
    return other_mark(cell, decimal) if is_number(cell) else math.nan
