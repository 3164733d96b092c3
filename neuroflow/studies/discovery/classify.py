"""Classify every file: its format, and for DICOM the study it belongs to."""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member, looks_like_dicom, zip_members
from neuroflow.studies.dicom import (
    READ_ERRORS,
    STARTS,
    Lookup,
    NotAnImageError,
    RawHeader,
    lookup,
    read_raw,
    require_mr_image,
)
from neuroflow.studies.filenames import role

_WORDS = (
    "ImageType",
    "SOPClassUID",
    "Modality",
    "SeriesDescription",
    "StudyDate",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
)
_BY_WORD = {word: tag for word in _WORDS if (tag := tag_for_keyword(word)) is not None}
_TAGS = tuple(_BY_WORD.values())
_END = max(_TAGS) + 1
DIRECTORY = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR."""


@dataclass(frozen=True, slots=True)
class DicomSummary:
    """The few attributes of a DICOM file that sort it into a study."""

    study_uid: str
    series_uid: str
    patient_id: str
    modality: str
    sop_class: str
    series_description: str
    study_date: str
    series_number: int  # 0 where unknown
    image_type: tuple[str, ...]


class FileKind(NamedTuple):
    """The format of one file; small, since it is pickled for every file of a folder."""

    # ``"dicom"``, ``"nifti"``, ``"companion"`` (gradients or sidecar), ``"zip"`` or ``"skip"``.
    kind: str
    reason: str = ""  # Why it is skipped
    # One of a DICOM file; of a zip, one per study and patient in it.
    summaries: tuple[DicomSummary, ...] = ()
    instance: int = 0  # Of a DICOM file; 0 where unknown


class ClassifiedFile(NamedTuple):
    """A file and its format."""

    path: Path
    kind: str  # As in `FileKind`
    reason: str = ""
    summaries: tuple[DicomSummary, ...] = ()
    instance: int = 0


def classify_files(paths: Sequence[str]) -> list[FileKind]:
    """Classify some files."""
    shared: dict[tuple[DicomSummary, ...], tuple[DicomSummary, ...]] = {}
    with warnings.catch_warnings():
        # Values that violate the standard do not matter here.
        warnings.simplefilter("ignore")
        seen = [classify_file(path) for path in paths]
    return [one._replace(summaries=shared.setdefault(one.summaries, one.summaries)) for one in seen]


def classify_file(path: str) -> FileKind:
    """Classify one file."""
    kind = role(os.path.basename(path))  # noqa: PTH119
    if kind is not None:
        return FileKind("nifti" if kind == "image" else "companion")
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return _classify_stream(path, stream)
    except STREAM_ERRORS as error:
        return FileKind("skip", f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _classify_stream(path: str, stream: BinaryIO) -> FileKind:
    start = stream.read(STARTS[0])
    if start[:4] == b"PK\x03\x04":
        return _classify_zip(Path(path))
    if start[:2] == b"\x1f\x8b":
        with gzip.open(path) as plain:
            return _classify_dicom(path, plain.read(STARTS[0]), cast("BinaryIO", plain))
    return _classify_dicom(path, start, stream)


def _not_dicom(path: str) -> str:
    claims = path.lower().endswith((".dcm", ".ima", ".dicom", ".dcm.gz", ".ima.gz"))
    return "not DICOM, despite its extension" if claims else "neither DICOM nor NIfTI"


def _classify_dicom(path: str, start: bytes, stream: BinaryIO) -> FileKind:
    if not start:
        return FileKind("skip", "empty file")
    if not looks_like_dicom(start):
        return FileKind("skip", _not_dicom(path))
    try:
        found = summarize_dicom(start, stream)
    except READ_ERRORS as error:
        return FileKind("skip", f"damaged DICOM: {type(error).__name__}")
    if found is None:
        return FileKind("skip", "DICOM without a Study Instance UID")
    summary, instance = found
    if other := _kind_of_other(summary.sop_class):
        return FileKind("skip", other)
    return FileKind("dicom", summaries=(summary,), instance=instance)


def _kind_of_other(sop_class: str) -> str:
    """Say what an object is that is no MR image; empty for an image."""
    if sop_class == DIRECTORY:
        return "DICOMDIR: the files it lists are read themselves"
    try:
        require_mr_image(sop_class)
    except NotAnImageError as other:
        return f"DICOM, but no MR image: {other}"
    return ""


def _classify_zip(path: Path) -> FileKind:
    try:
        members = zip_members(path)
    except StudyError as error:
        return FileKind("skip", f"{error.what} {error.why}")
    if any(role(member.basename) == "image" for member in members):
        return FileKind("zip")
    studies: dict[tuple[str, str], DicomSummary] = {}
    for member in members:
        summary = _summarize_member(member)
        if summary is not None:
            studies.setdefault((summary.study_uid, summary.patient_id), summary)
    if not studies:
        return FileKind("skip", "zip without DICOM or NIfTI")
    return FileKind("zip", summaries=tuple(studies.values()))


def _summarize_member(member: Member) -> DicomSummary | None:
    try:
        with member.open() as stream:
            start = stream.read(STARTS[0])
            if not looks_like_dicom(start):
                return None
            found = summarize_dicom(start, cast("BinaryIO", stream))
            if found:
                require_mr_image(found[0].sop_class)
            return found[0] if found else None
    except (NotAnImageError, *READ_ERRORS, *STREAM_ERRORS):
        return None


def summarize_dicom(start: bytes, stream: BinaryIO) -> tuple[DicomSummary, int] | None:
    """Read the first attributes of a DICOM file."""
    found: Lookup | None = read_raw(stream, _TAGS, _END, start)
    if found is None:
        stream.seek(0)
        found = lookup(dcmread(stream, force=True, specific_tags=list(_TAGS)))
    text = {word: str(found(tag) or "").strip() for word, tag in _BY_WORD.items()}
    if isinstance(found, RawHeader) and not text["SOPClassUID"]:
        text["SOPClassUID"] = found.sop_class
    if not text["StudyInstanceUID"] and text["SOPClassUID"] != DIRECTORY:
        return None
    words = found(_BY_WORD["ImageType"]) or ()
    summary = DicomSummary(
        study_uid=text["StudyInstanceUID"],
        series_uid=text["SeriesInstanceUID"],
        patient_id=text["PatientID"],
        modality=text["Modality"],
        sop_class=text["SOPClassUID"],
        series_description=text["SeriesDescription"],
        study_date=text["StudyDate"],
        series_number=_integer(text["SeriesNumber"]),
        image_type=(words,) if isinstance(words, str) else tuple(map(str, words)),
    )
    return summary, _integer(text["InstanceNumber"])


def _integer(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
