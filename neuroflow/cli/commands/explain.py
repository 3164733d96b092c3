"""``neuroflow explain``: what the documentation says of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Voice

if TYPE_CHECKING:
    from neuroflow.errors import NeuroflowError


def anchors(incomplete: str) -> list[str]:
    """Offer the anchors of all errors to the shell."""
    from neuroflow.errors import NeuroflowError

    return sorted(name for name in _below(NeuroflowError) if name.startswith(incomplete))


def explain(
    anchor: Annotated[
        str,
        typer.Argument(help="The word that the error's last line names.", autocompletion=anchors),
    ],
) -> None:
    """Tell what an error means, why it usually comes, and what to do."""
    from neuroflow import errors

    Voice().say(errors.explain(anchor))


def _below(branch: type[NeuroflowError]) -> list[str]:
    """Return the anchors of a branch of the tree of errors."""
    return [branch.anchor, *(name for twig in branch.__subclasses__() for name in _below(twig))]
