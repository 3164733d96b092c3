"""Group classified files into studies."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member
from neuroflow.studies.dicom import DERIVED_MAPS, READ_ERRORS, Header, is_diffusion, read_header
from neuroflow.studies.diffusion import B0_MAX
from neuroflow.studies.discovery.classify import ClassifiedFile
from neuroflow.studies.filenames import (
    bids_entities,
    bids_inherited,
    mentions_diffusion,
    partner,
    printable,
    role,
    stem,
)
from neuroflow.studies.nifti import read_numbers
from neuroflow.studies.parallel import map_chunks

SAMPLE = 5
"""Headers read per series to decide whether it is diffusion."""


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Files that were skipped, and why."""

    path: Path
    reason: str
    files: int = 1


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study, and what its label and the choice of its series need."""

    study: Study
    study_date: str = ""
    detail: str = ""
    series: tuple[tuple[str, int, tuple[Path, ...]], ...] = ()


def dicom_studies(
    root: Path, files: Sequence[ClassifiedFile], skipped: list[Skipped], executor: Executor | None
) -> list[FoundStudy]:
    """Group DICOM files into studies, and keep the diffusion series of each."""
    series: dict[tuple[str, str], dict[str, list[ClassifiedFile]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for file in files:
        if file.kind == "dicom":
            summary = file.summaries[0]
            series[summary.study_uid, summary.patient_id][summary.series_uid].append(file)
    groups = [group for by_series in series.values() for group in by_series.values()]
    samples = [_sample(group) for group in groups]
    diffusion: dict[int, bool] = {}
    for start, answers in map_chunks(
        _are_diffusion, samples, executor=executor, chunk=16, cost=SAMPLE
    ):
        diffusion |= {id(groups[start + offset]): answer for offset, answer in enumerate(answers)}
    found = []
    for by_series in series.values():
        kept = [group for group in by_series.values() if diffusion[id(group)]]
        others = [group for group in by_series.values() if not diffusion[id(group)]]
        if kept:
            skipped += [_other_series(group) for group in others]
        found.append(_dicom_study(root, kept or others, list(by_series.values())))
    return found


def _sample(group: Sequence[ClassifiedFile]) -> tuple[Path, ...]:
    """Choose files of a series to read; none where a summary shows that it is not diffusion."""
    summary = group[0].summaries[0]
    if summary.modality not in ("MR", "") or DERIVED_MAPS & set(summary.image_type):
        return ()
    ordered = sorted(group, key=lambda file: file.instance)
    steps = sorted({round(i * (len(ordered) - 1) / (SAMPLE - 1)) for i in range(SAMPLE)})
    return tuple(ordered[step].path for step in steps)


def _are_diffusion(samples: Sequence[tuple[Path, ...]]) -> list[bool]:
    return [is_diffusion(_headers(paths)) for paths in samples]


def _headers(paths: Sequence[Path]) -> list[Header]:
    headers = []
    for path in paths:
        try:
            with Member(path).open() as stream:
                headers.append(read_header(stream))
        except (*READ_ERRORS, *STREAM_ERRORS):
            continue  # the check, which reads every header, counts it
    return headers


def _other_series(group: Sequence[ClassifiedFile]) -> Skipped:
    summary = group[0].summaries[0]
    name = summary.series_description or "without a name"
    reason = f'other series of a study: {summary.series_number} "{printable(name)}"'
    return Skipped(_common_folder([file.path for file in group]), reason, len(group))


def _dicom_study(
    root: Path,
    groups: Sequence[Sequence[ClassifiedFile]],
    everything: Sequence[Sequence[ClassifiedFile]],
) -> FoundStudy:
    summary = groups[0][0].summaries[0]
    files = tuple(sorted(file.path for group in groups for file in group))
    folder = _common_folder(files)
    participant, session = _participant_and_session(files[0].parent, root, summary.patient_id)
    study = Study(
        label=_fallback_label(folder, root),
        kind=StudyKind.DICOM,
        root=folder,
        files=files,
        participant_id=participant,
        session_id=session,
        study_uid=summary.study_uid,
    )
    series = tuple(
        (first.series_uid, first.series_number, tuple(file.path for file in group))
        for group in everything
        for first in group[0].summaries
    )
    detail = summary.series_description or str(summary.series_number)
    return FoundStudy(study, summary.study_date, detail, series)


def _common_folder(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([path.parent for path in paths]))


def _fallback_label(folder: Path, root: Path) -> str:
    relative = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else folder.name
    return printable(relative) if relative not in ("", ".") else printable(root.name)


def _participant_and_session(
    path: Path, root: Path, patient_id: str
) -> tuple[str | None, str | None]:
    """Find participant and session by BIDS names, else by PatientID, else by the first folder."""
    relative = path.relative_to(root) if path.is_relative_to(root) else path
    entities = bids_entities(root.name / relative)
    participant = entities.get("sub") or printable(patient_id) or None
    if participant is None and relative.parts:
        participant = printable(relative.parts[0].removesuffix(".zip")) or None
    return participant, entities.get("ses")


def zip_studies(root: Path, files: Sequence[ClassifiedFile]) -> list[FoundStudy]:
    """Return the studies in zips."""
    found = []
    for file in files:
        if file.kind != "zip":
            continue
        for summary in file.summaries or (None,):
            patient = summary.patient_id if summary else ""
            participant, session = _participant_and_session(file.path, root, patient)
            study = Study(
                label=_fallback_label(file.path.with_suffix(""), root),
                kind=StudyKind.ZIP,
                root=file.path,
                files=(file.path,),
                participant_id=participant,
                session_id=session,
                study_uid=summary.study_uid if summary else None,
            )
            found.append(FoundStudy(study, summary.study_date if summary else "", file.path.stem))
    return found


def nifti_studies(
    root: Path, files: Sequence[ClassifiedFile], skipped: list[Skipped]
) -> list[FoundStudy]:
    """Group NIfTI images with their gradient files and sidecars."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        if file.kind in ("nifti", "companion"):
            folders[file.path.parent].append(file.path)
    used: set[Path] = set()
    found: list[FoundStudy] = []
    for _, paths in sorted(folders.items()):
        images = [path for path in paths if role(path.name) == "image"]
        for image in images:
            parts = _parts(image, paths, folders, root, alone=len(images) == 1)
            reason = _reason_to_skip(image, parts)
            if reason:
                skipped.append(Skipped(image, reason))
            else:
                used |= set(parts.values())
                found.append(_nifti_study(root, image, parts))
    beside = {path for paths in folders.values() for path in paths if role(path.name) != "image"}
    left = (path for path in beside - used if role(path.name) in ("bval", "bvec"))
    skipped += [Skipped(path, "b-values or b-vectors without an image") for path in left]
    return found


def _parts(
    image: Path, paths: Sequence[Path], folders: dict[Path, list[Path]], root: Path, *, alone: bool
) -> dict[str, Path]:
    names = [path.name for path in paths]
    parts = {}
    for kind in ("bval", "bvec", "sidecar"):
        name = partner(image.name, names, kind, alone=alone)
        if name is not None:
            parts[kind] = image.parent / name
            continue
        folder = image.parent
        while folder != root and folder.is_relative_to(root):
            folder = folder.parent
            above = [path for path in folders.get(folder, ()) if role(path.name) == kind]
            inherited = [path for path in above if bids_inherited(image.name, path.name)]
            if inherited:
                parts[kind] = max(inherited, key=lambda path: len(path.name))
                break
    return parts


def _reason_to_skip(image: Path, parts: dict[str, Path]) -> str:
    if "bval" not in parts:
        if mentions_diffusion(image):
            return ""  # the check reports that gradients are missing
        return "NIfTI without b-values: not diffusion"
    try:
        b_values = read_numbers(Member(parts["bval"]))
    except StudyError:
        return ""  # the check reports why
    if len(b_values.ravel()) and (b_values <= B0_MAX).all():
        return "NIfTI with b = 0 only: reverse phase encoding, or not diffusion"
    return ""


def _nifti_study(root: Path, image: Path, parts: dict[str, Path]) -> FoundStudy:
    participant, session = _participant_and_session(image, root, "")
    if participant == image.name:
        participant = printable(stem(image.name))
    study = Study(
        label=printable(stem(image.name)) or _fallback_label(image.parent, root),
        kind=StudyKind.NIFTI,
        root=image.parent,
        files=(image, *(parts[kind] for kind in ("bval", "bvec", "sidecar") if kind in parts)),
        participant_id=participant,
        session_id=session,
    )
    return FoundStudy(study, detail=stem(image.name))
