"""What finding and checking a folder of scans reports."""

from __future__ import annotations

import shutil
from pathlib import Path

from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.protocol.check import check_study


def measured(folder: Path) -> dict[str, str]:
    """Return what the findings of the one study in a folder measured, by rule."""
    (study,) = find_studies(folder)
    return {finding.rule: finding.measured for finding in check_study(study)}


def skip_reasons(folder: Path) -> list[str]:
    """Return why files in a folder were skipped."""
    return survey(folder).skipped["reason"].tolist()


def two_nifti_studies(cohort, folder):
    """Copy the first two NIfTI studies of a cohort, of two participants, into a folder."""
    shutil.copy(cohort / "participants.tsv", folder)
    sessions = {
        path.parents[2].name: path.parent
        for path in sorted((cohort / "scans").rglob("*.json"), reverse=True)
    }  # the first of each participant
    for session in sorted(sessions.values())[:2]:
        shutil.copytree(session, folder / session.relative_to(cohort))
    return folder
