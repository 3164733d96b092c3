"""DICOM files of thousands of slices, written fast: what they share is encoded once."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian


def encoded(ds: Dataset) -> bytes:
    """Encode a dataset, or a part of one."""
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, ds, "ISO_IR 192")
    return stream.getvalue()


def write_encoded(path: Path, body: bytes, *, storage: str, instance: str) -> None:
    """Write a DICOM file whose dataset is encoded already."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID(storage)
    meta.MediaStorageSOPInstanceUID = UID(instance)
    head = DicomBytesIO()
    head.write(bytes(128) + b"DICM")
    write_file_meta_info(head, meta)
    path.write_bytes(head.getvalue() + body)


class DicomTemplate:
    """Encodes datasets that differ in a few attributes.

    Examples
    --------
    >>> ds = Dataset()
    >>> ds.PatientID, ds.InstanceNumber, ds.Rows = "A", 1, 64
    >>> template = DicomTemplate(ds, "InstanceNumber")
    >>> ds.InstanceNumber = 2
    >>> template.filled(ds) == encoded(ds)
    True
    """

    def __init__(self, ds: Dataset, *varying: str) -> None:
        self._tags = sorted(int(Tag(word)) for word in varying)
        edges = (-1, *self._tags, 0xFFFFFFFF)
        self._between = [encoded(ds[low + 1 : high]) for low, high in pairwise(edges)]

    def filled(self, ds: Dataset) -> bytes:
        """Encode one of them."""
        own = (_element(ds, tag) for tag in self._tags)
        first, *others = self._between
        return first + b"".join(a + b for a, b in zip(own, others, strict=True))


def _element(ds: Dataset, tag: int) -> bytes:
    part = Dataset()  # a slice of the dataset would sort all its tags
    part[tag] = ds[tag]
    return encoded(part)
