"""How a workspace shows itself in a notebook."""

from __future__ import annotations

from html import escape
from pathlib import Path

from neuroflow.errors import NeuroflowError
from neuroflow.ledger import Ledger
from neuroflow.models import shortened
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.service import Service

MAX_SHOWN = 150
"""Characters of a path in a repr."""

__all__ = ["MAX_SHOWN", "shortened", "workspace_html"]


def workspace_html(folder: Path, service: Service, enrolment: Enrolment, ledger: Ledger) -> str:
    """Return the folder, the service and one row per cohort as HTML."""
    try:
        server = service.name or "no profile yet"
        rows = [_row(cohort_id, enrolment, ledger) for cohort_id in enrolment.ids()]
    except NeuroflowError as error:
        server, rows = str(error), []
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th>{name}</th>" for name in ("cohort", "studies", "states"))
    return (
        f"<p><b>Workspace</b> {escape(str(folder))}<br>Service: {escape(server)}</p>"
        f"<table><tr>{head}</tr>{cells}</table>"
    )


def _row(cohort_id: str, enrolment: Enrolment, ledger: Ledger) -> tuple[str, str, str]:
    states = [str(row.state) for row in ledger.rows(cohort_id)]
    states += ["excluded"] * len(enrolment.excluded(cohort_id))
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return cohort_id, str(len(enrolment.current(cohort_id).studies)), counts or "not sent yet"
