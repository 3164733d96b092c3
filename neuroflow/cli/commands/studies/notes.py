"""``neuroflow note`` and ``notes``: short texts about studies, for the team."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from neuroflow.cli.commands.studies.cohort import StudyName
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder


def note(
    workspace: WorkspaceFolder,
    study: StudyName,
    text: Annotated[
        str,
        typer.Argument(
            help="The note; an empty text removes it, and - reads it from the standard input."
        ),
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a note about a study, for the team; it is kept in the workspace and never sent."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        words = sys.stdin.read() if text == "-" else text
        ws.note(study, words)
        console.output({"notes": ws.notes()})
        done = "has a note" if words.strip() else "has no note now"
        console.info(f"{study} {done}. It stays in the workspace.")


def notes(workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the notes about studies, with who wrote them and when."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        rows = ws.notes()
        console.output({"notes": rows}, rows if len(rows) else None)
        if rows.empty:
            console.info("There are no notes.")
