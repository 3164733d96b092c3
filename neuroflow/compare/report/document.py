"""What a table for a paper consists of, whatever it is written as."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.report.methods import methods_text

RECIPE = "neuroflow: "
"""What stands before the recipe in a file."""

_MARKS = 16  # studies by which a project is recognised
_MOST_UPRIGHT = 6  # columns on a portrait page


@dataclass(frozen=True, slots=True)
class Document:
    """One table, all as text, with what stands above and below it."""

    columns: list[str]
    rows: list[list[str]]
    title: str
    notes: list[str]  # paragraphs below the table
    recipe: Mapping[str, Any]  # how to compute it again; empty where it is not known

    @classmethod
    def of(cls, table: pd.DataFrame, title: str = "") -> Self:
        """Take a table and what it knows of itself."""
        facts = {str(name): value for name, value in table.attrs.items()}
        methods = facts.get("methods") or (methods_text(facts) if "method" in facts else "")
        notes = [str(facts.get("footnote", "")), *str(methods).split("\n\n")]
        return cls(
            columns=[str(name) for name in table.columns],
            rows=[[cell_text(value) for value in row] for row in table.itertuples(index=False)],
            title=title or str(facts.get("title", "")),
            notes=[note for note in notes if note],
            recipe=_titled(facts.get("recipe", {}), title),
        )

    @property
    def is_wide(self) -> bool:
        """True where the table needs a landscape page."""
        return len(self.columns) > _MOST_UPRIGHT

    @property
    def recipe_text(self) -> str:
        """The recipe as JSON on one line, without anything that ends a comment."""
        return (
            json.dumps(self.recipe, default=str).replace("--", "-\\u002d").replace("%", "\\u0025")
        )


def _titled(made: Mapping[str, Any], title: str) -> Mapping[str, Any]:
    return {**made, "title": title} if made and title else made


def cell_text(value: object) -> str:
    """Return a cell as text: a number with four digits, a dash where there is none."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (NaN)
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())


def recipe(made_by: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a table is computed again from the cohort table: a function and its arguments.

    >>> recipe("table_one", {"table": None, "by": "group"})["options"]
    {'by': 'group'}
    """
    options = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name != "table"
    }
    made = {"made_by": made_by, "options": options, "neuroflow": __version__}
    return made | {"studies": study_marks(given.get("table"))}


def study_marks(table: object, salt: str | None = None) -> list[str]:
    """Return marks of some studies of a table; of all of them with a salt.

    The first mark is the salt, a digest of all ids: files of two projects share no mark, whichever
    studies they share, and nobody can link them.
    """
    if not isinstance(table, pd.DataFrame) or "study_id" not in table:
        return []
    names = sorted(table["study_id"].dropna().astype(str).unique().tolist())
    key = salt or _digest("\n".join(names))
    marks = sorted(_digest(key + name) for name in names)
    return [key, *(marks if salt else marks[:_MARKS])]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
