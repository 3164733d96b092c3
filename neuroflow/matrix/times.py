"""Times of visits as years: numbers of a known unit, or dates."""

from __future__ import annotations

import re
from typing import Literal, get_args

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, TableError, Wording
from neuroflow.matrix.arguments import check_choice
from neuroflow.matrix.cells import FloatArray, labels

TimeUnit = Literal["years", "months", "days"]

DAYS_OF_YEAR = 365.25
_PER_YEAR = {"years": 1.0, "months": 12.0, "days": DAYS_OF_YEAR}
_LONGEST = 40.0  # years between a participant's visits; more is another unit
_WORDS = {"days": {"day", "days", "tage"}, "months": {"month", "months", "mo", "monate"}}


def years_of(column: pd.Series, name: str, unit: TimeUnit | None = None) -> FloatArray:
    """Read times as years; numbers such as 20240531 are dates.

    >>> years_of(pd.Series([0, 6]), "visit_month", "months").tolist()
    [0.0, 0.5]
    """
    if unit is not None:
        check_choice("unit", unit, get_args(TimeUnit))
    if pd.api.types.is_datetime64_any_dtype(column):
        return _years_of_dates(column)
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        texts = labels(column)
        parsed = pd.to_numeric(texts, errors="coerce")
        if parsed.notna().sum() != texts.notna().sum():
            return _years_of_dates(_dates(texts, name))
        numbers = parsed.to_numpy(dtype=np.float64)
    if (dates := compact_dates(numbers)) is not None:
        return _years_of_dates(dates)
    if unit is None:
        words = set(re.split(r"[^a-z]+", name.lower()))
        for other, own in _WORDS.items():
            if words & own:
                raise TableError(
                    f"The column {name!r} seems to hold {other}, not years.",
                    advice=Wording(
                        f'Name the unit: unit="{other}" (or unit="years").',
                        cli=f"Name the unit: --unit {other} (or --unit years).",
                        form=f"Choose the unit: {other} (or years).",
                    ),
                )
    return numbers / _PER_YEAR[unit or "years"]


def compact_dates(numbers: FloatArray) -> pd.Series | None:
    """Return numbers such as 20240531 as dates, or None where any is no such date."""
    known = np.isfinite(numbers)
    if not known.any() or not ((numbers[known] >= 18500101) & (numbers[known] < 22000101)).all():
        return None
    texts = pd.Series([f"{number:.0f}" if np.isfinite(number) else None for number in numbers])
    dates = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
    return dates if int(dates.notna().sum()) == int(known.sum()) else None


def check_span(spans: FloatArray, name: str, unit: TimeUnit | None) -> None:
    """Refuse times whose middle span, from first to last visit, no study can have."""
    if (middle := float(np.median(spans))) <= _LONGEST:
        return
    raise CompareError(
        f"The visits of a participant are {middle:,.0f} {unit or 'years'} apart by {name!r}."
        if unit in (None, "years")
        else f"The visits of a participant are {middle:,.0f} years apart by {name!r} in {unit}.",
        why="The times are in another unit.",
        advice=Wording(
            'Name it: unit="months" or unit="days".',
            cli="Name it: --unit months or --unit days.",
            form="Choose the unit: months or days.",
        ),
    )


def _dates(texts: pd.Series, name: str) -> pd.Series:
    try:
        return pd.to_datetime(texts, format="ISO8601")
    except ValueError as error:
        raise TableError(
            f"The column {name!r} contains neither numbers nor dates.",
            advice="Write dates as 2024-05-31.",
        ) from error


def _years_of_dates(dates: pd.Series) -> FloatArray:
    if getattr(dates.dt, "tz", None) is not None:
        dates = dates.dt.tz_localize(None)
    days = (dates - pd.Timestamp(2000, 1, 1)) / pd.Timedelta(days=1)
    numbers = np.asarray(days.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return np.asarray(numbers / DAYS_OF_YEAR, dtype=np.float64)
