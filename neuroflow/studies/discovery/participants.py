"""Whose a study is, and which visit: by BIDS names, by PatientID, else by the folders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

from neuroflow.studies.discovery.grouping import FoundStudy
from neuroflow.studies.filenames import bids_entities, is_placeholder, printable, role, stem

_VISIT = re.compile(
    r"(ses(sion)?|visit|v|tp|t|time(point)?|scan|day|month|m|week|year|y|bl|baseline|base|fu"
    r"|follow[ _-]?up|pre|post|screening)[ _-]?\d*|\d{4}[-_]?\d{2}[-_]?\d{2}",
    re.I,
)
_ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$", re.I)


def with_participants(found: Sequence[FoundStudy], root: Path) -> list[FoundStudy]:
    """Find participant and session of each study."""
    folders = [_folders(one, root) for one in found]
    levels = _levels([parts for one, parts in zip(found, folders, strict=True) if not _id(one)])
    owners = _owners(found, folders)
    return [
        _named(one, parts, root, level=levels.get(parts[:1], 0), owners=owners)
        for one, parts in zip(found, folders, strict=True)
    ]


def _owners(
    found: Sequence[FoundStudy], folders: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], set[str]]:
    """Map each folder to the PatientIDs of the DICOM studies in it."""
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one, parts in zip(found, folders, strict=True):
        for depth in range(len(parts) if _id(one) else 0):
            owners[parts[: depth + 1]].add(_id(one))
    return owners


def _named(
    one: FoundStudy,
    parts: tuple[str, ...],
    root: Path,
    *,
    level: int,
    owners: Mapping[tuple[str, ...], set[str]],
) -> FoundStudy:
    relative = one.place.relative_to(root) if one.place.is_relative_to(root) else one.place
    entities = bids_entities(root.name / relative)
    participant = entities.get("sub") or _id(one)
    session = entities.get("ses")
    if not participant and parts:
        level = min(level, len(parts) - 1)
        ids = owners.get(parts[: level + 1], set())
        # An image beside the DICOM study it was converted from is of the same patient.
        participant = next(iter(ids)) if len(ids) == 1 else printable(parts[level])
        if session is None and len(parts) > level + 1 and _VISIT.fullmatch(parts[level + 1]):
            session = printable(parts[level + 1])
    if not participant and role(one.place.name) == "image":
        participant = printable(stem(one.place.name))
    study = replace(
        one.study,
        participant_id=normalize("NFC", participant) if participant else None,
        session_id=normalize("NFC", session) if session else None,
    )
    return replace(one, study=study)


def _id(one: FoundStudy) -> str:
    """Return the PatientID of DICOM; empty for one that an anonymiser wrote everywhere."""
    patient_id = printable(one.patient_id)
    return "" if is_placeholder(patient_id) else patient_id


def _folders(one: FoundStudy, root: Path) -> tuple[str, ...]:
    """List the folders above a study's files, below the root; an archive is a folder."""
    place = one.place.parent
    if not place.is_relative_to(root):
        return ()
    return tuple(_ARCHIVE.sub("", part) for part in place.relative_to(root).parts)


def _levels(folders: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Find out for each first folder whether it, or the one below it, names participants."""
    below: dict[str, list[str]] = defaultdict(list)
    for parts in folders:
        if parts:
            below[parts[0]].append(parts[1] if len(parts) > 1 else "")
    everywhere = [name for names in below.values() for name in set(names)]
    result: dict[tuple[str, ...], int] = {}
    for first, names in below.items():
        # A folder whose name has no number, such as "controls", or the only first folder of several
        # studies, is a group where the folders in it are numbered and differ, and are no visits.
        is_group = not any(char.isdigit() for char in first) or (len(below) == 1 and len(names) > 1)
        are_people = all(
            any(char.isdigit() for char in name)
            and not _VISIT.fullmatch(name)
            and everywhere.count(name) == 1
            for name in names
        )
        result[first,] = 1 if is_group and are_people else 0
    return result
