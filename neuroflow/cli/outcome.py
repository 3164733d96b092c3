"""How a command that makes a table ends: a file, or the table on the terminal, and methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroflow.cli.console import Console
from neuroflow.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd


def save_with_methods(found: pd.DataFrame, to: Path | None) -> tuple[str, list[Path]]:
    """Write a table to a file, if one is named; return its methods sentences and the file."""
    import neuroflow as nf

    methods = nf.methods_text(found)
    found.attrs["methods"] = methods  # so that a file has it, too
    return methods, [nf.save_cohort_table(found, to)] if to else []


def refuse_unused(given: Sequence[tuple[bool, str, str]]) -> None:
    """Refuse options without effect: each is whether it is given, its name, what it belongs to."""
    for is_given, name, belongs in given:
        if is_given:
            raise OptionError(
                f"{name} has no effect here: it belongs to {belongs}.",
                advice=f"Omit {name}, or use {belongs}.",
            )


def output(
    console: Console, found: pd.DataFrame, shown: Sequence[str], to: Path | None, name: str
) -> None:
    """Write and print a table with its methods sentences; `shown` are its columns for people."""
    methods, files = save_with_methods(found, to)
    columns = [column for column in shown if column in found]
    answer = {"methods": methods, "files": files, name: found}
    console.output(answer, None if files else found[columns])
    console.print("\n".join([methods, *map(str, files)]))


def output_plain(
    console: Console, found: pd.DataFrame, shown: Sequence[str], to: Path | None, name: str
) -> None:
    """Write and print a table that describes, and for which there are no methods sentences."""
    import neuroflow as nf

    files = [nf.save_cohort_table(found, to)] if to else []
    console.output({"files": files, name: found}, None if files else found[list(shown)])
    console.print("\n".join(map(str, files)))
