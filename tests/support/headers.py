"""Headers of images, de-identified from what a reader makes of a file."""

from __future__ import annotations

import numpy as np
import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.tag import Tag
from support.scans import SMALL, header, weight

from neuroflow.studies.deidentify import Deidentifier, Identity

STRANGE_MAKERS = [
    "MUSTERMANN, ERIKA", "Praxis Dr. Miller", "Siemensmann", "Philipson", "GEORGE", "Ge-Wang",
    "Universitätsklinik Xberg", "19450312", "=cmd|' /C calc'!A0", "x\x1b[2JSIEMENS", "シーメンス",
    "Canon\u0301",
]  # fmt: skip
"""Texts in the place of a manufacturer that begin like one, hide one, or are none."""
IDENTITY = Identity("00000000-0000-4000-8000-000000000001", 60, "F")


def image(name: str = "MUSTERMANN^ERIKA", vendor: str = "siemens") -> pydicom.FileDataset:
    dataset = header(SMALL, 1)
    dataset.PatientName = name
    weight(dataset, vendor, 1000.0, np.array([0.6, 0.8, 0.0]))
    return dataset


def written(dataset: pydicom.FileDataset) -> bytes:
    """De-identify what a reader makes of a file, and return the bytes of the new header."""
    stream = DicomBytesIO()
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    stream.seek(0)
    read = pydicom.dcmread(stream)
    Deidentifier(IDENTITY, salt=b"salt")(read)
    stream = DicomBytesIO()
    pydicom.dcmwrite(stream, read, enforce_file_format=True)
    return stream.getvalue()


def put_raw(dataset: Dataset, tag: int, vr: str, value: bytes) -> None:
    value += b" " * (len(value) % 2)
    dataset._dict[Tag(tag)] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)
