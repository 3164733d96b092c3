"""A first look at every file: what it is, and which study it belongs to."""

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
from neuroflow.studies.dicom import READ_ERRORS, STARTS, Lookup, RawHeader, lookup, read_raw
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
class Glance:
    """What a DICOM file tells of itself at a glance."""

    study_uid: str  # From its header
    series_uid: str
    patient_id: str
    modality: str
    sop_class: str
    series_description: str
    study_date: str
    series_number: int  # Its place in the study; 0 where not told
    image_type: tuple[str, ...]  # Its words


class Seen(NamedTuple):
    """What one file is; small, as it travels between processes a hundred thousand times."""

    # ``"dicom"``, ``"nifti"``, ``"beside"`` (gradients or sidecar), ``"zip"`` or ``"skip"``.
    kind: str
    reason: str = ""  # Why it is skipped
    # Of a DICOM file one, of a zip one per study and patient in it.
    glances: tuple[Glance, ...] = ()
    instance: int = 0  # The instance number of a DICOM file; 0 where not told


class Probe(NamedTuple):
    """A file, and what it is."""

    path: Path  # The file
    kind: str  # As in `Seen`
    reason: str = ""
    glances: tuple[Glance, ...] = ()
    instance: int = 0


def probe_files(paths: Sequence[str]) -> list[Seen]:
    """Look at some files."""
    shared: dict[tuple[Glance, ...], tuple[Glance, ...]] = {}
    with warnings.catch_warnings():
        # Values against the standard are no concern of a first look.
        warnings.simplefilter("ignore")
        seen = [probe(path) for path in paths]
    return [one._replace(glances=shared.setdefault(one.glances, one.glances)) for one in seen]


def probe(path: str) -> Seen:
    """Look at one file."""
    kind = role(os.path.basename(path))  # noqa: PTH119
    if kind is not None:
        return Seen("nifti" if kind == "image" else "beside")
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return _probe_stream(path, stream)
    except STREAM_ERRORS as error:
        return Seen("skip", f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _probe_stream(path: str, stream: BinaryIO) -> Seen:
    start = stream.read(STARTS[0])
    if start[:4] == b"PK\x03\x04":
        return _probe_zip(Path(path))
    if start[:2] == b"\x1f\x8b":
        with gzip.open(path) as plain:
            return _probe_dicom(path, plain.read(STARTS[0]), cast("BinaryIO", plain))
    return _probe_dicom(path, start, stream)


def _not_dicom(path: str) -> str:
    claims = path.lower().endswith((".dcm", ".ima", ".dicom", ".dcm.gz", ".ima.gz"))
    return "not DICOM, despite its name" if claims else "neither DICOM nor NIfTI"


def _probe_dicom(path: str, start: bytes, stream: BinaryIO) -> Seen:
    if not start:
        return Seen("skip", "empty file")
    if not looks_like_dicom(start):
        return Seen("skip", _not_dicom(path))
    try:
        found = glance_at(start, stream)
    except READ_ERRORS as error:
        return Seen("skip", f"damaged DICOM: {type(error).__name__}")
    if found is None:
        return Seen("skip", "DICOM without a Study Instance UID")
    glance, instance = found
    if glance.sop_class == DIRECTORY:
        return Seen("skip", "DICOMDIR: the files it lists are looked at themselves")
    return Seen("dicom", glances=(glance,), instance=instance)


def _probe_zip(path: Path) -> Seen:
    try:
        members = zip_members(path)
    except StudyError as error:
        return Seen("skip", f"{error.what} {error.why}")
    if any(role(member.basename) == "image" for member in members):
        return Seen("zip")
    studies: dict[tuple[str, str], Glance] = {}
    for member in members:
        glance = _glance_at_member(member)
        if glance is not None:
            studies.setdefault((glance.study_uid, glance.patient_id), glance)
    if not studies:
        return Seen("skip", "zip without DICOM or NIfTI")
    return Seen("zip", glances=tuple(studies.values()))


def _glance_at_member(member: Member) -> Glance | None:
    try:
        with member.open() as stream:
            start = stream.read(STARTS[0])
            if not looks_like_dicom(start):
                return None
            found = glance_at(start, cast("BinaryIO", stream))
            return found[0] if found else None
    except (*READ_ERRORS, *STREAM_ERRORS):
        return None


def glance_at(start: bytes, stream: BinaryIO) -> tuple[Glance, int] | None:
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
    glance = Glance(
        study_uid=text["StudyInstanceUID"],
        series_uid=text["SeriesInstanceUID"],
        patient_id=text["PatientID"],
        modality=text["Modality"],
        sop_class=text["SOPClassUID"],
        series_description=text["SeriesDescription"],
        study_date=text["StudyDate"],
        series_number=_whole(text["SeriesNumber"]),
        image_type=(words,) if isinstance(words, str) else tuple(map(str, words)),
    )
    return glance, _whole(text["InstanceNumber"])


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
