"""What finding and checking a folder of scans reports."""

from __future__ import annotations

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
