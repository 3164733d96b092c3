"""The header of one DICOM file, reduced to what discovery and checks need."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO, cast

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import BaseTag
from pydicom.uid import UID

from neuroflow.studies.dicom.csa import read_csa
from neuroflow.studies.dicom.datetimes import first_moment
from neuroflow.studies.dicom.fast_reader import CHARSET, Lookup, Memo, read_raw, tag_of
from neuroflow.studies.dicom.functional_groups import FunctionalGroups
from neuroflow.studies.dicom.gradients import (
    DECLARED,
    DIRECTION_SEQUENCE,
    declared_directions,
    read_gradient,
)
from neuroflow.studies.dicom.image_type import image_sort
from neuroflow.studies.dicom.private_blocks import (
    CSA_TAGS,
    PRIVATE_TAGS,
    STORED_PRIVATE_TAGS,
    gather,
    lookup_gathered,
    private_value,
)
from neuroflow.studies.diffusion import Gradient

MR_IMAGES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.4",  # MR Image Storage
        "1.2.840.10008.5.1.4.1.1.4.1",  # Enhanced MR Image Storage
        "1.2.840.10008.5.1.4.1.1.4.3",  # Enhanced MR Color Image Storage
        "1.2.840.10008.5.1.4.1.1.4.4",  # Legacy Converted Enhanced MR Image Storage
    }
)
"""SOP classes of images; reports, private series data and screenshots have others (PS3.4, B.5)."""
ECHO_PLANAR = "EchoPlanarPulseSequence"
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
    ECHO_PLANAR,
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
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
"""Attributes with one value per series, read from every file to compare them."""
_NAMES = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "PatientID", "SeriesNumber")
_FURTHER = (
    "SOPInstanceUID PatientName InstanceNumber ImagePositionPatient "
    "ImageOrientationPatient PixelSpacing NumberOfFrames SharedFunctionalGroupsSequence "
    "PerFrameFunctionalGroupsSequence DiffusionBValue DiffusionGradientOrientation "
    "MRDiffusionSequence EffectiveEchoTime DiffusionDirectionality ComplexImageComponent "
    "FrameType ImageComments StudyTime SeriesDate SeriesTime AcquisitionDate "
    "AcquisitionTime ContentDate ContentTime"
)
TAGS = frozenset(
    (
        *(
            tag
            for word in (*PROTOCOL, *_NAMES, *_FURTHER.split())
            if (tag := tag_for_keyword(word)) is not None
        ),
        *STORED_PRIVATE_TAGS,
        *DECLARED,
        CHARSET,
    )
)
"""All attributes that are read of a header; the others are skipped."""
_PROTOCOL_TAGS = sorted(
    {
        *(tag for word in PROTOCOL if (tag := tag_for_keyword(word)) is not None),
        *(tag for tag in PRIVATE_TAGS if tag >> 16 == 0x2001),  # the EPI factor of Philips
    }
)
_WEIGHTING_WORDS = (
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "DiffusionDirectionality",
    "ImageType",
    "ComplexImageComponent",
    "ImageComments",
)
_WEIGHTING_TAGS = sorted({*PRIVATE_TAGS, *map(tag_of, _WEIGHTING_WORDS)})
_TAG_LIST = [BaseTag(tag) for tag in TAGS]
_NAME_TAGS = tuple(map(tag_of, _NAMES))
_MOMENTS = tuple(
    (tag_of(f"{word}Date"), tag_of(f"{word}Time"))
    for word in ("Study", "Series", "Acquisition", "Content")
)
_IN_GROUPS = frozenset({*TAGS, DIRECTION_SEQUENCE})
READ_ERRORS = (
    InvalidDicomError,
    BytesLengthException,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    struct.error,
)
"""Exceptions of pydicom on files that are damaged or not DICOM."""
_SHARED_GROUPS, _PIXELS = 0x52009229, 0x7FE00008
_UNDEFINED = 0xFFFFFFFF
Position = tuple[float, float, float]
Orientation = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice of one volume; of a mosaic, the whole volume."""

    position: Position | None  # Of its first voxel in mm, patient coordinates
    orientation: Orientation | None  # Direction cosines of rows and columns, six numbers
    gradient: Gradient  # Its diffusion weighting
    sort: str = ""  # What it shows where it is no raw image, as "ADC map"


@dataclass(frozen=True, slots=True)
class Header:
    """The attributes that neuroflow reads of one DICOM file."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str
    patient_id: str
    series_number: int | None
    instance_number: int | None
    transfer_syntax: str  # UID
    protocol: Mapping[str, Any]  # The attributes named in `PROTOCOL`, as text or numbers
    frames: tuple[Frame, ...]
    pixel_spacing: tuple[float, float] | None  # mm between rows and between columns
    mosaic_slices: int = 0  # Slices in a Siemens mosaic; 0 for other images
    # Acquisition time of each slice of a mosaic, ms.
    mosaic_times: tuple[float, ...] = field(default=())
    declared_directions: int | None = None  # As in the maker's private attribute
    # The earliest date and time in the header, as DICOM writes them, or empty.
    started_at: str = ""


class NotAnImageError(Exception):
    """The object is whole, and no MR image: a report, a screenshot, data of the maker."""


_Facts = tuple[dict[str, Any], tuple[Frame, ...], tuple[float, float] | None]


def read_header(stream: IO[bytes], size: int | None = None) -> Header:
    """Read one DICOM file's header."""
    with warnings.catch_warnings():
        # Values that violate the standard become findings where they matter.
        warnings.simplefilter("ignore")
        raw = read_raw(cast("BinaryIO", stream), TAGS, _SHARED_GROUPS)
        if raw is not None:
            require_mr_image(raw.sop_class or _text(raw(tag_of("SOPClassUID"))))
        if raw is not None and (raw.stop is None or raw.stop[0] >= _PIXELS):
            if raw.stop is None or (size is not None and _end(raw.stop) > size):
                raise EOFError("the file is truncated")
            raw.change(gather)
            return _header(raw, raw.syntax, _classic(raw))
        # The attributes of enhanced images are in sequences, which pydicom reads.
        stream.seek(0)
        dataset = dcmread(stream, stop_before_pixels=True, specific_tags=_TAG_LIST, force=True)
        look = lookup_gathered(dataset)
        require_mr_image(_text(look(tag_of("SOPClassUID"))))
        syntax = str(dataset.file_meta.get("TransferSyntaxUID") or "")
        return _header(look, syntax, _enhanced(dataset, look) or _classic(look))


def require_mr_image(sop_class: str) -> None:
    """Raise `NotAnImageError` for an object that states that it is something else."""
    if sop_class and sop_class not in MR_IMAGES:
        raise NotAnImageError(UID(sop_class).name)


def _end(stop: tuple[int, int, int]) -> int:
    _, length, begin = stop
    return begin if length == _UNDEFINED else begin + length


def _header(look: Lookup, syntax: str, facts: _Facts) -> Header:
    """Make a header of what was read; a Study Instance UID is required."""
    study_uid, series_uid, sop_class, patient_id, series_number, declared = _names(look)
    if not study_uid:
        raise InvalidDicomError("no Study Instance UID")
    mosaic_slices, times = _mosaic(look)
    protocol, frames, spacing = facts
    return Header(
        study_uid=study_uid,
        series_uid=series_uid,
        sop_uid=_text(look(tag_of("SOPInstanceUID"))),
        sop_class=sop_class,
        patient_id=patient_id,
        series_number=series_number,
        instance_number=_integer(look(tag_of("InstanceNumber"))),
        transfer_syntax=syntax,
        protocol=protocol,
        frames=frames,
        pixel_spacing=spacing,
        mosaic_slices=mosaic_slices,
        mosaic_times=times,
        declared_directions=declared,
        started_at=_started_at(look),
    )


def _read_names(look: Lookup) -> tuple[str, str, str, str, int | None, int | None]:
    study, series, sop_class, patient, number = (look(tag) for tag in _NAME_TAGS)
    texts = (_text(study), _text(series), _text(sop_class), _text(patient))
    return *texts, _integer(number), declared_directions(look)


_names = Memo((*_NAME_TAGS, *DECLARED, *PRIVATE_TAGS), _read_names)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _classic(look: Lookup) -> _Facts:
    frame = Frame(
        _floats(look(tag_of("ImagePositionPatient")), 3),
        _floats(look(tag_of("ImageOrientationPatient")), 6),
        *_weighting(look),
    )
    return _protocol(look), (frame,), _floats(look(tag_of("PixelSpacing")), 2)


def _enhanced(dataset: Dataset, whole: Lookup) -> _Facts | None:
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        return None
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    functional = FunctionalGroups(_IN_GROUPS)
    common = functional.flat(shared[0])
    protocol = _protocol(whole)
    frames, spacing = [], None
    for group in groups:
        look = gather(common | functional.flat(group)).get
        for word, value in _protocol(look).items():
            protocol.setdefault(word, value)
        echo = look(tag_of("EffectiveEchoTime"))
        if echo is not None:
            protocol.setdefault("EchoTime", _plain(echo))
        spacing = spacing or _floats(look(tag_of("PixelSpacing")), 2)
        frames.append(
            Frame(
                _floats(look(tag_of("ImagePositionPatient")), 3),
                _floats(look(tag_of("ImageOrientationPatient")), 6),
                _frame_gradient(look),
                _frame_sort(look, whole),
            )
        )
    return protocol, tuple(frames), spacing


def _frame_gradient(look: Lookup) -> Gradient:
    found = read_gradient(look)
    # In the MR Diffusion macro, an image without weighting may lack a b-value.
    none = _text(look(tag_of("DiffusionDirectionality"))) == "NONE"
    return Gradient(0.0) if none and found.b_value is None else found


def _sort(look: Lookup) -> str:
    raw_data_type = private_value(look, 0x0043, 0x2F, "GEMS")
    return image_sort(
        _words(look(tag_of("ImageType"))),
        _text(look(tag_of("ComplexImageComponent"))),
        _text(look(tag_of("ImageComments"))),
        _integer(raw_data_type),
    )


def _read_weighting(look: Lookup) -> tuple[Gradient, str]:
    return read_gradient(look), _sort(look)


_weighting = Memo(_WEIGHTING_TAGS, _read_weighting, unless=CSA_TAGS)


def _frame_sort(look: Lookup, whole: Lookup) -> str:
    """Return what a frame shows; of the whole image, only where its own type is missing."""
    kind = look(tag_of("FrameType")) or whole(tag_of("ImageType"))
    component = look(tag_of("ComplexImageComponent")) or whole(tag_of("ComplexImageComponent"))
    sort = image_sort(_words(kind), _text(component), _text(whole(tag_of("ImageComments"))))
    is_isotropic = _text(look(tag_of("DiffusionDirectionality"))) == "ISOTROPIC"
    return sort or ("isotropic" if is_isotropic else "")


def _words(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return (value,) if value else ()
    return tuple(map(str, value))


def _read_protocol(look: Lookup) -> dict[str, Any]:
    found = ((word, look(tag_of(word))) for word in PROTOCOL)
    protocol = {word: _plain(value) for word, value in found if value is not None and value != ""}
    factor = _integer(private_value(look, 0x2001, 0x13, "PHILIPS"))
    if factor is not None and factor > 1:  # classic Philips images have it nowhere else
        protocol.setdefault(ECHO_PLANAR, "YES")
    return protocol


_protocol = Memo(_PROTOCOL_TAGS, _read_protocol)


def _plain(value: Any) -> Any:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return str(value).strip()
    if isinstance(value, bytes):
        return value.decode("latin-1").strip(" \0")
    return tuple(_plain(part) for part in value) if hasattr(value, "__iter__") else str(value)


def _read_mosaic(look: Lookup) -> tuple[int, tuple[float, ...]]:
    if "MOSAIC" not in (look(tag_of("ImageType")) or ()):
        return 0, ()
    slices = _integer(private_value(look, 0x0019, 0x0A, "SIEMENS"))
    moments = _floats(private_value(look, 0x0019, 0x29, "SIEMENS"))
    if not slices or not moments:
        tags = read_csa(look)
        slices = slices or _integer(next(iter(tags.get("NumberOfImagesInMosaic", ())), None))
        moments = moments or _floats(tags.get("MosaicRefAcqTimes"))
    return slices or 0, moments or ()


_mosaic = Memo((tag_of("ImageType"), *PRIVATE_TAGS), _read_mosaic, unless=CSA_TAGS)


def _started_at(look: Lookup) -> str:
    return first_moment(_text(look(date)) + _text(look(time)) for date, time in _MOMENTS)


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
