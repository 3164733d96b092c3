"""Read numbers as tables write them: decimal point or comma, per cent, signs for missing values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".", "missing"})
"""What stands for no value, case folded (BIDS writes ``n/a``)."""

_POINT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?")
_PERCENT = re.compile(r"(?P<number>[+-]?[0-9]+([.,][0-9]*)?)\s*%")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")  # 1,234 may be either
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+")
_SWAPPED = str.maketrans(",.", ".,")
_PLAIN = str.maketrans("", "", "0123456789.eE+-")


def is_missing(text: str) -> bool:
    """Check whether a cell stands for no value."""
    return text.casefold() in MISSING


def is_number(text: str) -> bool:
    """Check whether a cell is a number, with a decimal point or comma."""
    return bool(_POINT.fullmatch(text) or _COMMA.fullmatch(text) or _PERCENT.fullmatch(text))


def decimal_mark(cells: Iterable[str]) -> str:
    """Return the decimal mark that most cells use; a point where none shows it."""
    points = commas = 0
    for cell in cells:
        points += "." in cell
        commas += "," in cell
    return "," if commas > points else "."


def to_floats(cells: Sequence[str], decimal: str) -> list[float]:
    """Read cells as numbers; NaN where a cell is none."""
    if decimal == "." and not "".join(cells).translate(_PLAIN):
        try:
            values = list(map(float, cells))
        except ValueError:  # an empty cell, or 1.2.3
            pass
        else:
            if math.isfinite(sum(values)):
                return values
    return [_to_float(cell, decimal) for cell in cells]


def other_mark(cell: str, decimal: str) -> float:
    """Read a number with another decimal mark than its table, or with marks of thousands.

    NaN where it may be either: 1,234 in a table with decimal points.
    """
    if decimal == ",":
        cell = cell.translate(_SWAPPED)
    if _GROUPED.fullmatch(cell):
        return float(cell.replace(",", ""))
    if _THOUSANDS.fullmatch(cell) or not _COMMA.fullmatch(cell):
        return math.nan
    return _to_float(cell, ",")


def _to_float(cell: str, decimal: str) -> float:
    if cell.endswith("%") and (percent := _PERCENT.fullmatch(cell)):
        return _to_float(f"{percent['number']}e-2", decimal)  # divided, its last digit may change
    pattern = _POINT if decimal == "." else _COMMA
    if not pattern.fullmatch(cell):
        return math.nan
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else math.nan
