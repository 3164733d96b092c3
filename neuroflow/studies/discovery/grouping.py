"""What finding a study yields, before it has a label: its files, its place, its series."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuroflow.models import Study, StudyKind
from neuroflow.studies.archive import Member
from neuroflow.studies.filenames import printable


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Files that were skipped, and why."""

    path: Path
    reason: str
    files: int = 1


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study, and what its label, its participant and the choice of its series need."""

    study: Study
    place: Path  # Of its first file, where archives are folders
    patient_id: str = ""  # Of DICOM
    study_date: str = ""
    detail: str = ""
    series: tuple[tuple[str, int, tuple[Path, ...]], ...] = ()  # UID, number and files of each
    further: tuple[Path, ...] = ()  # Damaged files and sidecar: they belong to any of its series
    without_diffusion: str = ""  # Why it is no study for the service, unless a series is chosen


def make_study(
    members: Sequence[Member], root: Path, *, kind: StudyKind, study_uid: str | None = None
) -> Study:
    """Make the study of some files, all bare or all in one archive."""
    archive = members[0].path if members[0].name else None
    files = tuple(member.place for member in members)
    folder = common_folder(files)
    return Study(
        label=fallback_label(folder, root),
        kind=kind if archive is None else StudyKind.ZIP,
        root=folder if archive is None else archive,
        files=files,
        study_uid=study_uid,
    )


def common_folder(places: Iterable[Path]) -> Path:
    """Return the folder that holds all of some files."""
    return Path(os.path.commonpath([place.parent for place in places]))


def fallback_label(folder: Path, root: Path) -> str:
    """Label a study by its folder."""
    relative = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else folder.name
    return printable(relative) if relative not in ("", ".") else printable(root.name)
