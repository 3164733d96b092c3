"""Numbers as result files write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".", "missing"})
"""What stands for no value, case folded."""

_POINT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?")
_PLAIN = str.maketrans("", "", "0123456789.eE+-")


def is_missing(text: str) -> bool:
    """Tell whether a cell stands for no value.

    Parameters
    ----------
    text
        The cell.

    Returns
    -------
    bool
        True for an empty cell, ``NA``, ``NaN`` and the like.

    Examples
    --------
    >>> is_missing("NaN"), is_missing("0")
    (True, False)
    """
    return text.casefold() in MISSING


def is_number(text: str) -> bool:
    """Tell whether a cell is a number, with a decimal point or comma.

    Parameters
    ----------
    text
        The cell.

    Returns
    -------
    bool
        False for missing values and text.

    Examples
    --------
    >>> is_number("0,21"), is_number("2.1e-1"), is_number("1.2.3"), is_number("NA")
    (True, True, False, False)
    """
    return bool(_POINT.fullmatch(text) or _COMMA.fullmatch(text))


def decimal_mark(cells: Iterable[str]) -> str:
    """Tell the decimal mark most cells use; the point where nothing tells.

    Parameters
    ----------
    cells
        The cells that hold values.

    Returns
    -------
    str
        ``"."`` or ``","``.

    Examples
    --------
    >>> decimal_mark(["0,21", "1", "NA"])
    ','
    """
    points = commas = 0
    for cell in cells:
        points += "." in cell
        commas += "," in cell
    return "," if commas > points else "."


def to_floats(cells: Sequence[str], decimal: str) -> list[float]:
    """Read cells as numbers.

    Parameters
    ----------
    cells
        What stands in the file.
    decimal
        The decimal mark.

    Returns
    -------
    list of float
        NaN for missing values and for what is no finite number.

    Examples
    --------
    >>> to_floats(["0,5", "NA", "x"], ",")
    [0.5, nan, nan]
    """
    if decimal == "." and not "".join(cells).translate(_PLAIN):
        try:
            values = list(map(float, cells))
        except ValueError:  # an empty cell, or 1.2.3
            pass
        else:
            if math.isfinite(sum(values)):
                return values
    return [_to_float(cell, decimal) for cell in cells]


def _to_float(cell: str, decimal: str) -> float:
    pattern = _POINT if decimal == "." else _COMMA
    if not pattern.fullmatch(cell):
        return math.nan
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else math.nan
