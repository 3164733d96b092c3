"""``neuroflow log``: what packaging, sending and collecting did, and when."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder


def log(
    workspace: WorkspaceFolder,
    last: Annotated[int, typer.Option(help="How many of the latest lines.", min=1)] = 20,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the latest lines of the workspace's log: no patient data and no secret is in it."""
    import pandas as pd

    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        lines = ws.log.read_text(encoding="utf-8").splitlines() if ws.log.exists() else []
        events = [json.loads(line) for line in lines[-last:]]
        console.output({"file": ws.log, "events": events}, pd.DataFrame(events))
        console.info(f"The whole log is {ws.log}.")
