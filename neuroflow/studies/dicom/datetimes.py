"""Dates and times as DICOM writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache

_DATE = re.compile(r"\d{8}")


@lru_cache(maxsize=1 << 12)
def parse_datetime(text: str) -> datetime | None:
    """Parse a DICOM date and as much of a time as follows it.

    DICOM PS3.5, table 6.2-1, value representations DA, DT and TM.
    """
    plain = text.strip().replace(".", "", text.count(".") if ":" in text else 0).replace(":", "")
    digits, _, rest = plain.partition(".")
    fraction = "".join(char for char in rest[:6] if char.isdigit())
    digits = digits[:14]
    form = "%Y%m%d%H%M%S"[: {8: 6, 10: 8, 12: 10, 14: 12}.get(len(digits), 0)]
    try:
        moment = datetime.strptime(digits, form)
    except ValueError:
        return None
    return moment + timedelta(microseconds=int(fraction.ljust(6, "0"))) if fraction else moment


def first_moment(texts: Iterable[str]) -> str:
    """Return the earliest of some dates and times; one without a time only where all are."""
    known = sorted(text for text in texts if _DATE.match(text))
    # A date alone, or with zeros, stands for midnight: measured from it, the time of the day would
    # be kept.
    timed = (text for text in known if _has_time(text))
    return next(timed, known[0] if known else "")


def _has_time(text: str) -> bool:
    moment = parse_datetime(text)
    return moment is not None and moment.time() != time.min
