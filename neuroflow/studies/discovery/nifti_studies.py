"""Group NIfTI images with their gradient files and sidecars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuroflow.errors import StudyError
from neuroflow.models import StudyKind
from neuroflow.studies.archive import Member
from neuroflow.studies.diffusion import B0_MAX
from neuroflow.studies.discovery.classify import ClassifiedFile
from neuroflow.studies.discovery.grouping import FoundStudy, Skipped, make_study
from neuroflow.studies.filenames import (
    bids_inherited,
    derived_image,
    mentions_diffusion,
    partner,
    role,
    stem,
)
from neuroflow.studies.nifti import count_axes, read_numbers

_Folders = dict[Path, dict[str, Member]]


def nifti_studies(
    root: Path, files: Sequence[ClassifiedFile], skipped: list[Skipped]
) -> list[FoundStudy]:
    """Group NIfTI images with their gradient files and sidecars."""
    folders: _Folders = defaultdict(dict)
    for file in files:
        if file.kind in ("nifti", "companion"):
            folders[file.place.parent][file.place.name] = file.member
    used: set[Member] = set()
    found: list[FoundStudy] = []
    for _, names in sorted(folders.items()):
        images = [name for name in names if role(name) == "image"]
        for name in images:
            parts, is_own = _gradient_files(names[name], folders, root)
            reason = _reason_to_skip(names[name], parts, is_own=is_own)
            if not reason or "bval" in parts:
                used |= set(parts.values())
            if reason:
                skipped.append(Skipped(names[name].place, reason))
            else:
                sidecars = _sidecars(names[name], folders, root)
                found.append(_study(root, names[name], [*parts.values(), *sidecars]))
    gradients = (
        member
        for names in folders.values()
        for name, member in names.items()
        if role(name) in ("bval", "bvec")
    )
    skipped += [
        Skipped(member.place, "b-values or b-vectors without an image")
        for member in gradients
        if member not in used
    ]
    return found


def _gradient_files(image: Member, folders: _Folders, root: Path) -> tuple[dict[str, Member], bool]:
    """Find b-values and b-vectors of an image; also whether they are its own, and not shared."""
    parts: dict[str, Member] = {}
    for kind in ("bval", "bvec"):
        found = _beside(image, folders, kind) or next(_inherited(image, folders, kind, root), None)
        if found is not None:
            parts[kind] = found
    own = stem(image.basename).casefold()
    is_own = "bval" in parts and stem(parts["bval"].basename).casefold() == own
    return parts, is_own


def _sidecars(image: Member, folders: _Folders, root: Path) -> list[Member]:
    """Find the sidecars of an image, the nearest one last: in BIDS they complete each other."""
    beside = _beside(image, folders, "sidecar")
    above = list(_inherited(image, folders, "sidecar", root))
    return [*above[::-1], *([beside] if beside is not None else [])]


def _beside(image: Member, folders: _Folders, kind: str) -> Member | None:
    names = folders[image.place.parent]
    images = [name for name in names if role(name) == "image" and not derived_image(name)]
    alone = len(images) == 1 and not derived_image(image.basename)
    name = partner(image.basename, names, kind, alone=alone)
    return names[name] if name is not None else None


def _inherited(image: Member, folders: _Folders, kind: str, root: Path) -> Iterator[Member]:
    """Yield the files further up in a BIDS dataset, the nearest first; of a folder, one."""
    top = image.path if image.name else root
    folder = image.place.parent
    while folder != top and folder.is_relative_to(top):
        folder = folder.parent
        above = folders.get(folder, {})
        names = [
            name for name in above if role(name) == kind and bids_inherited(image.basename, name)
        ]
        if names:
            yield above[max(names, key=len)]


def _reason_to_skip(image: Member, parts: dict[str, Member], *, is_own: bool) -> str:
    what = derived_image(image.basename)
    if what and not (what == "map" and is_own and count_axes(image) == 4):
        return f"NIfTI, but not a diffusion image: {what}"
    is_flat = not is_own and count_axes(image) in (2, 3)
    if "bval" in parts:
        if is_flat:
            return "NIfTI with three axes: a map or a mask beside diffusion images"
        return _reason_of_b_values(parts["bval"])
    if is_flat or not mentions_diffusion(image.place):
        return "NIfTI without b-values: not diffusion"
    return ""  # the check reports that gradients are missing


def _reason_of_b_values(bval: Member) -> str:
    try:
        b_values = read_numbers(bval)
    except StudyError:
        return ""  # the check reports why
    if len(b_values.ravel()) and (b_values <= B0_MAX).all():
        return "NIfTI with b = 0 only: reverse phase encoding, or not diffusion"
    return ""


def _study(root: Path, image: Member, further: Sequence[Member]) -> FoundStudy:
    study = make_study([image, *further], root, kind=StudyKind.NIFTI)
    return FoundStudy(study, place=image.place, detail=stem(image.basename))
