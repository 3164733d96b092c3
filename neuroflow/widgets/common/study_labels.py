"""Readable labels of studies."""

from __future__ import annotations

from neuroflow.workspace import COHORTS, CohortStore, Workspace


def study_labels(ws: Workspace) -> dict[str, str]:
    """Map every `study_id` of a workspace to the label of the study."""
    return CohortStore(ws.folder / COHORTS).labels()
