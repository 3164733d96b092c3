"""What users write as covariates: names, sums, interactions, splines; no code is run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from neuroflow.errors import OptionError
from neuroflow.matrix import as_list

_SPLINE = re.compile(r"spline\((.+?)(?:,\s*([^,()]*))?\)")
_CATEGORY = re.compile(r"C\((.+)\)")
_SPLINE_DF = 3
_MOST_DF = 10


@dataclass(frozen=True, slots=True)
class Factor:
    """One column as it is used in a term."""

    column: str  # The column of the cohort table
    text: str  # As it was written
    category: bool = False  # Written as C(column)
    df: int = 0  # Degrees of freedom of a natural spline; 0 for none


Term = tuple[Factor, ...]
"""One factor, or several that interact."""


def parse_terms(covariates: str | Sequence[str]) -> list[Term]:
    """Read covariates: ``"age + C(scanner) + group:age + spline(age, 3)"``, or a list of these.

    ``a*b`` is ``a + b + a:b``. A plus, colon or star that belongs to a name has no blanks around
    the plus, or stands inside ``C(...)``.
    """
    found: dict[Term, None] = {}
    for item in as_list("covariates", covariates):
        for part in _split(item, " + "):
            crossed = [_split(one, ":") for one in _split(part, "*")]
            found |= {tuple(map(_factor, one)): None for one in crossed}
            found[tuple(_factor(word) for one in crossed for word in one)] = None
    for term in found:
        if len({factor.column for factor in term}) < len(term):
            raise OptionError(
                f"The interaction {':'.join(f.text for f in term)} names a column twice.",
                advice="Interactions are of different columns, such as group:age.",
                about="covariates",
            )
    return list(found)


def covariate_columns(covariates: str | Sequence[str]) -> list[str]:
    """Return the columns that covariates mean.

    >>> covariate_columns(["age", "C(scanner)"]), covariate_columns("age + spline(age, 3)")
    (['age', 'scanner'], ['age'])
    """
    columns = [factor.column for term in parse_terms(covariates) for factor in term]
    return list(dict.fromkeys(columns))


def column_of(name: str) -> str:
    """Return the column that a single covariate means, such as that of ``C(scanner)``."""
    return _factor(name).column


def _split(text: str, sign: str) -> list[str]:
    """Split a text at a sign outside parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(sign, place):
            parts.append(text[start:place])
            start = place + len(sign)
    return [part.strip() for part in (*parts, text[start:])]


def _factor(text: str) -> Factor:
    if not text:
        raise OptionError(
            "A covariate is empty.",
            advice='Write covariates as in "age + sex + group:age".',
            about="covariates",
        )
    if wrapped := _CATEGORY.fullmatch(text):
        return Factor(wrapped[1].strip(), text, category=True)
    if not (spline := _SPLINE.fullmatch(text)):
        return Factor(text, text)
    df = spline[2] or str(_SPLINE_DF)
    if not df.strip().isdigit() or not 2 <= int(df) <= _MOST_DF:
        raise OptionError(
            f"{text!r} is not a spline: it has {df.strip()!r} degrees of freedom.",
            advice=f"Use 2 to {_MOST_DF}, as in spline(age, 3).",
            about="covariates",
        )
    column = spline[1].strip()
    return Factor(column, f"spline({column}, {int(df)})", df=int(df))
