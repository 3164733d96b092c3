"""Readable labels of studies."""

from __future__ import annotations

from neuroflow.workspace import COHORTS, CohortStore, Workspace


def study_labels(ws: Workspace) -> dict[str, str]:
    """Map every `study_id` of a workspace to the label of the study."""
    store = CohortStore(ws.folder / COHORTS)
    labels: dict[str, str] = {}
    for cohort_id in store.ids():
        frame = store.frame(cohort_id)
        labels.update(zip(frame["study_id"], frame["label"], strict=True))
    return labels
