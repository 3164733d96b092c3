"""Write the de-identified copy of one DICOM file; its pixels are copied unchanged."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from typing import IO

from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify.deidentifier import Deidentifier
from neuroflow.studies.dicom import READ_ERRORS

BLOCK = 1 << 20
_PIXELS = (0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)


def deidentify_dicom(member: Member, deidentify: Deidentifier) -> Iterator[bytes]:
    """Yield the bytes of a de-identified DICOM file.

    The header is rewritten; the pixels are copied in blocks, so that large files need little
    memory.
    """
    try:
        with member.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values that violate the standard are kept as they are
            dataset = dcmread(stream, stop_before_pixels=True, force=True)
            syntax = UID(dataset.file_meta.get("TransferSyntaxUID") or _guessed_syntax(dataset))
            if syntax == DeflatedExplicitVRLittleEndian:
                stream.seek(0)
                dataset = dcmread(stream, force=True)
                deidentify(dataset)
                yield _written(dataset, syntax)
                return
            deidentify(dataset)
            yield _written(dataset, syntax)
            yield from _pixel_blocks(stream, syntax)
    except (*READ_ERRORS, *STREAM_ERRORS) as error:
        raise StudyError(
            "A DICOM file of the study is damaged.",
            why=f"Reading it failed: {type(error).__name__}.",
            advice="Export the study again.",
        ) from error


def _guessed_syntax(dataset: FileDataset) -> UID:
    implicit, little = dataset.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _written(dataset: FileDataset, syntax: UID) -> bytes:
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _pixel_blocks(stream: IO[bytes], syntax: UID) -> Iterator[bytes]:
    """Copy the pixel element, and nothing after it."""
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    start = _exactly(stream, 8)
    group, element = struct.unpack(order + "HH", start[:4])
    if (group, element) != _PIXELS:
        raise EOFError("no pixel data")
    if syntax == ImplicitVRLittleEndian:
        (length,) = struct.unpack(order + "L", start[4:])
    else:
        long_length = _exactly(stream, 4)
        (length,) = struct.unpack(order + "L", long_length)
        start += long_length
    yield start
    if length != _UNDEFINED:
        yield from _blocks(stream, length)
    else:
        yield from _fragments(stream)


def _fragments(stream: IO[bytes]) -> Iterator[bytes]:
    while True:
        head = _exactly(stream, 8)
        group, element, length = struct.unpack("<HHL", head)
        yield head
        if (group, element) == _END:
            return
        if (group, element) != _ITEM or length == _UNDEFINED:
            raise EOFError("broken fragments of pixel data")
        yield from _blocks(stream, length)


def _blocks(stream: IO[bytes], length: int) -> Iterator[bytes]:
    while length:
        block = _exactly(stream, min(length, BLOCK))
        length -= len(block)
        yield block


def _exactly(stream: IO[bytes], count: int) -> bytes:
    block = stream.read(count)
    if len(block) < count:
        raise EOFError("the file is truncated")
    return block
