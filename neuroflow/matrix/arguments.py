"""Arguments that many functions take, checked alike in all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from neuroflow.errors import OptionError


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
            f"{what} {value} is not between 0 and 1.", advice=f"Write it like {meant:g}."
        )
    raise OptionError(f"{what} {value} is not a number above zero.")


def check_name(what: str, value: object) -> None:
    """Refuse what is not one text."""
    if not isinstance(value, str):
        raise OptionError(f"{what} is {value!r}.", advice=f'Name one, as {what}="one".')


def as_list(what: str, names: object) -> list[str]:
    """Return an argument that is a list of names, and refuse anything else.

    Examples
    --------
    >>> as_list("covariates", ("age", "sex"))
    ['age', 'sex']
    """
    if isinstance(names, str):
        raise OptionError(f"{what} is one text.", advice=f'Write a list, as {what}=["{names}"].')
    given: list[object] = list(names) if isinstance(names, Iterable) else [names]
    listed = [name for name in given if isinstance(name, str)]
    if wrong := [name for name in given if not isinstance(name, str)]:
        raise OptionError(
            f"{what} holds {wrong[0]!r}, which is no name.",
            advice=f'Write a list of names, as {what}=["one", "other"].',
        )
    return listed
