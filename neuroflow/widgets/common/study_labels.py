"""Readable labels of studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from neuroflow.workspace import COHORTS, CohortStore, Workspace


def study_labels(ws: Workspace) -> dict[str, str]:
    """Map every `study_id` of a workspace to the label of the study."""
    return CohortStore(ws.folder / COHORTS).labels()


def unique_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the label of each study, with the start of its id where others have the same."""
    often = Counter(labels.values())
    return {
        study: name if often[name] == 1 else f"{name} ({study[:8]})"
        for study, name in labels.items()
    }
