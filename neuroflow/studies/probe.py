"""A first look at every file: what it is, and which study it belongs to."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword

from neuroflow.errors import StudyError
from neuroflow.studies.dicom import READ_ERRORS, looks_like_dicom
from neuroflow.studies.naming import role
from neuroflow.studies.raw import STARTS, Lookup, RawHeader, lookup, read_raw
from neuroflow.studies.sources import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.sources import Member, zip_members

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
_LAST = max(_TAGS)
DIRECTORY = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a DICOM file tells of itself at a glance.

    Parameters
    ----------
    study_uid, series_uid, patient_id, modality, sop_class, series_description, study_date
        From its header.
    series_number, instance_number
        Its place; 0 where not told.
    image_type
        Its words.
    """

    study_uid: str
    series_uid: str
    patient_id: str
    modality: str
    sop_class: str
    series_description: str
    study_date: str
    series_number: int
    instance_number: int
    image_type: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """What one file is.

    Parameters
    ----------
    path
        The file.
    kind
        ``"dicom"``, ``"nifti"``, ``"beside"`` (gradients or sidecar), ``"zip"`` or ``"skip"``.
    reason
        Why it is skipped.
    glances
        Of a DICOM file one, of a zip one per study and patient in it.
    """

    path: Path
    kind: str
    reason: str = ""
    glances: tuple[Glance, ...] = ()


def probe_files(paths: Sequence[Path]) -> list[Probe]:
    """Look at some files.

    Parameters
    ----------
    paths
        The files.

    Returns
    -------
    list of Probe
        One per file, in the same order.
    """
    with warnings.catch_warnings():
        # Values against the standard are no concern of a first look.
        warnings.simplefilter("ignore")
        return [probe(path) for path in paths]


def probe(path: Path) -> Probe:  # noqa: PLR0911
    """Look at one file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Probe
        What it is; never raises for what is in it.
    """
    kind = role(path.name)
    if kind is not None:
        return Probe(path, "nifti" if kind == "image" else "beside")
    try:
        with path.open("rb") as stream:
            start = stream.read(STARTS[0])
            if start[:4] == b"PK\x03\x04":
                return _probe_zip(path)
            if not start:
                return Probe(path, "skip", "empty file")
            if start[:2] == b"\x1f\x8b":
                return _probe_gzip(path)
            if not looks_like_dicom(start):
                return Probe(path, "skip", _not_dicom(path))
            return _probe_dicom(path, start, stream)
    except STREAM_ERRORS as error:
        return Probe(path, "skip", f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _not_dicom(path: Path) -> str:
    claims = path.suffix.lower() in (".dcm", ".ima", ".dicom")
    return "not DICOM, despite its name" if claims else "neither DICOM nor NIfTI"


def _probe_gzip(path: Path) -> Probe:
    with gzip.open(path) as plain:
        start = plain.read(STARTS[0])
        if not looks_like_dicom(start):
            return Probe(path, "skip", _not_dicom(path))
        return _probe_dicom(path, start, cast("BinaryIO", plain))


def _probe_dicom(path: Path, start: bytes, stream: IO[bytes]) -> Probe:
    try:
        glance = glance_at(start, stream)
    except READ_ERRORS as error:
        return Probe(path, "skip", f"damaged DICOM: {error}")
    if glance is None:
        return Probe(path, "skip", "DICOM without a Study Instance UID")
    if glance.sop_class == DIRECTORY:
        return Probe(path, "skip", "DICOMDIR: the files it lists are looked at themselves")
    return Probe(path, "dicom", glances=(glance,))


def _probe_zip(path: Path) -> Probe:
    try:
        members = zip_members(path)
    except StudyError as error:
        return Probe(path, "skip", f"{error.what} {error.why}")
    if any(role(member.basename) == "image" for member in members):
        return Probe(path, "zip")
    studies: dict[tuple[str, str], Glance] = {}
    for member in members:
        glance = _glance_at_member(member)
        if glance is not None:
            studies.setdefault((glance.study_uid, glance.patient_id), glance)
    if not studies:
        return Probe(path, "skip", "zip without DICOM or NIfTI")
    return Probe(path, "zip", glances=tuple(studies.values()))


def _glance_at_member(member: Member) -> Glance | None:
    try:
        with member.open() as stream:
            start = stream.read(STARTS[0])
            return glance_at(start, stream) if looks_like_dicom(start) else None
    except (*READ_ERRORS, *STREAM_ERRORS):
        return None


def glance_at(start: bytes, stream: IO[bytes]) -> Glance | None:
    """Read the first attributes of a DICOM file.

    Parameters
    ----------
    start
        Its first bytes.
    stream
        The file; read from its beginning only where `start` does not reach far enough.

    Returns
    -------
    Glance or None
        None where it is no image of a study.

    Raises
    ------
    READ_ERRORS
        As pydicom does.
    """
    found: Lookup | None = read_raw(cast("BinaryIO", stream), _TAGS, _is_past, start)
    if found is None:
        stream.seek(0)
        found = lookup(dcmread(stream, force=True, specific_tags=list(_TAGS)))
    text = {word: str(found(tag) or "").strip() for word, tag in _BY_WORD.items()}
    if isinstance(found, RawHeader) and not text["SOPClassUID"]:
        text["SOPClassUID"] = found.sop_class
    if not text["StudyInstanceUID"] and text["SOPClassUID"] != DIRECTORY:
        return None
    words = found(_BY_WORD["ImageType"]) or ()
    return Glance(
        study_uid=text["StudyInstanceUID"],
        series_uid=text["SeriesInstanceUID"],
        patient_id=text["PatientID"],
        modality=text["Modality"],
        sop_class=text["SOPClassUID"],
        series_description=text["SeriesDescription"],
        study_date=text["StudyDate"],
        series_number=_whole(text["SeriesNumber"]),
        instance_number=_whole(text["InstanceNumber"]),
        image_type=(words,) if isinstance(words, str) else tuple(map(str, words)),
    )


def _is_past(tag: int) -> bool:
    return tag > _LAST


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
