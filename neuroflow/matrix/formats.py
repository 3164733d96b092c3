"""How numbers are written, in tables, sentences and figures alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_MOST_DIGITS = 15


def count_text(people: int, studies: int) -> str:
    """Return how many people there are, and how many studies where some have several.

    Examples
    --------
    >>> count_text(5, 5), count_text(5, 6)
    ('n = 5', 'n = 5, 6 studies')
    """
    return f"n = {people}" if people == studies else f"n = {people}, {studies} studies"


def percent_text(fraction: float) -> str:
    """Return a share in percent, with all its digits.

    Examples
    --------
    >>> [percent_text(share) for share in (0.95, 0.999, 0.975)]
    ['95%', '99.9%', '97.5%']
    """
    return f"{100 * fraction:.10g}%"


def decimals_for(errors: Iterable[float], least: int = 0) -> int:
    """Return the decimals that show the middle one of some standard errors with two digits.

    Examples
    --------
    >>> decimals_for([0.0121, 0.0135]), decimals_for([2.1e-5]), decimals_for([0.4], least=3)
    (3, 6, 3)
    """
    known = np.array([error for error in errors if np.isfinite(error) and error > 0])
    if not known.size:
        return least
    first = int(np.floor(np.log10(np.median(known))))
    return min(max(1 - first, least), _MOST_DIGITS)


def p_text(p: float) -> str:
    """Return a p value as journals print it; a dash where there is none.

    Examples
    --------
    >>> [p_text(p) for p in (0.0004, 0.0316, float("nan"))]
    ['< 0.001', '0.032', '–']
    """
    return "–" if not np.isfinite(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_statement(name: str, p: float) -> str:
    """Return a p value with its name, as it stands in a sentence.

    Examples
    --------
    >>> [p_statement("q", q) for q in (0.0004, 0.0316)]
    ['q < 0.001', 'q = 0.032']
    """
    shown = p_text(p)
    return f"{name} {shown}" if shown.startswith("<") else f"{name} = {shown}"
