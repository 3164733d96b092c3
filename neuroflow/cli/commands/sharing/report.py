"""``neuroflow report`` and ``neuroflow verify``: one page about a project, and its check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import DIFFERS
from neuroflow.cli.inputs import cohort_table, is_workspace, open_workspace
from neuroflow.cli.options import (
    AsJson,
    By,
    Covariates,
    Metric,
    Participants,
    Quiet,
    Reference,
    Visit,
    WorkspaceFolder,
    none_is_all,
    split_list,
)
from neuroflow.errors import OptionError


def report(
    workspace: WorkspaceFolder,
    to: Annotated[Path, typer.Option(help="The .html file; print it in a browser for a PDF.")],
    title: Annotated[str, typer.Option(help="The heading.")] = "Regional diffusion MRI report",
    metric: Metric = "FW",
    by: By = "group",
    reference: Reference = "auto",
    covariates: Covariates = None,
    visit: Visit = None,
    figures: Annotated[bool, typer.Option(help="With figures, or tables only.")] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write one self-contained page: cohort flow, Table 1, comparisons, accuracy, methods."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        file = nf.report(
            ws,
            to,
            title=title,
            metric=metric,
            by=by,
            reference=none_is_all(reference),
            covariates=split_list(covariates),
            visit=visit,
            figures=figures,
        )
        console.output({"file": file})
        console.print(str(file))


def verify(
    file: Annotated[Path, typer.Argument(help="A report, or a table for a paper.")],
    source: Annotated[
        Path | None,
        typer.Argument(
            help="Its workspace, or the cohort table in a file; if omitted, the workspace that the "
            "file is in."
        ),
    ] = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute every number of a report or table again; exit code 21 if any differs."""
    import neuroflow as nf

    source = source or _workspace_around(file)
    with Console(as_json=as_json, quiet=quiet) as console:
        if is_workspace(source):
            with open_workspace(source) as ws:
                found = nf.verify(file, ws)
        else:
            found = nf.verify(file, cohort_table(source, participants))
        n = found.attrs["n_compared"]
        facts = {"n_compared": n, "n_differing": len(found)}
        console.output(
            {**facts, "made_with": found.attrs["made_with"], "differing": found},
            found if len(found) else None,
        )
        console.info(f"{n} texts were computed again: {len(found)} differ.")
    if len(found):
        raise typer.Exit(DIFFERS)


def _workspace_around(file: Path) -> Path:
    """Return the workspace that a file is in."""
    for folder in file.absolute().parents:
        if is_workspace(folder):
            return folder
    raise OptionError(
        f"{file} is in no workspace.",
        advice="Name the workspace, or the cohort table, after the file.",
    )
