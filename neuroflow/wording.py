"""Texts that Python, the command line and the forms word differently."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, Self


class Wording(str):
    """A text, worded for Python, that the command line or the forms word differently."""

    cli: str
    form: str

    def __new__(cls, python: str, *, cli: str | None = None, form: str | None = None) -> Self:
        """Keep the wordings of the other front ends beside the string."""
        text = super().__new__(cls, python)
        text.cli = python if cli is None else cli
        text.form = python if form is None else form
        return text

    @classmethod
    def sentences(cls, *parts: str) -> Self:
        """Join sentences in each of the wordings."""
        python, cli, form = (
            " ".join(filter(None, texts)) for texts in zip(*map(_wordings, parts), strict=True)
        )
        return cls(python, cli=cli, form=form)

    @classmethod
    def changed(cls, text: str, change: Callable[[str], str]) -> Self:
        """Change each of the wordings of a text."""
        python, cli, form = map(change, _wordings(text))
        return cls(python, cli=cli, form=form)

    @staticmethod
    def pick(text: object, front_end: Literal["cli", "form"]) -> str:
        """Return a text, or a warning's, in the words of a front end."""
        found = text.args[0] if isinstance(text, Warning) and text.args else text
        return str(getattr(found, front_end, found))

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), cli=self.cli, form=self.form), (str(self),)


def counted(n: int, one: str, several: str) -> str:
    """Return a number with its words: 1 study has, 2 studies have."""
    return f"{n} {one if n == 1 else several}"


def _wordings(text: str) -> tuple[str, str, str]:
    return str(text), getattr(text, "cli", text), getattr(text, "form", text)
