"""The values of an element as texts, and whether they are numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydicom.multival import MultiValue

_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_LONGEST = 64


def are_numbers(value: object) -> bool:
    """Check that all values are numbers, or empty.

    Examples
    --------
    >>> are_numbers(["1.5", "-2e3", ""]), are_numbers("MILLER")
    (True, False)
    """
    return all(
        not text.strip() or (len(text) <= _LONGEST and _NUMBER.fullmatch(text.strip()))
        for text in texts(value)
    )


def texts(value: object) -> Sequence[str]:
    """Return the values of an element as texts."""
    if value is None:
        return ()
    if isinstance(value, MultiValue | list | tuple):
        return [text for one in value for text in texts(one)]
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return [part.strip(" \0") for part in text.split("\\")]
