"""Checks of the arguments of a workspace's methods."""

from __future__ import annotations

import math
from collections.abc import Iterable

from neuroflow.errors import OptionError
from neuroflow.models import Study


def check_number(name: str, value: object, *, above: float = 0.0) -> float:
    """Return a finite or infinite number above a limit."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or math.isnan(number := float(value)) or not number > above:  # type: ignore[arg-type]
        raise OptionError(f"{name} must be a number above {above:g}, not {value!r}.")
    return number


def check_studies(studies: Iterable[Study]) -> list[Study]:
    """Return studies as a list, or refuse what `find_studies` does not return."""
    try:
        found = [] if isinstance(studies, str) else list(studies)
    except TypeError:
        found = None
    if isinstance(studies, str) or found is None or not all(isinstance(s, Study) for s in found):
        raise OptionError(
            f"studies must be a list of studies, not {type(studies).__name__}.",
            advice="Pass what find_studies(folder) returned, or a part of it.",
        )
    return found
