"""The files of a study by their roles: images, gradient files, sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.archive import READ_ERRORS, Member, looks_like_dicom, zip_members
from neuroflow.studies.filenames import mentions_diffusion, partner, role


@dataclass(frozen=True, slots=True)
class StudyMembers:
    """The files of one study by their roles."""

    kind: StudyKind  # DICOM or NIfTI, never ZIP
    images: tuple[Member, ...]  # The DICOM files, or the one NIfTI
    bval: Member | None = None  # Beside a NIfTI
    bvec: Member | None = None
    sidecar: Member | None = None  # Beside a NIfTI or DICOM files
    study_uid: str | None = None  # The Study Instance UID to use, where the files hold several


def study_members(study: Study) -> StudyMembers:
    """Sort the files of a study by their roles."""
    if study.kind is StudyKind.ZIP:
        members = zip_members(study.root)
    else:
        members = [Member(path) for path in study.files]
    if study.kind is StudyKind.DICOM:
        images = [member for member in members if role(member.basename) != "sidecar"]
        found = StudyMembers(
            StudyKind.DICOM,
            tuple(images),
            sidecar=_first(members, "sidecar"),
            study_uid=study.study_uid,
        )
    else:
        found = nifti_members(members) or _zipped_dicom(members, study.study_uid)
    if not found.images:
        raise StudyError(
            f"{study.label} has no images.",
            why="None of its files is a DICOM image or a NIfTI.",
            advice="Check its folder.",
        )
    return found


def nifti_members(members: list[Member]) -> StudyMembers | None:
    """Find a NIfTI and the files that belong to it."""
    images = [member for member in members if role(member.basename) == "image"]
    if not images:
        return None
    names = {member.basename: member for member in members}
    alone = len(images) == 1

    def rank(member: Member) -> tuple[bool, bool]:
        has_bval = partner(member.basename, names, "bval", alone=alone) is not None
        named_diffusion = mentions_diffusion(PurePosixPath(member.name or member.path.name))
        return not has_bval, not named_diffusion

    image = min(images, key=rank)
    parts = {}
    for kind in ("bval", "bvec", "sidecar"):
        name = partner(image.basename, names, kind, alone=alone)
        parts[kind] = names[name] if name is not None else None
    return StudyMembers(StudyKind.NIFTI, (image,), parts["bval"], parts["bvec"], parts["sidecar"])


def _zipped_dicom(members: list[Member], study_uid: str | None) -> StudyMembers:
    images = [member for member in members if is_dicom(member)]
    return StudyMembers(
        StudyKind.DICOM, tuple(images), sidecar=_first(members, "sidecar"), study_uid=study_uid
    )


def is_dicom(member: Member) -> bool:
    """Check whether a file begins like DICOM."""
    try:
        with member.open() as stream:
            return looks_like_dicom(stream.read(132))
    except READ_ERRORS:
        return False


def _first(members: list[Member], kind: str) -> Member | None:
    return next((member for member in members if role(member.basename) == kind), None)
