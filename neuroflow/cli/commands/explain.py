"""``neuroflow explain``: the documentation of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.options import AsJson

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
    as_json: AsJson = False,
) -> None:
    """Explain an error: what it means, its usual causes, and what to do."""
    from neuroflow import errors

    with Console(as_json=as_json) as console:
        text = errors.explain(anchor)
        console.output({"anchor": anchor, "text": text})
        console.print(text)


def _below(branch: type[NeuroflowError]) -> list[str]:
    """Return the anchors of a branch of the tree of errors."""
    return [branch.anchor, *(name for twig in branch.__subclasses__() for name in _below(twig))]
