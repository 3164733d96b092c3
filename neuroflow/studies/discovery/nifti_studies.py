"""Group NIfTI images with their gradient files and sidecars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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
            parts, is_own = _parts(names[name], folders, root)
            reason = _reason_to_skip(names[name], parts, is_own=is_own)
            if not reason or "bval" in parts:
                used |= set(parts.values())
            if reason:
                skipped.append(Skipped(names[name].place, reason))
            else:
                found.append(_study(root, names[name], parts))
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


def _parts(image: Member, folders: _Folders, root: Path) -> tuple[dict[str, Member], bool]:
    """Find the files of an image; also whether its b-values are its own, and not shared."""
    folder = image.place.parent
    names = folders[folder]
    alone = sum(role(name) == "image" and not derived_image(name) for name in names) == 1
    alone = alone and not derived_image(image.basename)
    top = image.path if image.name else root
    parts: dict[str, Member] = {}
    for kind in ("bval", "bvec", "sidecar"):
        name = partner(image.basename, names, kind, alone=alone)
        if name is not None:
            parts[kind] = names[name]
        elif inherited := _inherited(image, folders, kind, top):
            parts[kind] = inherited
    own = stem(image.basename).casefold()
    is_own = "bval" in parts and stem(parts["bval"].basename).casefold() == own
    return parts, is_own


def _inherited(image: Member, folders: _Folders, kind: str, top: Path) -> Member | None:
    """Find a file further up in a BIDS dataset, the nearest and most specific one."""
    folder = image.place.parent
    while folder != top and folder.is_relative_to(top):
        folder = folder.parent
        above = folders.get(folder, {})
        names = [
            name for name in above if role(name) == kind and bids_inherited(image.basename, name)
        ]
        if names:
            return above[max(names, key=len)]
    return None


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


def _study(root: Path, image: Member, parts: dict[str, Member]) -> FoundStudy:
    order = [parts[kind] for kind in ("bval", "bvec", "sidecar") if kind in parts]
    study = make_study([image, *order], root, kind=StudyKind.NIFTI)
    return FoundStudy(study, place=image.place, detail=stem(image.basename))
