"""Steps from the cohort table to a figure; each can be run and written as code.

The form runs the steps that its code cell shows, so that the two cannot differ.
"""

from __future__ import annotations

import pprint
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from operator import attrgetter
from textwrap import indent
from typing import Any, Protocol

import pandas as pd

import neuroflow as nf
from neuroflow.matrix import choose_visits

WIDTH = 88


class Step(Protocol):
    """An operation on the variables of a notebook cell."""

    def run(self, scope: dict[str, Any]) -> None:
        """Run the step."""

    def code(self) -> str:
        """Return the lines of code that do the same."""


@dataclass(frozen=True, slots=True)
class KeepRows:
    """Keep the rows of `table` whose column holds one of some values."""

    column: str  # Which column
    values: tuple[str, ...]  # Which values

    def run(self, scope: dict[str, Any]) -> None:
        """Run the step; see `Step`."""
        table = scope["table"]
        scope["table"] = table[table[self.column].isin(self.values)]

    def code(self) -> str:
        """Return the code; see `Step`."""
        listed = pprint.pformat(list(self.values), width=WIDTH, compact=True)
        if "\n" not in listed:
            return f'table = table[table["{self.column}"].isin({listed})]'
        return f'wanted = {listed}\ntable = table[table["{self.column}"].isin(wanted)]'


@dataclass(frozen=True, slots=True)
class ChooseVisit:
    """Set `shown` to the studies of one visit per participant, or to all studies."""

    visit: str | None  # ``"first"``, ``"last"``, a session id; None keeps all

    def run(self, scope: dict[str, Any]) -> None:
        """Run the step; see `Step`."""
        table: pd.DataFrame = scope["table"]
        if self.visit is not None:
            studies = table.drop_duplicates("study_id", ignore_index=True)
            seen = studies.loc[choose_visits(studies, self.visit), "study_id"]
            table = table[table["study_id"].isin(seen)]
        scope["shown"] = table

    def code(self) -> str:
        """Return the code; see `Step`."""
        if self.visit is None:
            return "shown = table"
        return "\n".join(
            (
                "from neuroflow.matrix.visits import choose_visits",
                'studies = table.drop_duplicates("study_id", ignore_index=True)',
                f'seen = studies.loc[choose_visits(studies, {self.visit!r}), "study_id"]',
                'shown = table[table["study_id"].isin(seen)]',
            )
        )


@dataclass(frozen=True, slots=True)
class Call:
    """Call a public function of neuroflow with a table.

    >>> print(Call("ax", "plot.strip", "shown", {"regions": ["SCP"], "metric": "FW"}).code())
    ax = nf.plot.strip(shown, regions=['SCP'], metric='FW')
    """

    result: str  # The variable that gets what it returns
    function: str  # Its name, as ``"plot.forest"``.
    table_name: str  # The variable that holds the table
    options: Mapping[str, Any] = field(default_factory=dict)  # Its keyword arguments, plain values
    width: float | None = None  # Of the figure that it draws, in mm; None for the usual one

    def run(self, scope: dict[str, Any]) -> None:
        """Run the step; see `Step`."""
        with nf.plot.styled(width=self.width) if self.width else nullcontext():
            call = attrgetter(self.function)(nf)
            scope[self.result] = call(scope[self.table_name], **self.options)

    def code(self) -> str:
        """Return the code; see `Step`."""
        if self.width:
            inner = indent(replace(self, width=None).code(), "    ")
            return f"with nf.plot.styled(width={self.width:g}):\n{inner}"
        start = f"{self.result} = nf.{self.function}("
        parts = [self.table_name, *map(_argument, self.options, self.options.values())]
        line = start + ", ".join(parts) + ")"
        if len(line) <= WIDTH:
            return line
        return start + "\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _argument(name: str, value: object) -> str:
    """Return an argument as code, a long list on several lines."""
    text = f"{name}={value!r}"
    if len(text) <= WIDTH - len("    ,"):
        return text
    listed = pprint.pformat(value, width=WIDTH - 8, compact=True)
    return f"{name}={listed}".replace("\n", "\n    ")


def run_steps(steps: Sequence[Step], **scope: Any) -> dict[str, Any]:
    """Run steps one after the other; return the variables."""
    for step in steps:
        step.run(scope)
    return scope
