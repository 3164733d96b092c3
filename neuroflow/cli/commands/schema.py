"""``neuroflow schema``: the shape of what a command prints with ``--json``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from neuroflow.cli.answers import ANSWERS
from neuroflow.cli.answers import schema as schema_of
from neuroflow.errors import OptionError


def answering(incomplete: str) -> list[str]:
    """Complete the commands that have ``--json``."""
    return sorted(name for name in ANSWERS if name.startswith(incomplete))


def schema(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            help="The command, such as submit or key new; all if omitted.", autocompletion=answering
        ),
    ] = None,
) -> None:
    """Print the JSON Schema (draft 2020-12) of what a command prints with --json."""
    name = " ".join(command or [])
    if name and name not in ANSWERS:
        raise OptionError(
            f"There is no command {name!r} with --json.",
            advice=f"Choose from {', '.join(ANSWERS)}.",
        )
    found = schema_of(name) if name else {each: schema_of(each) for each in ANSWERS}
    typer.echo(json.dumps(found, indent=1))
