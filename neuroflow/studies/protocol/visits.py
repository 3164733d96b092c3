"""Several studies of one participant and visit: only one of them may be sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from neuroflow.io import without_prefix
from neuroflow.models import Finding, Study, StudyKind
from neuroflow.studies.filenames import role
from neuroflow.studies.protocol.further_rules import SAME_VISIT
from neuroflow.studies.protocol.rule import finding

_NAMED = 10  # others in a finding: all of thousands in each of thousands would fill the memory


def same_visits(studies: Sequence[Study], fingerprints: Sequence[str]) -> list[Finding]:
    """Report studies of the same visit, copies apart: they have a finding of their own."""
    findings = []
    for group in _groups(studies):
        known = {fingerprints[index] or str(index) for index in group}
        if len(known) < 2:
            continue
        labels = [studies[index].label for index in group]
        findings += [
            finding(SAME_VISIT, studies[index], "also " + name_others(labels, place))
            for place, index in enumerate(group)
        ]
    return findings


def name_others(labels: Sequence[str], place: int) -> str:
    """Name the others of a group; the first of them, where they are many.

    >>> name_others(["P1 a", "P1 b", "P1 c"], 1)
    'P1 a, P1 c'
    """
    first = [label for at, label in enumerate(labels[: _NAMED + 1]) if at != place][:_NAMED]
    rest = len(labels) - 1 - len(first)
    return ", ".join(first) + (f" and {rest} more" if rest else "")


def _groups(studies: Sequence[Study]) -> list[list[int]]:
    """Group studies by participant and visit, and NIfTI images with the DICOM files beside them."""
    keys: list[tuple[str, ...]] = [_visit(study, index) for index, study in enumerate(studies)]
    beside = _only_dicom_study_of_folders(studies)
    for index, study in enumerate(studies):
        folder = _folder_of_image(study)
        if folder is not None and folder in beside:
            # A converter writes its image into the folder of the DICOM files.
            keys[index] = keys[beside[folder]]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _visit(study: Study, index: int) -> tuple[str, ...]:
    if study.participant_id is None:
        return ("", str(index))
    names = (study.participant_id, study.session_id or "")
    return tuple(without_prefix(name.casefold()) or "" for name in names)


def _only_dicom_study_of_folders(studies: Sequence[Study]) -> dict[Path, int]:
    found: dict[Path, set[int]] = defaultdict(set)
    for index, study in enumerate(studies):
        if _folder_of_image(study) is None:
            for folder in {place.parent for place in study.files}:
                found[folder].add(index)
    return {folder: min(indices) for folder, indices in found.items() if len(indices) == 1}


def _folder_of_image(study: Study) -> Path | None:
    """Return the folder of a NIfTI; None for a DICOM study."""
    if study.kind is StudyKind.DICOM:
        return None
    images = [place for place in study.files if role(place.name) == "image"]
    return images[0].parent if images else None
