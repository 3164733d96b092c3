"""Arguments that many functions take, checked alike in all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real

from neuroflow.errors import OptionError
from neuroflow.matrix.controls import label_of

Labels = str | float | Sequence[str | float]
"""One label or several; those of codes may be numbers."""


def check_choice(what: str, value: object, known: Iterable[str]) -> None:
    """Refuse a word that is not one of the known ones."""
    names = list(known)
    if value not in names:
        raise OptionError(
            f"There is no {what} {value!r}.", advice=f"Choose one of {', '.join(names)}."
        )


def check_number(what: str, value: object, *, below: float = math.inf) -> None:
    """Refuse what is not a number above zero."""
    number = float(value) if isinstance(value, Real) else math.nan
    if 0 < number < below:
        return
    if below == 1:
        meant = number / 100 if 1 < number < 100 else 0.95
        raise OptionError(
            f"{what} must be between 0 and 1, not {value}.",
            advice=f"Write it like {meant:g}.",
            about=what,
        )
    raise OptionError(
        f"{what} must be a number above zero, not {value}.",
        advice="Choose a number above zero.",
        about=what,
    )


def check_name(what: str, value: object) -> None:
    """Refuse what is not one string."""
    if not isinstance(value, str):
        raise OptionError(
            f"{what} must be one name, not {value!r}.", advice=f'Write it like {what}="one".'
        )


def usual_metric(known: Sequence[str]) -> str:
    """Return the metric that is meant where none is named: free water, or else the first one.

    >>> usual_metric(["FAt", "FW"]), usual_metric(["MD", "FA"])
    ('FW', 'MD')
    """
    return "FW" if "FW" in known else known[0]


def as_labels(what: str, names: object) -> list[str]:
    """Return labels as a list of strings; those of codes may be numbers, as in ``positive=1``.

    >>> as_labels("positive", 1), as_labels("positive", ["PSP", "MSA"])
    (['1'], ['PSP', 'MSA'])
    """
    given = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    return as_list(what, [label_of(each) if isinstance(each, Real) else each for each in given])


def as_list(what: str, names: object) -> list[str]:
    """Return an argument that names one thing or several as a list; refuse anything else.

    >>> as_list("covariates", ("age", "sex")), as_list("covariates", "age")
    (['age', 'sex'], ['age'])
    """
    if isinstance(names, str):
        return [names]
    given: list[object] = list(names) if isinstance(names, Iterable) else [names]
    if wrong := [name for name in given if not isinstance(name, str)]:
        raise OptionError(
            f"{what} must be a name or a list of names, but contains {wrong[0]!r}.",
            advice=f'Write it like {what}=["one", "other"].',
        )
    return [str(name) for name in given]
