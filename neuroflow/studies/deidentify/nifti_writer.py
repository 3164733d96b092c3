"""Write the de-identified copy of a NIfTI."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS, Member, reason_of
from neuroflow.studies.nifti import data_start, open_uncompressed, read_header

LEVEL = 1
"""Of deflate; higher levels save only a few per cent."""
BLOCK = 1 << 20
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Without name and time, unknown system (RFC 1952)."""
TEXTS = ("descrip", "aux_file", "intent_name", "db_name", "data_type", "unused_str")
"""Fields of free text in the header: descriptions, file names, times of the scan."""


_END_OF_LINE = (13, 10, 26, 10)
"""What follows the magic number of a NIfTI-2."""
_SPARE = (
    *("glmax", "glmin", "extents", "session_error", "regular", "toffset", "cal_max", "cal_min"),
    *("intent_p1", "intent_p2", "intent_p3"),
)
"""Numbers that no reader of a diffusion image uses."""
_LONGEST_SLICE = 100_000.0
"""Of the duration of a slice in any unit; a larger number may be a date or an id."""
_MAX_DIMENSIONS = 7


def deidentify_nifti(member: Member) -> Iterator[bytes]:
    """Yield a NIfTI as ``.nii.gz`` without free text, extensions and trailing bytes."""
    yield GZIP_HEAD
    packer = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
    checksum = length = 0
    try:
        for block in _plain_blocks(member):
            checksum = zlib.crc32(block, checksum)
            length += len(block)
            yield packer.compress(block)
    except READ_ERRORS as error:
        raise StudyError(
            "The image is damaged.",
            why=reason_of(error),
            advice="Convert or copy it again.",
        ) from error
    yield packer.flush()
    yield checksum.to_bytes(4, "little") + (length % 2**32).to_bytes(4, "little")


def _plain_blocks(member: Member) -> Iterator[bytes]:
    stored = read_header(member)
    header = stored.fields.copy()
    start = data_start(header)
    for name in TEXTS:
        if name in header.structarr.dtype.names:
            header[name] = b""
    for name in _SPARE:
        if name in header.structarr.dtype.names:
            header[name] = 0 if header[name].dtype.kind != "S" else b"r"
    if not 0 <= float(header["slice_duration"]) < _LONGEST_SLICE:
        header["slice_duration"] = 0
    used = int(header["dim"][0])
    if 0 < used < _MAX_DIMENSIONS:
        header["dim"][used + 1 :] = 1
        header["pixdim"][used + 1 :] = 1
    if "eol_check" in header.structarr.dtype.names:
        header["eol_check"] = _END_OF_LINE
    block = header.binaryblock
    header["vox_offset"] = len(block) + 4
    # Four zero bytes after the header: no extension follows.
    yield header.binaryblock + bytes(4)
    with open_uncompressed(member) as stream:
        _skip(stream, start)
        left = stored.data_bytes - start
        while left:
            block = stream.read(min(left, BLOCK))
            if not block:
                raise EOFError("it ends before its last volume")
            left -= len(block)
            yield block
        while stream.read(BLOCK):  # to the end, where gzip keeps its checksum
            pass


def _skip(stream: IO[bytes], count: int) -> None:
    while count:
        block = stream.read(min(count, BLOCK))
        if not block:
            raise EOFError("it ends before its data")
        count -= len(block)
