"""``neuroflow submit --pilot``: one study first, and the others only if it passed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.errors import PilotError, Wording

if TYPE_CHECKING:
    from neuroflow.models import Cohort, OnEvent
    from neuroflow.workspace import PilotResult, Workspace


def send_pilot(
    console: Console, ws: Workspace, cohort: Cohort, on_event: OnEvent, *, yes: bool, **options: Any
) -> dict[str, Any]:
    """Send one study and check its results; return the facts, or end the command.

    It ends here unless the study passed and the user wants the others to be sent.
    """
    result = ws.pilot(cohort, on_event=on_event, **options)
    facts = _facts(result)
    if not console.as_json:
        console.output({}, result.checks)
    console.info(result.summary)
    if result.is_passed and (yes or _is_confirmed(console, ws, cohort)):
        return facts
    console.output({"cohort_id": cohort.cohort_id, **facts})
    if not (result.is_passed or result.is_waiting):
        raise PilotError(
            result.summary,
            advice=Wording(
                "Find out why before you send the other studies.",
                cli="Find out why before you send the other studies; the returned files are "
                "in the folder `results` of the workspace.",
            ),
        )
    again = "without --pilot, or with --yes" if result.is_passed else "again to continue"
    console.info(f"The other studies were not sent. Run the same command {again}.")
    raise typer.Exit(SOMETHING_LEFT)


def _is_confirmed(console: Console, ws: Workspace, cohort: Cohort) -> bool:
    sent = {row.study_id for row in ws.ledger.rows(cohort.cohort_id) if row.state.is_sent}
    left = sum(study.study_id not in sent for study in cohort.studies)
    if not left:
        return True
    is_terminal = sys.stdin.isatty() and not console.as_json
    return is_terminal and typer.confirm(f"Send the other studies, {left} at most?", err=True)


def _facts(result: PilotResult) -> dict[str, Any]:
    return {
        "pilot": {
            "cohort_id": result.cohort_id,
            "study_id": result.study_id,
            "state": result.state,
            "is_passed": result.is_passed,
            "summary": result.summary,
        },
        "checks": result.checks,
    }
