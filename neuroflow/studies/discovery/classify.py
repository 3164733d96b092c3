"""Classify every file: its format, and for DICOM the study it belongs to."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import (
    Member,
    archive_members,
    looks_like_dicom,
    reason_of,
    shared_archives,
)
from neuroflow.studies.containers import ZIP_MAGIC, is_tar
from neuroflow.studies.dicom import (
    CHARSET,
    STARTS,
    Lookup,
    NotAnImageError,
    RawHeader,
    lookup,
    read_raw,
    require_mr_image,
)
from neuroflow.studies.discovery.walk import NOT_HERE, names_of_scans
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
_TAGS = frozenset({*_BY_WORD.values(), CHARSET})
_END = max(_TAGS) + 1
DIRECTORY = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR."""
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
PACKED_TARS = (".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
NESTED = "archive in an archive: unpack the outer one"
EMPTY = "empty file"
MISNAMED = "not DICOM, despite its extension"
DAMAGED = "damaged DICOM"


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

    # ``"dicom"``, ``"nifti"``, ``"companion"`` (gradients or sidecar), ``"damaged"`` (perhaps a
    # DICOM file) or ``"skip"``.
    kind: str
    reason: str = ""  # Why it is damaged or skipped
    summary: DicomSummary | None = None  # Of a DICOM file
    instance: int = 0  # Of a DICOM file; 0 where unknown
    name: str = ""  # In an archive


class ClassifiedFile(NamedTuple):
    """A file and its format."""

    member: Member
    kind: str  # As in `FileKind`
    reason: str = ""
    summary: DicomSummary | None = None
    instance: int = 0

    @property
    def place(self) -> Path:
        """Where it would be if archives were folders."""
        return self.member.place


def classify_files(paths: Sequence[str]) -> list[tuple[FileKind, ...]]:
    """Classify some files; of an archive, each file in it."""
    shared: dict[DicomSummary | None, DicomSummary | None] = {}
    with warnings.catch_warnings():
        # Values that violate the standard do not matter here.
        warnings.simplefilter("ignore")
        seen = [_classified(path) for path in paths]
    return [
        tuple(one._replace(summary=shared.setdefault(one.summary, one.summary)) for one in kinds)
        for kinds in seen
    ]


def _classified(path: str) -> tuple[FileKind, ...]:
    member = Member(Path(path))
    found = classify_member(member)
    return (found,) if found is not None else _classify_archive(member.path)


def classify_member(member: Member) -> FileKind | None:
    """Classify one file; None for an archive."""
    kind = role(member.basename)
    if kind is not None:
        return FileKind("nifti" if kind == "image" else "companion")
    try:
        with member.open_raw() as stream:
            start = stream.read(STARTS[0])
            if start.startswith(ZIP_MAGIC) or is_tar(start):
                return None
            if not start.startswith(PACKED):
                return _classify_dicom(member.basename, start, cast("BinaryIO", stream))
            stream.seek(0)
            return _classify_packed(member, cast("BinaryIO", stream))
    except STREAM_ERRORS as error:
        why = getattr(error, "strerror", None) or reason_of(error).rstrip(".")
        return FileKind("damaged", f"cannot be read: {why}")


def _classify_packed(member: Member, stream: BinaryIO) -> FileKind | None:
    if member.basename.lower().endswith(PACKED_TARS):
        return None
    if not stream.read(2).startswith(b"\x1f\x8b"):
        return FileKind("skip", _not_dicom(member.basename))
    stream.seek(0)
    with gzip.GzipFile(fileobj=stream) as plain:
        start = plain.read(STARTS[0])
        if is_tar(start):
            return None
        return _classify_dicom(member.basename, start, cast("BinaryIO", plain))


def _classify_archive(path: Path) -> tuple[FileKind, ...]:
    """Classify the files in an archive as if it were a folder."""
    try:
        with shared_archives():
            members = {member.name: member for member in archive_members(path)}
            return tuple(
                (classify_member(members[name]) or FileKind("skip", NESTED))._replace(name=name)
                for name in names_of_scans(members)
            ) or (FileKind("skip", "archive without files"),)
    except StudyError as error:
        return (FileKind("skip", f"{error.what} {error.why}"),)


def _not_dicom(path: str) -> str:
    claims = path.lower().endswith((".dcm", ".ima", ".dicom", ".dcm.gz", ".ima.gz"))
    return MISNAMED if claims else "neither DICOM nor NIfTI"


def _classify_dicom(path: str, start: bytes, stream: BinaryIO) -> FileKind:
    if not start:
        return FileKind("damaged", EMPTY)
    if not looks_like_dicom(start):
        reason = NOT_HERE if b"annex/objects/" in start[:512] else _not_dicom(path)
        return FileKind("damaged" if reason == MISNAMED else "skip", reason)
    try:
        found = summarize_dicom(start, stream)
    except Exception as error:  # noqa: BLE001  one file's fault never stops the others
        return FileKind("damaged", f"{DAMAGED}: {type(error).__name__}")
    if found is None:
        return FileKind("damaged", f"{DAMAGED}: no Study Instance UID")
    summary, instance = found
    if other := _kind_of_other(summary.sop_class):
        return FileKind("skip", other)
    return FileKind("dicom", summary=summary, instance=instance)


def _kind_of_other(sop_class: str) -> str:
    """Return what an object is that is no MR image; empty for an image."""
    if sop_class == DIRECTORY:
        return "DICOMDIR: the files it lists are read themselves"
    try:
        require_mr_image(sop_class)
    except NotAnImageError as other:
        return f"DICOM, but not an MR image: {other}"
    return ""


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
