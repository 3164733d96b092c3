"""``neuroflow submit``: every study of a cohort, once and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.completion import studies
from neuroflow.cli.console import Voice, say_beside
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import found_below
from neuroflow.cli.options import (
    AsJson,
    CohortId,
    HostKey,
    Participants,
    Quiet,
    ScansFolder,
    WorkspaceFolder,
    listed,
)
from neuroflow.cli.signals import stoppable
from neuroflow.ledger import State

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.models import Cohort

SENT = (State.SUBMITTED, State.COLLECTED, State.FAILED)
"""States of a study that the service has."""


def submit(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    folder: ScansFolder = None,
    participants: Participants = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only these studies, by id or label: A,B.", autocompletion=studies),
    ] = None,
    only_good: Annotated[
        bool,
        typer.Option(
            "--only-good",
            help="Send the studies without errors; the first leave while others are packaged.",
        ),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Only those whose upload came to no good end.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Send changed studies anew.")] = False,
    limit_rate: Annotated[float | None, typer.Option(help="MB per second at most.")] = None,
    host_key: HostKey = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Send every study of a cohort that was not sent yet."""
    import neuroflow as nf

    if limit_rate is not None and not limit_rate > 0:
        raise typer.BadParameter("give a number above zero", param_hint="--limit-rate")
    with (
        Voice(as_json=as_json, quiet=quiet) as voice,
        nf.Workspace(workspace) as ws,
        stoppable() as stop,
    ):
        if host_key:
            ws.service.trust(host_key)
        with voice.listening() as listen:
            found = found_below(folder, participants, listen)
            cohort = ws.cohort(cohort_id, found, participants=participants)
            _tell_strangers(cohort, ws.participants(cohort_id))
            table = ws.submit(
                cohort,
                dry_run=dry_run,
                only=listed(only),
                only_good=only_good,
                retry_failed=retry_failed,
                replace=replace,
                limit_rate=limit_rate and limit_rate * 1e6,
                on_event=listen,
                stop=stop,
            )
        left = _tell(voice, cohort_id, table, dry_run=dry_run)
    if left:
        voice.note("Not all studies were sent; the table says why. Run the same command again.")
        raise typer.Exit(SOMETHING_LEFT)


def _tell_strangers(cohort: Cohort, participants: pd.DataFrame | None) -> None:
    """Warn of studies that no row of participants.tsv speaks of: now it can still be mended."""
    from neuroflow.workspace import unmatched_studies

    labels = list(unmatched_studies(cohort, participants)["study"])
    if labels:
        shown = ", ".join(labels[:5]) + (", ..." if len(labels) > 5 else "")
        say_beside(
            f"Warning: {len(labels)} studies have no row in participants.tsv, and their results "
            f"will have no group: {shown}. Add rows, or name their participants in studies.tsv."
        )


def _tell(voice: Voice, cohort_id: str, table: pd.DataFrame, *, dry_run: bool) -> int:
    """Give the answer; return how many studies are left over."""
    wanted = table[table["action"] != "excluded"]
    left = 0 if dry_run else int((~wanted["state"].isin(SENT)).sum())
    summary = str(table.attrs.get("summary", ""))
    facts = {"cohort_id": cohort_id, "dry_run": dry_run, "left": left, "summary": summary}
    voice.answer(facts | {"studies": table}, table)
    if dry_run:
        voice.note(f"Nothing was sent. {summary}")
    return left
