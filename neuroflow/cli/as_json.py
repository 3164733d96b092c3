"""What a command prints becomes JSON: one format of times, ``null`` for what is missing."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any


def iso_time(at: datetime) -> str:
    """Return a time in UTC, as ISO 8601 with milliseconds; one without a zone stays as it is.

    >>> iso_time(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000Z'
    """
    if at.tzinfo is None:  # of a scanner: in the time of its place
        return at.isoformat(timespec="milliseconds")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: tables as lists of rows, paths as texts."""
    if hasattr(value, "itertuples"):
        return _records(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):  # a number or an array of numpy, a series of pandas
        return plain(value.tolist())
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [plain(each) for each in value]
    return _scalar(value)


def _scalar(value: Any) -> str | int | float | None:
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return iso_time(value)
    if isinstance(value, (str, bool, int)):
        return value
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def write_json(facts: Mapping[str, Any]) -> None:
    """Print one JSON object; it is ASCII, which a terminal or pipe of any encoding takes."""
    sys.stdout.write(json.dumps(facts, indent=1, allow_nan=False) + "\n")


def _records(frame: Any) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    columns = [map(plain, column.tolist()) for _, column in frame.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
