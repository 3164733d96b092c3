"""``neuroflow submit``: every study of a cohort, once and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.commands.studies.pilot import send_pilot
from neuroflow.cli.completion import studies
from neuroflow.cli.console import Console, print_stderr
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import find_scans, open_workspace, people_to_copy
from neuroflow.cli.options import (
    AsJson,
    CohortId,
    Columns,
    HostKey,
    Jobs,
    Participants,
    Quiet,
    ScansFolder,
    Sheet,
    WorkspaceFolder,
    split_list,
)
from neuroflow.cli.signals import stoppable
from neuroflow.cli.table_completion import in_list
from neuroflow.ledger import SENT, State
from neuroflow.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.models import Cohort


def submit(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    folder: ScansFolder = None,
    participants: Participants = None,
    sheet: Sheet = None,
    column: Columns = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent; send nothing.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these studies, by id or label: A,B.", autocompletion=in_list(studies)
        ),
    ] = None,
    only_good: Annotated[
        bool,
        typer.Option(
            "--only-good",
            help="Send only studies without errors; uploads start while other studies "
            "are being packaged.",
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", help="Send only studies whose last upload failed or was interrupted."
        ),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Send studies again that changed, failed or have an unknown outcome."
        ),
    ] = False,
    not_sent_before: Annotated[
        bool,
        typer.Option(
            "--not-sent-before",
            help="Confirm that these studies were never sent, where the workspace cannot know it.",
        ),
    ] = False,
    limit_mb_per_s: Annotated[
        float | None, typer.Option(help="The highest upload rate, in MB per second.")
    ] = None,
    pilot: Annotated[
        bool,
        typer.Option(
            "--pilot",
            help="Send one study, wait for its results, check them, and only then offer to send "
            "the others.",
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Send the others without asking if the pilot passed.")
    ] = False,
    host_key: HostKey = None,
    jobs: Jobs = None,  # noqa: ARG001  its callback sets it
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Send every study of a cohort that was not sent yet.

    Exit code 8: studies have errors, or the pilot study did not pass. 20: studies are left.
    """
    if pilot and (dry_run or retry_failed):
        raise typer.BadParameter("sends a study that was not sent yet", param_hint="--pilot")
    if limit_mb_per_s is not None and not limit_mb_per_s > 0:
        raise typer.BadParameter("must be greater than 0", param_hint="--limit-mb-per-s")
    with (
        Console(as_json=as_json, quiet=quiet) as console,
        open_workspace(workspace) as ws,
        stoppable() as stop,
    ):
        if host_key:
            ws.service.trust(host_key)
        with console.progress() as on_event:
            people = people_to_copy(participants, sheet, column)
            found = find_scans(folder, on_event)
            cohort = ws.cohort(cohort_id, found, participants=people, on_event=on_event)
            _warn_unmatched(cohort, ws.participants(cohort_id))
            options: dict[str, Any] = {
                "only": split_list(only),
                "only_good": only_good,
                "replace": replace,
                "not_sent_before": not_sent_before,
                "limit_mb_per_s": limit_mb_per_s,
                "on_event": on_event,
                "stop": stop,
            }
            facts = send_pilot(console, ws, cohort, yes=yes, **options) if pilot else {}
            table = ws.submit(cohort, dry_run=dry_run, retry_failed=retry_failed, **options)
        left = _print_result(console, cohort_id, table, facts, dry_run=dry_run)
    if left:
        console.info(f"Not all studies were sent; the table shows why. {_what_next(table)}")
        raise typer.Exit(SOMETHING_LEFT)


def _warn_unmatched(cohort: Cohort, participants: pd.DataFrame | None) -> None:
    """Warn of studies without a row in participants.tsv, while it can still be corrected."""
    from neuroflow.workspace import unmatched_studies

    labels = list(unmatched_studies(cohort, participants)["study"])
    if labels:
        shown = ", ".join(labels[:5]) + (", ..." if len(labels) > 5 else "")
        print_stderr(
            f"Warning: {counted(len(labels), 'study has', 'studies have')} no row in "
            f"participants.tsv; the results will have no group: {shown}. Add rows, or name the "
            "participants in studies.tsv."
        )


def _what_next(table: pd.DataFrame) -> str:
    """Return what can be done about studies that were not sent."""
    left = table[table["action"] != "excluded"]["state"]
    is_in_doubt = left == State.UNCONFIRMED
    if not is_in_doubt.any():
        return "Run the same command again."
    advice = "wait for the results of those that are unconfirmed, or send them with --replace."
    is_open = ~left.isin(SENT) & ~is_in_doubt
    again = "Run the same command again; " if is_open.any() else ""
    return again + (advice if again else advice.capitalize())


def _print_result(
    console: Console, cohort_id: str, table: pd.DataFrame, more: dict[str, Any], *, dry_run: bool
) -> int:
    """Print the result; return how many studies are left."""
    summary = str(table.attrs.get("summary", ""))
    facts = {"cohort_id": cohort_id, "dry_run": dry_run, "summary": summary}
    if dry_run:
        console.output(facts | more | {"left": 0, "studies": table}, table)
        console.info(f"Nothing was sent. {summary}")
        return 0
    is_sent = table["state"].isin(SENT)
    left = int((~is_sent & (table["action"] != "excluded")).sum())
    rest = table[~is_sent]  # of those that are sent, a line each says nothing new
    console.output(facts | more | {"left": left, "studies": table}, rest if len(rest) else None)
    console.print(f"{int(is_sent.sum())} of {len(table)} studies are sent.")
    return left
