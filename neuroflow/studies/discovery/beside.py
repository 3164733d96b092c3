"""Files beside the images of a DICOM study that belong to it: damaged ones, and its sidecar."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from neuroflow.errors import StudyError
from neuroflow.studies.archive import Member
from neuroflow.studies.discovery.classify import DAMAGED, ClassifiedFile
from neuroflow.studies.filenames import role, stem
from neuroflow.studies.sidecar import read_sidecar, sidecar_facts

_DICOM_ENDINGS = (".dcm", ".ima", ".dicom", ".dcm.gz", ".ima.gz", ".mr", ".mrdc")


def damaged_beside(
    studies: Sequence[Sequence[ClassifiedFile]], files: Sequence[ClassifiedFile]
) -> list[list[Member]]:
    """Return for each study the damaged files in its folders that seem to be its own."""
    broken = [file for file in files if file.kind == "damaged"]
    if not broken:
        return [[] for _ in studies]
    owner = {file.place: number for number, study in enumerate(studies) for file in study}
    folders: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        if file.kind == "dicom":
            folders[file.place.parent].append(file.place)
    found: list[list[Member]] = [[] for _ in studies]
    for file in broken:
        # Where a folder holds images of several series, the names before and after the damaged one
        # decide: scanners and exports number their files in order.
        neighbours = sorted(folders.get(file.place.parent, ()))
        if not neighbours or not _looks_like_sibling(file, neighbours):
            continue
        owners = {owner.get(place) for place in neighbours}
        if len(owners) > 1:
            at = bisect_left(neighbours, file.place)
            owners = {owner.get(place) for place in neighbours[max(at - 1, 0) : at + 1]}
        for number in owners - {None}:
            found[number].append(file.member)  # type: ignore[index]
    return found


def _looks_like_sibling(file: ClassifiedFile, neighbours: Sequence[Path]) -> bool:
    """Check whether a damaged file was a DICOM file: by its bytes, else by its name."""
    name = file.place.name
    if file.reason.startswith(DAMAGED) or name.lower().endswith(_DICOM_ENDINGS):
        return True
    if not file.place.suffix and any(not place.suffix for place in neighbours):
        return True
    return _shape(name) in {_shape(place.name) for place in neighbours}


def _shape(name: str) -> str:
    return re.sub(r"\d+", "0", name)


def sidecar_beside(
    root: Path, studies: Sequence[Sequence[ClassifiedFile]], files: Sequence[ClassifiedFile]
) -> list[list[Member]]:
    """Return for each study the JSON file with age or sex that belongs to it alone, if any."""
    sidecars: dict[Path, list[Member]] = defaultdict(list)
    images = {(file.place.parent, _own(file.place)) for file in files if file.kind == "nifti"}
    for file in files:
        is_sidecar = file.kind == "companion" and role(file.place.name) == "sidecar"
        # One named as a NIfTI belongs to that.
        if is_sidecar and (file.place.parent, _own(file.place)) not in images:
            sidecars[file.place.parent].append(file.member)
    if not sidecars:
        return [[] for _ in studies]
    owners: dict[Path, set[int]] = defaultdict(set)  # of each folder and those above it
    for number, study in enumerate(studies):
        for folder in {file.place.parent for file in study}:
            for place in (folder, *folder.parents):
                owners[place].add(number)
                if place in (root, root.parent):
                    break
    return [_nearest(study, owners, sidecars) for study in studies]


def _own(place: Path) -> str:
    return stem(place.name).casefold()


def _nearest(
    study: Sequence[ClassifiedFile],
    owners: Mapping[Path, set[int]],
    sidecars: Mapping[Path, list[Member]],
) -> list[Member]:
    first = study[0]
    for folder in first.place.parents:
        if folder not in owners or (first.member.name and folder == first.member.path.parent):
            break
        found = {one: facts for one in sidecars.get(folder, ()) if (facts := _facts(one, first))}
        if len(owners[folder]) > 1:  # only one that names the study states whose it is
            found = {one: facts for one, facts in found.items() if facts[2]}
        if len(set(found.values())) == 1:
            return [next(iter(found))]
        if found or len(owners[folder]) > 1:
            return []  # whose they are is not known
    return []


def _facts(sidecar: Member, image: ClassifiedFile) -> tuple[str, str, str] | None:
    """Read age, sex and study of a JSON file; None where it has neither, or is of another study."""
    try:
        facts = sidecar_facts(read_sidecar(sidecar))
    except StudyError:
        return None
    age, sex, uid = (facts.get(word, "") for word in ("age", "sex", "study_uid"))
    known = image.summary.study_uid if image.summary else ""
    # The description of a table has objects in their places.
    if isinstance(age, dict | list) or isinstance(sex, dict | list) or not (age or sex):
        return None
    return (str(age), str(sex), str(uid)) if not uid or str(uid) == known else None
