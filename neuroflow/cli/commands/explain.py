"""``neuroflow explain``: the documentation of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Console

if TYPE_CHECKING:
    from neuroflow.errors import NeuroflowError


def anchors(incomplete: str) -> list[str]:
    """Complete the anchors of all errors."""
    from neuroflow.errors import NeuroflowError

    return sorted(name for name in _below(NeuroflowError) if name.startswith(incomplete))


def explain(
    anchor: Annotated[
        str,
        typer.Argument(
            help="The name of the error, as in the last line of its message.",
            autocompletion=anchors,
        ),
    ],
) -> None:
    """Explain an error: what it means, its usual causes, and what to do."""
    from neuroflow import errors

    Console().print(errors.explain(anchor))


def _below(branch: type[NeuroflowError]) -> list[str]:
    """Return the anchors of a branch of the tree of errors."""
    return [branch.anchor, *(name for twig in branch.__subclasses__() for name in _below(twig))]
