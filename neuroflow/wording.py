"""Texts that Python, the command line and the forms word differently."""

from __future__ import annotations

from functools import partial
from typing import Self


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

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), cli=self.cli, form=self.form), (str(self),)
