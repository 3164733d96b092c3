"""The question that the Cohort form asks where a known cohort is named with another folder."""

from __future__ import annotations

import os

from neuroflow.models import Cohort
from neuroflow.workspace import Workspace


def question_on_folder(ws: Workspace, cohort_id: str, folder: str) -> str:
    """Return what is asked about a known cohort; empty where the folder holds what is known."""
    cohort = ws.cohort(cohort_id)
    typed = os.path.abspath(os.path.expanduser(folder))  # noqa: PTH100, PTH111  pathlib raises for ~nobody
    if all(study.root.is_relative_to(typed) for study in cohort.studies):
        return ""
    known = common_folder(cohort)
    sent = sum(bool(row.submitted_at) for row in ws.ledger.rows(cohort_id))
    return (
        f"{cohort_id} holds {len(cohort.studies)} studies of {known or 'several folders'}, "
        f"{sent} of them sent. Add the studies of the other folder, show the cohort as it is, "
        "or enter another cohort id."
    )


def common_folder(cohort: Cohort) -> str:
    """Return the folder that holds all studies of a cohort; empty on several drives."""
    roots = [s.root if s.root.suffix.lower() != ".zip" else s.root.parent for s in cohort.studies]
    try:
        return os.path.commonpath(roots) if roots else ""
    except ValueError:
        return ""
