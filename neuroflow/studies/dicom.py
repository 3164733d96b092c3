"""One DICOM file's header, cut down to what discovery and checks need."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError

from neuroflow.studies.csa import read_csa
from neuroflow.studies.gradients import Gradient, read_gradient

PROTOCOL = (
    "Modality",
    "Manufacturer",
    "MagneticFieldStrength",
    "RepetitionTime",
    "EchoTime",
    "FlipAngle",
    "SliceThickness",
    "SpacingBetweenSlices",
    "ScanningSequence",
    "SequenceVariant",
    "PatientAge",
    "PatientSex",
    "PatientBirthDate",
    "StudyDate",
    "StudyDescription",
    "SeriesDescription",
    "BurnedInAnnotation",
    "ImageType",
    "InPlanePhaseEncodingDirection",
    "Rows",
    "Columns",
)
"""Attributes with one value per series, read from every file to see whether they agree."""
_SINGLE = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "PatientID",
    "PatientName",
    "SeriesNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "NumberOfFrames",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "MRDiffusionSequence",
    "EffectiveEchoTime",
    "DiffusionDirectionality",
    "StudyTime",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
)
_PRIVATE = [
    (group << 16) | element
    for group, elements in {
        0x0019: (0x0A, 0x0C, 0x0E, 0x29, 0xBB, 0xBC, 0xBD),
        0x0043: (0x39,),
        0x2001: (0x03,),
        0x2005: (0xB0, 0xB1, 0xB2),
    }.items()
    for block in (0x10, 0x11, 0x12, 0x13)
    for element in (block, *(block << 8 | low for low in elements))
]
TAGS: list[int] = [
    *(tag for word in (*PROTOCOL, *_SINGLE) if (tag := tag_for_keyword(word)) is not None),
    *_PRIVATE,
    0x00291010,
]
"""Everything that is read of a header; the rest is skipped over."""
READ_ERRORS = (
    InvalidDicomError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    struct.error,
)
"""What pydicom raises on files that are damaged, or no DICOM."""
Position = tuple[float, float, float]
Orientation = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice of one volume; of a mosaic, the whole volume.

    Parameters
    ----------
    position
        Its corner in mm, patient coordinates.
    orientation
        Cosines of its rows and columns, six numbers.
    gradient
        Its diffusion weighting.
    """

    position: Position | None
    orientation: Orientation | None
    gradient: Gradient


@dataclass(frozen=True, slots=True)
class Header:
    """What neuroflow reads of one DICOM file.

    Parameters
    ----------
    study_uid, series_uid, sop_uid, sop_class, patient_id
        Its identifiers.
    series_number, instance_number
        Its place.
    transfer_syntax
        The UID of its encoding.
    protocol
        The attributes named in `PROTOCOL`, as text or numbers.
    frames
        Its slices.
    pixel_spacing
        mm between rows and between columns.
    mosaic_slices
        How many slices a Siemens mosaic holds; 0 for other images.
    mosaic_times
        When each slice of a mosaic was acquired, ms.
    begun
        The earliest date and time in it, as DICOM writes them; empty where there is none.
    """

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str
    patient_id: str
    series_number: int | None
    instance_number: int | None
    transfer_syntax: str
    protocol: Mapping[str, Any]
    frames: tuple[Frame, ...]
    pixel_spacing: tuple[float, float] | None
    mosaic_slices: int = 0
    mosaic_times: tuple[float, ...] = field(default=())
    begun: str = ""


def read_dataset(stream: IO[bytes], *, force: bool = False) -> FileDataset:
    """Read the attributes named in `TAGS` of one file, no pixels.

    Parameters
    ----------
    stream
        The file, open and seekable.
    force
        Accept files without the DICOM preamble.

    Returns
    -------
    pydicom.dataset.FileDataset
        The cut-down header.

    Raises
    ------
    READ_ERRORS
        As pydicom does; callers translate them.
    """
    with warnings.catch_warnings():
        # Values against the standard are reported as findings, where they matter.
        warnings.simplefilter("ignore")
        return dcmread(stream, stop_before_pixels=True, specific_tags=list(TAGS), force=force)


def read_header(stream: IO[bytes]) -> Header:
    """Read one DICOM file's header.

    Parameters
    ----------
    stream
        The file, open and seekable.

    Returns
    -------
    Header
        What checks need.

    Raises
    ------
    READ_ERRORS
        As pydicom does; callers translate them.
    """
    dataset = read_dataset(stream, force=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return header_of(dataset)


def header_of(dataset: FileDataset) -> Header:
    """Cut a dataset down to what checks need.

    Parameters
    ----------
    dataset
        A whole header.

    Returns
    -------
    Header
        The same, as plain values.

    Raises
    ------
    InvalidDicomError
        The file has no Study Instance UID: no image of a study.
    """
    study_uid = str(dataset.get("StudyInstanceUID") or "")
    if not study_uid:
        raise InvalidDicomError("no Study Instance UID")
    mosaic_slices, times = _mosaic(dataset)
    protocol, frames, spacing = _enhanced(dataset) or _classic(dataset)
    return Header(
        study_uid=study_uid,
        series_uid=str(dataset.get("SeriesInstanceUID") or ""),
        sop_uid=str(dataset.get("SOPInstanceUID") or ""),
        sop_class=str(dataset.get("SOPClassUID") or ""),
        patient_id=str(dataset.get("PatientID") or "").strip(),
        series_number=_integer(dataset.get("SeriesNumber")),
        instance_number=_integer(dataset.get("InstanceNumber")),
        transfer_syntax=str(dataset.file_meta.get("TransferSyntaxUID") or ""),
        protocol=protocol,
        frames=frames,
        pixel_spacing=spacing,
        mosaic_slices=mosaic_slices,
        mosaic_times=times,
        begun=_begun(dataset),
    )


_Facts = tuple[dict[str, Any], tuple[Frame, ...], tuple[float, float] | None]


def _classic(dataset: Dataset) -> _Facts:
    frame = Frame(
        _floats(dataset.get("ImagePositionPatient"), 3),
        _floats(dataset.get("ImageOrientationPatient"), 6),
        read_gradient(dataset),
    )
    return _protocol(dataset), (frame,), _floats(dataset.get("PixelSpacing"), 2)


def _enhanced(dataset: Dataset) -> _Facts | None:
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        return None
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    protocol = _protocol(dataset)
    frames, spacing = [], None
    for group in groups:
        flat = _flatten(shared[0], group)
        for word in PROTOCOL:
            if word in flat and word not in protocol:
                protocol[word] = _plain(flat.get(word))
        if "EchoTime" not in protocol and "EffectiveEchoTime" in flat:
            protocol["EchoTime"] = _plain(flat.get("EffectiveEchoTime"))
        spacing = spacing or _floats(flat.get("PixelSpacing"), 2)
        frames.append(
            Frame(
                _floats(flat.get("ImagePositionPatient"), 3),
                _floats(flat.get("ImageOrientationPatient"), 6),
                _frame_gradient(flat),
            )
        )
    return protocol, tuple(frames), spacing


def _flatten(shared: Dataset, group: Dataset) -> Dataset:
    """Lay the attributes of a frame's functional groups into one dataset."""
    flat = Dataset()
    for holder in (shared, group):
        for element in holder:
            if element.VR == "SQ" and element.value:
                flat.update(element.value[0])
    return flat


def _frame_gradient(flat: Dataset) -> Gradient:
    found = read_gradient(flat)
    # In the MR Diffusion macro an image without weighting may come without a b-value.
    none = str(flat.get("DiffusionDirectionality") or "") == "NONE"
    return Gradient(0.0) if none and found.b_value is None else found


def _protocol(dataset: Dataset) -> dict[str, Any]:
    return {
        word: _plain(value)
        for word in PROTOCOL
        if (value := dataset.get(word)) is not None and str(value) != ""
    }


def _plain(value: Any) -> Any:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return str(value).strip()
    if isinstance(value, bytes):
        return value.decode("latin-1").strip(" \0")
    return tuple(_plain(part) for part in value) if hasattr(value, "__iter__") else str(value)


def _mosaic(dataset: Dataset) -> tuple[int, tuple[float, ...]]:
    image_type = dataset.get("ImageType") or ()
    if "MOSAIC" not in image_type:
        return 0, ()
    count = dataset.get((0x0019, 0x100A))
    times = dataset.get((0x0019, 0x1029))
    slices = _integer(count.value) if count is not None else None
    moments = _floats(times.value) if times is not None else None
    if not slices:
        tags = read_csa(dataset)
        slices = _integer(next(iter(tags.get("NumberOfImagesInMosaic", ())), None))
        moments = _floats(tags.get("MosaicRefAcqTimes"))
    return slices or 0, moments or ()


def _begun(dataset: Dataset) -> str:
    moments = (
        str(dataset.get(f"{word}Date") or "") + str(dataset.get(f"{word}Time") or "")
        for word in ("Study", "Series", "Acquisition", "Content")
    )
    return min((moment for moment in moments if len(moment) >= 8), default="")


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _floats(value: Any, count: int | None = None) -> Any:
    if value is None or isinstance(value, str | bytes):
        return None
    try:
        numbers = tuple(float(part) for part in value)
    except (TypeError, ValueError):
        return None
    return numbers if numbers and (count is None or len(numbers) == count) else None


def looks_like_dicom(start: bytes) -> bool:
    """Tell by its first bytes whether a file may be DICOM.

    Parameters
    ----------
    start
        At least the first 132 bytes.

    Returns
    -------
    bool
        True with the ``DICM`` mark, or where the first element is one that files begin with.

    Examples
    --------
    >>> looks_like_dicom(bytes(128) + b"DICM"), looks_like_dicom(b"participant_id")
    (True, False)

    References
    ----------
    DICOM PS3.10, section 7.1.
    """
    if start[128:132] == b"DICM":
        return True
    # Old exports lack the preamble and begin with group 0002 or 0008, low byte first.
    return len(start) > 8 and start[:2] in (b"\x02\x00", b"\x08\x00") and start[3] == 0


def protocol_values(headers: Iterator[Header], word: str) -> list[Any]:
    """Collect one attribute over many headers.

    Parameters
    ----------
    headers
        Of one series.
    word
        The DICOM keyword, one of `PROTOCOL`.

    Returns
    -------
    list
        The different values, the most frequent one first.
    """
    counts: dict[Any, int] = {}
    for header in headers:
        if word in header.protocol:
            value = header.protocol[word]
            counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda value: -counts[value])
