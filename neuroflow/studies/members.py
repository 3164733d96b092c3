"""The files of a study by their roles: images, gradient files, sidecar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.archive import READ_ERRORS, Member, files_of, looks_like_dicom
from neuroflow.studies.filenames import mentions_diffusion, partner, role


@dataclass(frozen=True, slots=True)
class StudyMembers:
    """The files of one study by their roles."""

    kind: StudyKind  # DICOM or NIfTI, never ZIP
    images: tuple[Member, ...]  # The DICOM files, or the one NIfTI
    bval: Member | None = None  # Beside a NIfTI
    bvec: Member | None = None
    sidecars: tuple[Member, ...] = ()  # Beside a NIfTI or DICOM files; the nearest is the last
    study_uid: str | None = None  # The Study Instance UID to use, where the files hold several


def study_members(study: Study) -> StudyMembers:
    """Sort the files of a study by their roles."""
    members = files_of(study)
    if study.kind is StudyKind.ZIP and study.root in study.files:
        found = _whole_archive(members, study)
    elif any(role(member.basename) == "image" for member in members):
        found = nifti_members(members)
        if found is not None:
            found = replace(found, sidecars=_sidecars(members))
    else:
        found = _dicom_members(members, study.study_uid)
    if found is None or not found.images:
        raise StudyError(
            f"{study.label} has no images.",
            why="None of its files is a DICOM image or a NIfTI.",
            advice="Check its folder.",
        )
    return found


def nifti_members(members: Sequence[Member]) -> StudyMembers | None:
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
    beside = parts["sidecar"]
    return StudyMembers(
        StudyKind.NIFTI, (image,), parts["bval"], parts["bvec"], (beside,) if beside else ()
    )


def _dicom_members(members: Sequence[Member], study_uid: str | None) -> StudyMembers:
    images = tuple(member for member in members if role(member.basename) != "sidecar")
    return StudyMembers(StudyKind.DICOM, images, sidecars=_sidecars(members), study_uid=study_uid)


def _sidecars(members: Sequence[Member]) -> tuple[Member, ...]:
    return tuple(member for member in members if role(member.basename) == "sidecar")


def _whole_archive(members: Sequence[Member], study: Study) -> StudyMembers | None:
    """Read the study of a cohort made by an earlier version, which named the archive alone."""
    dicom = [member for member in members if _is_dicom(member)]
    others = [role(member.basename) for member in members if member not in set(dicom)]
    kinds = [others.count(kind) for kind in ("image", "bval", "sidecar")]
    if max(kinds) > 1 or (dicom and kinds[0]):
        raise StudyError(
            f"{study.label} is an archive of several images or sidecars.",
            why="Its cohort was made by an earlier version, which did not separate them.",
            advice="Make the cohort again from the folder of scans.",
        )
    if not dicom:
        return nifti_members(members)
    sidecars = [member for member in members if role(member.basename) == "sidecar"]
    return _dicom_members([*dicom, *sidecars], study.study_uid)


def _is_dicom(member: Member) -> bool:
    try:
        with member.open() as stream:
            return looks_like_dicom(stream.read(132))
    except READ_ERRORS:
        return False
