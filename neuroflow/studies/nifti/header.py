"""The header of a NIfTI image, and whether the file is complete."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS, Member, reason_of, refuse_placeholder
from neuroflow.studies.nifti.uncompressed import GZIP, GzipReader

_START_BYTES, _HEADER_BYTES = 1 << 14, 544


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """The header of a NIfTI, and the length of the file according to it."""

    fields: Any  # The header as nibabel reads it
    data_bytes: int  # Length of the uncompressed file


_HEADER_ERRORS = (
    *READ_ERRORS,
    HeaderDataError,
    WrapStructError,
    struct.error,
    OverflowError,
    ValueError,
    KeyError,
)
"""Exceptions of reading the header of a file that is not a NIfTI."""


def read_header(member: Member) -> NiftiHeader:
    """Read a NIfTI's header."""
    try:
        refuse_placeholder(member)
        start = _start(member)
        sizes = {struct.unpack(order + "i", start[:4])[0] for order in "<>"}
        kind: Any = Nifti2Header if 540 in sizes else Nifti1Header
        header = kind(start[: kind.template_dtype.itemsize], check=False)
        shape = header.get_data_shape()
        magic = bytes(header["magic"].item())[:3]
        itemsize = header.get_data_dtype().itemsize
        length = data_start(header) + int(np.prod(shape, dtype=np.int64)) * itemsize
    except _HEADER_ERRORS as error:
        raise _unreadable(reason_of(error)) from error
    if magic not in (b"n+1", b"n+2"):
        raise _unreadable("Its header lacks the NIfTI magic number.")
    return NiftiHeader(header, length)


def data_start(fields: Any) -> int:
    """Return where the voxels of a single file begin; some tools write 0 into its header.

    The NIfTI-1 standard, https://nifti.nimh.nih.gov/nifti-1: the smallest ``vox_offset`` of a
    single file is 352; of NIfTI-2, 544.
    """
    return max(int(fields["vox_offset"]), int(fields.single_vox_offset))


def _start(member: Member) -> bytes:
    """Read the header's bytes, even if the file is damaged after them."""
    with member.open_raw() as raw:
        start = raw.read(_START_BYTES)
    if start.startswith(GZIP):
        start = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(start, _HEADER_BYTES)
    return start


def _unreadable(why: str) -> StudyError:
    return StudyError(
        "The image is not a readable NIfTI.",
        why=why,
        advice="Convert or copy it again.",
    )


def count_axes(member: Member) -> int | None:
    """Count the axes of an image that are longer than 1; None where it cannot be read."""
    try:
        shape = read_header(member).fields.get_data_shape()
    except StudyError:
        return None
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return len(shape)


def surplus_bytes(member: Member, header: NiftiHeader) -> int:
    """Count the bytes after a NIfTI's last voxel; where some are missing, the count is negative."""
    with member.open_raw() as raw:
        packed = raw.read(2) == GZIP
        length = raw.seek(0, io.SEEK_END)
        if not packed:
            return length - header.data_bytes
        raw.seek(max(length - 4, 0))
        # The length at the end of a gzip (RFC 1952, section 2.3.1, ISIZE): it is uncompressed only
        # where this is another one.
        stored = int.from_bytes(raw.read(4), "little")
    if stored == header.data_bytes % 2**32:
        return 0
    plain, after = _lengths(member)
    missing = plain - header.data_bytes
    return missing + after if missing >= 0 else missing


def _lengths(member: Member) -> tuple[int, int]:
    """Return the length of the contents of a gzip, and that of what follows it; -1 if damaged."""
    length = 0
    try:
        with member.open_raw() as raw:
            reader = GzipReader(raw)
            while block := reader.read(1 << 20):
                length += len(block)
            return length, raw.seek(0, io.SEEK_END) - reader.end
    except READ_ERRORS:
        return -1, 0
