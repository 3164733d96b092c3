"""Age and sex in the spellings of headers, sidecars and tables."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

_AGE = re.compile(r"(?P<number>\d{1,4}(?:\.\d+)?)\s*(?P<unit>[DWMY]?)(?:EARS?|RS?)?", re.ASCII)
_CAPPED = re.compile(
    r"(?:>=?|≥)\s*0?(?:89|90)\s*(?:Y(?:EARS?)?)?|0?(?:89|90)\s*(?:Y(?:EARS?)?)?\s*\+", re.ASCII
)
"""Ages above 89 as data sets write them that do not state which."""
_UNITS = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0, "": 1.0}
_SEXES = {"M": "M", "MALE": "M", "F": "F", "FEMALE": "F"}
OLDEST = 130.0
"""Years; a greater age is a typing error."""
CAPPED_AGE = 90
"""Ages of 90 and more are sent as 90 (HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(C))."""


def parse_age(value: object) -> float | None:
    """Read an age in years, as DICOM (PS3.5, table 6.2-1, AS), BIDS and the service write it.

    >>> parse_age("045Y"), parse_age("18M"), parse_age(45), parse_age("89+"), parse_age("abc")
    (45.0, 1.5, 45.0, 90.0, None)
    """
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip().upper()
    if _CAPPED.fullmatch(text):
        return float(CAPPED_AGE)
    match = _AGE.fullmatch(text)
    if not match:
        return None
    years = float(match["number"]) / _UNITS[match["unit"]]
    return years if math.isfinite(years) and years <= OLDEST else None


def parse_sex(value: object) -> str | None:
    """Read a sex in the spellings the service accepts."""
    return _SEXES.get(str(value).strip().upper()) if value is not None else None


def age_between(birth: str, scan: str) -> float | None:
    """Compute the age at the scan in whole years from two DICOM dates."""
    first, last = parse_date(birth), parse_date(scan)
    if first is None or last is None or last < first:
        return None
    years = last.year - first.year - ((last.month, last.day) < (first.month, first.day))
    return float(years) if years <= OLDEST else None


def parse_date(text: str) -> date | None:
    """Read a DICOM date; None where it is none."""
    try:
        return datetime.strptime(text.strip().replace(".", "")[:8], "%Y%m%d").date()
    except ValueError:
        return None


def age_string(years: float) -> str:
    """Write an age as DICOM does, at most the age that may be sent."""
    return f"{min(int(years), CAPPED_AGE):03d}Y"
