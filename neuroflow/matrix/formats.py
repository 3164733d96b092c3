"""How numbers are written, in tables, sentences and figures alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_MOST_DIGITS = 15


def count_text(people: int, studies: int) -> str:
    """Return how many people there are, and how many studies where some have several."""
    return f"n = {people}" if people == studies else f"n = {people}, {studies} studies"


def percent_text(fraction: float) -> str:
    """Return a share in percent, with all its digits."""
    return f"{100 * fraction:.10g}%"


def decimals_for(errors: Iterable[float], least: int = 0) -> int:
    """Return the decimals that show the middle one of some standard errors with two digits."""
    known = np.array([error for error in errors if np.isfinite(error) and error > 0])
    if not known.size:
        return least
    first = int(np.floor(np.log10(np.median(known))))
    return min(max(1 - first, least), _MOST_DIGITS)


def p_text(p: float) -> str:
    """Return a p value as journals print it; a dash where there is none."""
    return "–" if not np.isfinite(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_statement(name: str, p: float) -> str:
    """Return a p value with its name, as it stands in a sentence."""
    shown = p_text(p)
    return f"{name} {shown}" if shown.startswith("<") else f"{name} = {shown}"
