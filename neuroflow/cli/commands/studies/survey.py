"""What is in a folder and in a study: ``neuroflow survey`` and ``deidentification``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.commands.studies.cohort import StudyName
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, CohortId, Jobs, Quiet, To, WorkspaceFolder


def survey(
    folder: Annotated[Path, typer.Argument(help="The folder of scans.")],
    to: To = None,
    jobs: Jobs = None,  # noqa: ARG001  its callback sets it
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count the studies in a folder, and list what was skipped with the reason; --json has both."""
    import pandas as pd

    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        with console.progress() as on_event:
            found = nf.survey(folder, on_event=on_event)
        studies = pd.DataFrame(
            {
                "study": [each.label for each in found.studies],
                "kind": [each.kind for each in found.studies],
                "files": [len(each.files) for each in found.studies],
            }
        )
        if to is not None:
            nf.save_cohort_table(found.skipped, to)
        skipped = found.skipped
        console.output({"studies": studies, "skipped": skipped}, skipped if len(skipped) else None)
        console.info(found.summary)


def deidentification(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    before: Annotated[
        bool,
        typer.Option("--before", help="Also show the values before: they identify the patient."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List what de-identification changes in one study, and what it cannot detect."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        found = ws.deidentification(cohort_id, study)
        if not before:
            found = found.drop(columns="before")
        console.output({"attributes": found}, found)
