"""Compare de-identification with the profile of DICOM PS3.15, and write the counts into a page.

Run with ``uv run --with dicom-anonymizer python tools/make_profile_table.py``: that package has the
table of the profile (E.1-1) as lists. A data set has a marker in every attribute of pydicom's
dictionary, at the top level and nested; what is left of the profile's attributes is counted.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from page_block import write_block
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.scans import Scan, header  # noqa: E402

from neuroflow.studies.deidentify import Deidentifier, Identity  # noqa: E402

PAGE = ROOT / "docs" / "privacy.md"
START, END = "<!-- profile: made by tools/make_profile_table.py -->", "<!-- end of profile -->"
BY_OPTION = {"PatientAge", "PatientSex"}  # Retain Patient Characteristics
_TEXTS = {"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT", "PN"}
_BYTES = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
_VALUES: dict[str, Any] = {
    "AS": "077Y", "DA": "19870313", "DT": "19870313113355.123456", "TM": "113355.123456",
    "DS": "8765.4321", "IS": "87654321", "FL": 8765.4321, "FD": 8765.4321, "SS": 8765, "US": 8765,
    "SL": 87654321, "UL": 87654321, "SV": 876543219, "UV": 876543219, "AT": 0x00100020,
}  # fmt: skip
_STRUCTURE = {
    Tag(name)
    for name in [
        "SpecificCharacterSet",
        "SOPClassUID",
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SamplesPerPixel",
        "NumberOfFrames",
        "PixelData",
        "FloatPixelData",
        "DoubleFloatPixelData",
    ]
}


def marker(kind: str, tag: int) -> Any:
    """Return a value that says which attribute it comes from, where its type can hold that."""
    name = f"ZQ{tag:08X}"
    if kind == "UI":
        return f"1.2.3.87654321.{tag}"
    if kind in _BYTES:
        return name.encode() + b"ZQZQZQ"
    return name if kind in _TEXTS else _VALUES.get(kind)


def marked_item() -> Dataset:
    """Make a data set with a marker in every attribute of the standard."""
    dataset = Dataset()
    for number, (kinds, *_) in DicomDictionary.items():
        tag, kind = Tag(number), kinds.split(" or ")[0]
        value = marker(kind, number)
        if tag.group >= 8 and tag not in _STRUCTURE and value is not None:
            dataset.add(DataElement(tag, kind, value))
    return dataset


def marked_image() -> FileDataset:
    """Make an image with markers at the top level, and in an item of every sequence."""
    base = header(Scan(n_slices=2, n_directions=1), 1)
    dataset = FileDataset("", {}, file_meta=base.file_meta, preamble=bytes(128))
    for element in (*base, *marked_item()):
        dataset[element.tag] = element
    dataset.SpecificCharacterSet = "ISO_IR 192"
    inner = Dataset()
    for name in ("PatientID", "InstitutionName", "CodeMeaning", "PatientComments", "SequenceName"):
        setattr(inner, name, f"ZQ{Tag(name):08X}")
    inner.PatientName = f"ZQ{Tag('PatientName'):08X}"
    inner.ContentDate = "19870313"
    for number, (kinds, *_) in DicomDictionary.items():
        if kinds == "SQ" and Tag(number).group >= 8:
            dataset.add(DataElement(Tag(number), "SQ", Sequence([inner])))
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        setattr(dataset, name, Sequence([marked_item()]))
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PixelData = bytes(32)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    return dataset


def copied(dataset: FileDataset) -> FileDataset:
    """Return a data set as it is read back from a file."""
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    buffer.seek(0)
    return pydicom.dcmread(buffer)


def elements(dataset: Dataset) -> Iterator[DataElement]:
    """Yield all elements, at every depth."""
    for element in dataset:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from elements(item)


def is_marker(element: DataElement, named: set[int]) -> bool:
    """Check whether an element has its marker still; a sequence, whether one of the profile has."""
    if element.VR == "SQ":
        inner = (each for item in element.value for each in elements(item))
        return any(is_marker(each, named) for each in inner if int(each.tag) in named)
    wanted = marker(element.VR, int(element.tag))
    if element.VR == "FL":
        return isinstance(element.value, float) and abs(element.value - wanted) < 0.01
    value, expected = element.value, wanted
    if isinstance(value, bytes):
        return isinstance(expected, bytes) and value.strip(b"\0 ") == expected
    return str(value) == str(expected)


def profile() -> set[int]:
    """Return the attributes of the profile that have a fixed tag."""
    spec = importlib.util.find_spec("dicomanonymizer")
    if spec is None or spec.origin is None:
        sys.exit("dicom-anonymizer is needed: see the top of this file")
    folder = Path(spec.origin).parent / "dicom_anonymization_databases"
    path = max(folder.glob("dicomfields_*.py"))
    loader = importlib.util.spec_from_file_location("fields", path)
    if loader is None or loader.loader is None:
        sys.exit(f"{path} cannot be read")
    fields = importlib.util.module_from_spec(loader)
    loader.loader.exec_module(fields)
    lists = [getattr(fields, n) for n in dir(fields) if n.endswith("_TAGS") and n != "ALL_TAGS"]
    return {(tag[0] << 16) | tag[1] for each in lists for tag in each if len(tag) == 2}


def main() -> None:
    """Compare, and write the counts; exit with 1 where an attribute stays as it was."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    image = copied(marked_image())
    identity = Identity("00000000-0000-4000-8000-000000000001", 60, "F")
    Deidentifier(identity, salt=b"x" * 32, origin=datetime(1987, 3, 13, 11, 33, 50))(image)
    left: dict[int, list[DataElement]] = {}
    for element in elements(copied(image)):
        left.setdefault(int(element.tag), []).append(element)
    counts: Counter[str] = Counter()
    named = profile()
    for tag in named:
        found = left.get(tag, [])
        if not found:
            counts["removed"] += 1
        elif keyword_for_tag(tag) in BY_OPTION:
            counts["kept by an option (age, sex)"] += 1
        elif any(is_marker(each, named) for each in found):
            counts["unchanged"] += 1
            sys.stderr.write(f"unchanged: {Tag(tag)} {keyword_for_tag(tag)}\n")
        else:
            counts["another value: UIDs, dates, texts that are set or emptied"] += 1
    total = sum(counts.values())
    good = total - counts["unchanged"]
    lines = ["| What becomes of it | Attributes |", "| --- | --- |"]
    lines += [f"| {name} | {count} |" for name, count in counts.most_common()]
    lines += [f"| **as the profile and its options ask** | **{good} of {total}** |"]
    write_block(PAGE, START, END, lines)
    sys.exit(1 if counts["unchanged"] else 0)


if __name__ == "__main__":
    main()
