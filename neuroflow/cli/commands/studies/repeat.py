"""The command that prepares a study to be sent once more."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from neuroflow.cli.commands.studies.cohort import StudyName
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, CohortId, Quiet, WorkspaceFolder


def repeat(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    reason: Annotated[str, typer.Option(help="The reason, for captions and methods.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Prepare a study that was sent to be sent once more, under a new id."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        if not yes:
            console.info(
                f"{study} will be processed once more, under a new id; the results of the earlier "
                "submission are set aside."
            )
            if not sys.stdin.isatty():
                raise typer.BadParameter("use --yes where nobody can be asked")
            typer.confirm("Repeat it?", abort=True, err=True)
        new = ws.repeat(cohort_id, study, reason=reason)
        console.output({"cohort_id": cohort_id, "study_id": new, "reason": reason})
        console.info(
            f"Its new id is {new}. To send it: "
            f"neuroflow submit {workspace} {cohort_id} --only {new}"
        )
