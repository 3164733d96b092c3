"""``neuroflow log``: what packaging, sending and collecting did, and when."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroflow.cli.completion import studies
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder


def log(
    workspace: WorkspaceFolder,
    study: Annotated[
        str | None,
        typer.Option(help="Only lines about this study: label or id.", autocompletion=studies),
    ] = None,
    jobs_only: Annotated[
        bool, typer.Option("--jobs-only", help="Only lines about whole jobs.")
    ] = False,
    last: Annotated[int, typer.Option(help="How many of the latest lines.", min=1)] = 20,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the latest lines of the workspace's log: no patient data and no secret is in it."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        rows = ws.history(study, jobs_only=jobs_only, last=last)
        events = [
            # What a line does not have is no value of it.
            {name: value for name, value in row.items() if value == value}  # noqa: PLR0124
            for row in rows.to_dict("records")
        ]
        console.output({"file": ws.log, "events": events}, rows)
        console.info(f"The whole log is {ws.log}.")
