"""Numbers and dates as reports print them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

_NUMBER = re.compile(
    r"(?P<whole>[0-9]{1,20})(?:[.,](?P<rest>[0-9]{0,40}))?(?:[eE](?P<power>[+-]?[0-9]{1,3}))?"
    r"\s?(?P<percent>%?)"
)
_DATE_FORMATS = ("%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y")
MAX_DATE = 40


class Printed(NamedTuple):
    """A number, and how precisely it was printed."""

    value: float
    digits: int  # Behind the decimal mark of the fraction


def fraction(text: str) -> Printed | None:
    """Read a number between 0 and 1, or a percentage of it; None for anything else.

    >>> fraction("0.2793"), fraction("62.6%"), fraction("<1%")
    (Printed(value=0.2793, digits=4), Printed(value=0.626, digits=3), None)
    """
    match = _NUMBER.fullmatch(text.strip()[:80])
    if match is None:
        return None
    number = as_printed(match)
    return number if 0 <= number.value <= 1 else None


def leading_fraction(text: str) -> Printed | None:
    """Read the number at the beginning of a text, if a blank, bracket or semicolon follows."""
    match = _NUMBER.match(text[:80])
    if match is None or (text[match.end() :][:1] not in {"", "(", ";"} and not _ends(text, match)):
        return None
    number = as_printed(match)
    return number if 0 <= number.value <= 1 else None


def as_printed(match: re.Match[str]) -> Printed:
    """Return the fraction that a match stands for."""
    power = int(match["power"] or 0) - (2 if match["percent"] else 0)
    value = float(f"{match['whole']}.{match['rest'] or '0'}e{power}")
    return Printed(value, max(0, len(match["rest"] or "") - power))


def day(text: str) -> date | None:
    """Read a date; one that could be read in two ways is none."""
    text = text.strip()
    if not text or len(text) > MAX_DATE:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _ends(text: str, match: re.Match[str]) -> bool:
    before, after = text[match.end() - 1], text[match.end()]
    return before.isspace() or after.isspace()
