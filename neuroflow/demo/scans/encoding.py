"""DICOM files of thousands of slices, written fast: what they share is encoded once."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian

_ITEM = b"\xfe\xff\x00\xe0"


def encoded(ds: Dataset) -> bytes:
    """Encode a dataset, or a part of one."""
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, ds, "ISO_IR 192")
    return stream.getvalue()


def element(tag: int, vr: str, value: str | bytes) -> bytes:
    """Encode an element with a short length."""
    stored = value.encode("ascii") if isinstance(value, str) else value
    if len(stored) % 2:
        stored += b"\0" if vr == "UI" else b" "
    if vr == "OW":
        return struct.pack("<HH2s2xL", tag >> 16, tag & 0xFFFF, b"OW", len(stored)) + stored
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(stored)) + stored


def sequence(tag: int, items: Iterable[bytes]) -> bytes:
    """Encode a sequence of encoded datasets."""
    body = b"".join(_ITEM + len(part).to_bytes(4, "little") + part for part in items)
    return struct.pack("<HH2s2xL", tag >> 16, tag & 0xFFFF, b"SQ", len(body)) + body


def write_encoded(
    path: Path, body: bytes, *, storage: str, instance: str, source: str = "", software: str = ""
) -> None:
    """Write a DICOM file whose dataset is encoded already."""
    name = b"1" * len(instance)
    head = _head(storage, name.decode(), source, software)
    path.write_bytes(head.replace(name, instance.encode("ascii")) + body)


@cache
def _head(storage: str, instance: str, source: str, software: str) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID(storage)
    meta.MediaStorageSOPInstanceUID = UID(instance)
    if source:
        meta.SourceApplicationEntityTitle = source
    if software:
        meta.ImplementationClassUID = UID(software)
    head = DicomBytesIO()
    head.write(bytes(128) + b"DICM")
    write_file_meta_info(head, meta)
    return head.getvalue()


class DicomTemplate:
    """Encodes datasets that differ in a few elements."""

    def __init__(self, ds: Dataset, *varying: int) -> None:
        edges = (-1, *sorted(varying), 0xFFFFFFFF)
        self._between = [encoded(ds[low + 1 : high]) for low, high in pairwise(edges)]

    def filled(self, elements: Mapping[int, bytes]) -> bytes:
        """Encode one of them."""
        own = (elements[tag] for tag in sorted(elements))
        first, *others = self._between
        return first + b"".join(a + b for a, b in zip(own, others, strict=True))
