"""Results: ``neuroflow status``, ``collect``, ``table``, ``export``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import cohort_table, open_workspace, read_schema, study_facts
from neuroflow.cli.options import (
    AsJson,
    HostKey,
    Participants,
    Quiet,
    SchemaFile,
    Source,
    To,
    WorkspaceFolder,
    split_list,
)
from neuroflow.cli.signals import stoppable
from neuroflow.cli.table_completion import metrics
from neuroflow.errors import MissingExtraError, TableError

if TYPE_CHECKING:
    import pandas as pd


FORMATS = ("csv", "tsv", "parquet", "xlsx")
"""What a table can be exported as."""


AllStudies = Annotated[
    bool, typer.Option("--all", help="Also the studies of other workspaces of the account.")
]


def status(
    workspace: WorkspaceFolder,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use the ledger only, without the network.")
    ] = False,
    all_studies: AllStudies = False,
    host_key: HostKey = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the state of every study, and how recent it is."""
    from neuroflow.transfer import as_of
    from neuroflow.workspace import usual_time

    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        if host_key:
            ws.service.trust(host_key)
        table = ws.status(offline=offline, all_studies=all_studies)
        facts = states(table) | {"result_hours": table.attrs["result_hours"]}
        console.output(facts, table if len(table) else None)
        at = table.attrs.get("listed_at")
        seen = f"The server {as_of(at, datetime.now(UTC).astimezone())}."
        console.info(seen if at else "From the ledger only: the server has not been checked yet.")
        if (others := table.attrs["n_others"]) and not all_studies:
            console.info(f"{others} studies of other workspaces of the account: --all lists them.")
        console.info(usual_time(table.attrs["result_hours"]))


def states(table: pd.DataFrame) -> dict[str, Any]:
    """Return a status as facts for JSON."""
    counts = table["state"].value_counts(sort=False).to_dict()
    listed_at = table.attrs.get("listed_at")
    news = new_studies(table)
    return {
        "listed_at": listed_at,
        "counts": counts,
        "ledger_warnings": table.attrs.get("ledger_warnings", []),
        **news,
        "studies": table.copy(deep=False),
    }


def new_studies(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the studies that a status lists as new: collected, failed, overdue."""
    names = [str(name) for name in table.attrs]
    return {name: list(table.attrs[name]) for name in names if name.startswith("newly_")}


def has_bad_news(table: pd.DataFrame) -> bool:
    """Return whether a study newly failed or is overdue, since the last report."""
    return bool(table.attrs.get("newly_failed") or table.attrs.get("newly_overdue"))


BidsLabels = Annotated[
    bool | None,
    typer.Option(
        "--bids-labels/--plain-labels",
        help="Write sub-001 and ses-2, or 001 and 2; as they were given if omitted.",
    ),
]


def collect(
    workspace: WorkspaceFolder,
    all_studies: AllStudies = False,
    host_key: HostKey = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Download every result that is new or changed.

    Exit code 20: studies newly failed or are overdue; each is printed once, also with --quiet.
    """
    with (
        Console(as_json=as_json, quiet=quiet) as console,
        open_workspace(workspace) as ws,
        stoppable() as stop,
    ):
        if host_key:
            ws.service.trust(host_key)
        with console.progress() as on_event:
            table = ws.collect(all_studies=all_studies, on_event=on_event, stop=stop)
        console.output(states(table), table)
    if has_bad_news(table):
        raise typer.Exit(SOMETHING_LEFT)


def table(
    source: Source,
    to: To = None,
    wide: Annotated[
        str | None,
        typer.Option(
            help="Write one row per study and one column per region, of this metric.",
            autocompletion=metrics,
        ),
    ] = None,
    all_studies: AllStudies = False,
    bids_labels: BidsLabels = None,
    participants: Participants = None,
    schema: SchemaFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the cohort table to a file, or as CSV to the standard output."""
    import neuroflow as nf
    from neuroflow.results import cells_for_text, portable

    with Console(as_json=as_json, quiet=quiet) as console:
        rows = cohort_table(source, participants, read_schema(schema), all_studies=all_studies)
        if wide:
            rows = nf.to_wide(rows, metric=wide, covariates=True).reset_index()
        if to is not None:
            nf.save_cohort_table(rows, to, bids_labels=bids_labels)
            console.info(f"{len(rows)} rows in {to}")
            console.output({"rows": len(rows), "columns": list(rows.columns), "file": to})
        elif as_json:
            console.output({"rows": len(rows), "columns": list(rows.columns), "table": rows})
        else:
            plain = portable(rows, bids_labels=bids_labels, as_text=True)
            cells_for_text(plain).to_csv(sys.stdout, index=False)


def export(
    source: Source,
    to: Annotated[Path, typer.Argument(help="The folder to write to.")],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help=f"Formats of the files: {','.join(FORMATS)}; all if omitted."
        ),
    ] = None,
    study_ids: Annotated[
        bool, typer.Option("--study-ids", help="Keep the ids of studies instead of numbers.")
    ] = False,
    bids: Annotated[
        bool, typer.Option("--bids", help="Write a BIDS dataset, with an RO-Crate, instead.")
    ] = False,
    title: Annotated[str, typer.Option(help="The name of the BIDS dataset.")] = "",
    all_studies: AllStudies = False,
    bids_labels: BidsLabels = None,
    participants: Participants = None,
    schema: SchemaFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the cohort table, one wide table per metric, and the facts of the studies.

    Numbers replace the ids of studies, since an id is the same in every project.
    """
    import neuroflow as nf

    wanted = split_list(formats) or list(FORMATS)
    if unknown := [name for name in wanted if name not in FORMATS]:
        raise typer.BadParameter(f"{', '.join(unknown)} is none of {', '.join(FORMATS)}")
    files: list[Path] = []
    left: list[dict[str, str]] = []
    with Console(as_json=as_json, quiet=quiet) as console:
        if bids:
            rows = cohort_table(source, participants, read_schema(schema), all_studies=all_studies)
            root = nf.export_bids(rows, to, title=title)
            files = sorted(file for file in root.rglob("*") if file.is_file())
            console.output({"files": files, "left_out": left})
            console.print(f"{len(files)} files in {root}")
            return
        for name, frame in _tables(source, participants, schema, all_studies, study_ids):
            for ending in wanted:
                try:
                    file = to / f"{name}.{ending}"
                    files.append(nf.save_cohort_table(frame, file, bids_labels=bids_labels))
                except (MissingExtraError, TableError) as error:  # the other formats are written
                    reason = str(error.worded_for("cli"))
                    left.append({"file": f"{name}.{ending}", "reason": reason})
                    console.info(f"{name}.{ending} was not written: {reason}")
        console.output({"files": files, "left_out": left})
        console.print("\n".join(map(str, files)))
    if left:
        raise typer.Exit(SOMETHING_LEFT)


def _tables(
    source: Path,
    participants: Path | None,
    schema_file: Path | None,
    all_studies: bool,
    study_ids: bool,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield what there is to export, by the name of its file."""
    import neuroflow as nf
    from neuroflow.results import StudyNumbers

    schema = read_schema(schema_file)
    numbers = StudyNumbers()
    long = cohort_table(source, participants, schema, all_studies=all_studies)
    long = long if study_ids else numbers.apply(long)
    yield "cohort_table", long
    for metric in dict.fromkeys(long["metric"].astype(str)):
        yield f"wide_{metric}", nf.to_wide(long, metric=metric, covariates=True).reset_index()
    facts = study_facts(source, participants, schema, all_studies=all_studies)
    if facts is not None:
        yield "studies", facts if study_ids else numbers.apply(facts)
