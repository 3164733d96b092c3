"""An answer key for de-identification, with actions as in the MIDI-B challenge.

A study of each maker has an identifier in every attribute of pydicom's dictionaries, private ones
and nested sequences included, that can hold text. The key says of each attribute what has to become
of it; `marked` compares a package with it.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pydicom
from pydicom._private_dict import private_dictionaries
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from support.packages import SALT, leaks, only_study, package_bytes
from support.scans import SECRETS, SMALL, write_dicom

from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition

MAKERS = ("siemens", "ge", "philips")
CREATORS = {"siemens": ("SIEMENS",), "ge": ("GE", "GEMS"), "philips": ("PHILIPS",)}
_STRUCTURE_WORDS = (
    "SpecificCharacterSet SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality"
    " Manufacturer ImageType Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation"
    " SamplesPerPixel PhotometricInterpretation NumberOfFrames PixelData InstanceNumber"
    " SeriesNumber"
    " ImagePositionPatient ImageOrientationPatient PixelSpacing EchoTime RepetitionTime FlipAngle"
    " SliceThickness SpacingBetweenSlices MagneticFieldStrength ScanningSequence PatientName"
    " PatientID PatientBirthDate PatientAge PatientSex DiffusionBValue DiffusionGradientOrientation"
    " FloatPixelData DoubleFloatPixelData BurnedInAnnotation InPlanePhaseEncodingDirection"
    " MRDiffusionSequence PerFrameFunctionalGroupsSequence SharedFunctionalGroupsSequence"
    " StudyDate SeriesDate AcquisitionDate ContentDate StudyTime SeriesTime AcquisitionTime"
    " ContentTime ComplexImageComponent InstitutionName OperatorsName ReferringPhysicianName"
    " AccessionNumber StationName DeviceSerialNumber ImageComments FrameType PatientIdentityRemoved"
    " SOPInstanceStatus LongitudinalTemporalInformationModified AcquisitionDateTime"
)
STRUCTURE = frozenset(_STRUCTURE_WORDS.split())
KEPT = {
    "Modality": "MR",
    "ScanningSequence": ["SE", "EP"],
    "MRAcquisitionType": "2D",
    "EchoTime": 88.0,
    "RepetitionTime": 9000.0,
    "FlipAngle": 90.0,
    "InPlanePhaseEncodingDirection": "COL",
    "Rows": 4,
    "MagneticFieldStrength": 3.0,
    "PatientSex": "F",
    "PatientAge": "060Y",
}
_NOT_EMPTY_WORDS = (
    "PatientName PatientID StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID"
    " StudyDate AcquisitionDate AcquisitionTime SOPClassUID StudyDescription SeriesDescription"
    " PatientIdentityRemoved DeidentificationMethod"
)
NOT_EMPTY = _NOT_EMPTY_WORDS.split()
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
_TEXT = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "PN", "CS", "AE", "UR", "UN", "OB", "OW"})
_ALSO = frozenset({"DS", "IS", "DA", "DT", "TM", "UI", "AS"})
_SHORT = {"SH": 16, "CS": 16, "AE": 16}
PHRASES = (
    "MUSTERMANN",
    "DTI MUSTERMANN",
    "ep_Erika",
    "MRN7654321",
    "MRN-765 4321",
    "29.02.1964",
    "1964-02-29",
    "DOKTOR",
    "for SCHREIBER",
    "MRSTATION42",
    "SN5550123",
    "2024-03-15",
    "Beispielstadt",
    "ACC998877",
)
"""What a text may say of the people, the place and the day of the header."""


def value_of(vr: str, phrase: str, number: int) -> object:
    """Return a value of a type that identifies somebody."""
    if vr == "PN":
        return SECRETS["name"]
    if vr == "DA":
        return SECRETS["birth"]
    if vr == "DT":
        return SECRETS["day"] + SECRETS["time"]
    if vr == "TM":
        return SECRETS["time"]
    if vr == "UI":
        return f"{SECRETS['root']}.{number}"
    if vr == "AS":
        return "097Y"
    if vr in ("UN", "OB", "OW"):
        return phrase.encode().ljust(len(phrase) + len(phrase) % 2)
    text = phrase.upper() if vr == "CS" else phrase
    return text[: _SHORT.get(vr, 64)]


def add(dataset: Dataset, tag: int, vr: str, phrase: str) -> None:
    """Put an identifier into an attribute; into a number as the bytes of a text."""
    if vr in ("DS", "IS"):
        text = (phrase if tag % 2 else "7654321").encode()
        text = text.ljust(len(text) + len(text) % 2)
        dataset._dict[Tag(tag)] = RawDataElement(Tag(tag), vr, len(text), text, 0, False, True)
    else:
        dataset[tag] = DataElement(Tag(tag), vr, value_of(vr, phrase, tag % 9973 + 100))


def fill(dataset: Dataset, maker: str, *, every: int = 1, start: int = 0) -> Counter[str]:
    """Put identifiers everywhere; return how many were put where. `every` takes a part of them."""
    phrases, placed = cycle(PHRASES), Counter[str]()
    number = start
    for tag, (vrs, _, _, _, word) in DicomDictionary.items():
        vr, group = vrs.split(" or ")[0], tag >> 16
        number += 1
        if group < 8 or group == 0xFFFE or word in STRUCTURE or tag in dataset or number % every:
            continue
        if vr == "SQ":
            dataset[tag] = DataElement(Tag(tag), "SQ", [nested(phrases)])
            placed["in nested sequences"] += len(dataset[tag].value[0])
        elif vr in _TEXT or vr in _ALSO:
            add(dataset, tag, vr, next(phrases))
            placed["in standard attributes"] += 1
    placed["in private attributes"] += fill_private(dataset, maker, phrases, every)
    return placed


def nested(phrases: Iterator[str]) -> Dataset:
    """Make an item with an identifier of each type."""
    item = Dataset()
    item.PatientName, item.PatientID = SECRETS["name"], SECRETS["patient_id"]
    item.PatientAge, item.OperatorsName = "097Y", SECRETS["operator"]
    item.StudyDate, item.SOPInstanceUID = SECRETS["day"], f"{SECRETS['root']}.55"
    item.SequenceName, item.SoftwareVersions = next(phrases)[:16], next(phrases)
    item.CodeMeaning, item.ImageComments = next(phrases), next(phrases)
    item.BodyPartExamined, item.InstitutionName = "MUSTERMANN", SECRETS["institution"]
    return item


def fill_private(dataset: Dataset, maker: str, phrases: Iterator[str], every: int) -> int:
    """Put identifiers into all private attributes of a maker; return how many."""
    placed, number = 0, 0
    blocks: dict[tuple[int, str], int] = {}
    for creator, entries in private_dictionaries.items():
        if not creator.upper().startswith(CREATORS[maker]):
            continue
        for key, (vrs, *_) in entries.items():
            number += 1
            if key[4:6] != "xx" or number % every:
                continue
            group, low, vr = int(key[:4], 16), int(key[6:8], 16), vrs.split(" or ")[0]
            used = {element.tag.element for element in dataset.group_dataset(group)}
            block = blocks.setdefault((group, creator), _free_block(used, blocks, group))
            tag = Tag(group, block << 8 | low)
            if tag in dataset or block > 0xFF or (vr not in _TEXT and vr not in _ALSO):
                continue
            dataset[Tag(group, block)] = DataElement(Tag(group, block), "LO", creator)
            add(dataset, tag, vr, next(phrases))
            placed += 1
    return placed


def _free_block(used: set[int], blocks: dict[tuple[int, str], int], group: int) -> int:
    taken = {element for element in used if element < 0x100}
    taken |= {block for (other, _), block in blocks.items() if other == group}
    return next(block for block in range(0x14, 0x200) if block not in taken)


def marked(
    maker: str, folder: Path, *, every: int = 1, start: int = 0
) -> Counter[tuple[str, bool]]:
    """Make a study of a maker, package it, and count by action what was right and what was not."""
    scan = replace(SMALL, vendor=maker)
    paths = write_dicom(folder / "in", scan)
    placed = Counter[str]()
    for path in paths:
        image = pydicom.dcmread(path)
        if path == paths[0]:
            placed = fill(image, maker, every=every, start=start)
        image.save_as(path)
    study = only_study(folder / "in")
    before = read_acquisition(study)
    package = make_package(study, "KEY", folder / "out", salt=SALT)
    after = read_acquisition(only_study(folder / "out"))
    sources = [pydicom.dcmread(path) for path in paths]
    images = read(package.path)
    marks = Counter[tuple[str, bool]]()
    data = package_bytes(package.path)
    left = {id(element): element for element in walk(images[0]) if names_somebody(element)}
    for where, count in placed.items():
        marks[f"identifier removed, {where}", True] += count
    wrong = len(left) + len(leaks(data))
    if wrong:
        marks["identifier removed, anywhere", False] += wrong
    _mark_images(marks, sources, images, study.study_id or "")
    same = before.gradients.volumes == after.gradients.volumes
    marks["gradients the same", same] += len(before.gradients.volumes)
    return marks


def _mark_images(
    marks: Counter[tuple[str, bool]], sources: list[Dataset], images: list[Dataset], study_id: str
) -> None:
    uids: dict[str, set[str]] = {}
    for source, image in zip(sources, images, strict=True):
        for word, value in KEPT.items():
            marks["text or number kept", getattr(image, word, None) == value] += 1
        for word in NOT_EMPTY:
            marks["not empty", bool(getattr(image, word, ""))] += 1
        for word in UIDS:
            uids.setdefault(source[word].value, set()).add(image[word].value)
            marks["UID changed", source[word].value != image[word].value] += 1
        for element in walk(image):
            if element.VR in ("DA", "DT") and element.value:
                marks["date shifted", str(element.value).startswith("2000010")] += 1
        marks["pixels kept", source.PixelData == image.PixelData] += 1
        ids = {str(image.PatientID), str(image.PatientName)}
        marks["patient consistent", ids == {study_id}] += 1
    for new in uids.values():
        marks["UID consistent", len(new) == 1] += 1
    marks["UID consistent", len({image.SOPInstanceUID for image in images}) == len(images)] += 1
    steps = [[float(image.AcquisitionTime) for image in part] for part in (sources, images)]
    kept = [round(b - a, 4) for a, b in zip(*steps, strict=True)]
    marks["time between images kept", len(set(kept)) == 1] += len(kept)


def read(package: Path) -> list[Dataset]:
    """Read the images of a package."""
    with zipfile.ZipFile(package) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dcm")]
        return [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in names]


def walk(dataset: Dataset) -> Iterator[DataElement]:
    """Yield the elements of a header at every depth."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                yield from walk(item)
        else:
            yield element


def names_somebody(element: DataElement) -> bool:
    """Check for one of the phrases, whatever separates its parts, or an age above 89."""
    if element.tag == 0x7FE00010:
        return False
    value = element.value
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    plain = "".join(char for char in text.upper() if char.isalnum())
    words = ("MUSTERMANN", "ERIKA", "7654321", "29021964", "19640229", "DOKTOR", "SCHREIBER")
    words += ("MRSTATION42", "SN5550123", "20240315", "BEISPIELSTADT", "ACC998877", "097Y")
    return any(word in plain for word in words)
