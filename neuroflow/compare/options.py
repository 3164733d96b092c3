"""Arguments that many functions take, checked alike in all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from neuroflow.errors import OptionError


def check_choice(what: str, value: object, known: Iterable[str]) -> None:
    """Refuse a word that is not one of the known ones.

    Parameters
    ----------
    what
        What the argument is called.
    value
        What was given.
    known
        What there is.

    Raises
    ------
    OptionError
        It is not known; the known ones are listed.
    """
    names = list(known)
    if value not in names:
        raise OptionError(
            f"There is no {what} {value!r}.", advice=f"Choose one of {', '.join(names)}."
        )


def check_share(what: str, value: object) -> None:
    """Refuse what is not a number between 0 and 1.

    Parameters
    ----------
    what
        What the argument is called.
    value
        What was given.

    Raises
    ------
    OptionError
        It is none; 95 is said to mean 0.95.
    """
    if not isinstance(value, Real) or not 0 < float(value) < 1:
        percent = isinstance(value, Real) and 1 < float(value) < 100
        meant = f"{float(value) / 100:g}" if percent and isinstance(value, Real) else "0.95"
        raise OptionError(
            f"{what} {value} is not between 0 and 1.", advice=f"Write it like {meant}."
        )


def check_positive(what: str, value: object) -> None:
    """Refuse what is not a number above zero.

    Parameters
    ----------
    what
        What the argument is called.
    value
        What was given.

    Raises
    ------
    OptionError
        It is none.
    """
    if not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise OptionError(f"{what} {value} is not a number above zero.")


def check_name(what: str, value: object) -> None:
    """Refuse what is not one text.

    Parameters
    ----------
    what
        What the argument is called.
    value
        What was given.

    Raises
    ------
    OptionError
        It is none.
    """
    if not isinstance(value, str):
        raise OptionError(f"{what} is {value!r}.", advice=f'Name one, as {what}="one".')


def as_list(what: str, names: object) -> list[str]:
    """Return an argument that is a list of names, and refuse anything else.

    Parameters
    ----------
    what
        What the argument is called.
    names
        What was given.

    Returns
    -------
    list of str
        The names.

    Raises
    ------
    OptionError
        It is one text, or holds something that is no text.

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
