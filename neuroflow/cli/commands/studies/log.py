"""``neuroflow log``: what packaging, sending and collecting did, and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder
from neuroflow.errors import FolderError, ResultWarning
from neuroflow.events import warn_user


def log(
    workspace: WorkspaceFolder,
    last: Annotated[int, typer.Option(help="How many of the latest lines.", min=1)] = 20,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the latest lines of the workspace's log: no patient data and no secret is in it."""
    import pandas as pd

    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        events = _latest(ws.log, last)
        console.output({"file": ws.log, "events": events}, pd.DataFrame(events))
        console.info(f"The whole log is {ws.log}.")


def _latest(file: Path, most: int) -> list[dict[str, Any]]:
    """Read the latest events; warn of lines that are none, as of a program that was killed."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-most:]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FolderError(
            f"The log {file} cannot be read.",
            why=f"{error.strerror}.",
            advice="Check its permissions.",
        ) from error
    events = [event for event in map(_event, lines) if event is not None]
    if damaged := len(lines) - len(events):
        warn_user(f"{damaged} of the latest {len(lines)} lines are damaged.", ResultWarning)
    return events


def _event(line: str) -> dict[str, Any] | None:
    """Return the event of a line; None where it is damaged."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
