"""Copy pixels without what is hidden beside them: padding, unused bits, comments of JPEG."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

BLOCK = 1 << 20
_PIXELS = (0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_TYPES = {8: "u1", 16: "u2", 32: "u4"}
_LARGEST_FRAGMENT = 1 << 28
_JPEG, _JPEG_2000 = b"\xff\xd8\xff", b"\xff\x4f\xff\x51"
_JPEG_COMMENT, _APPLICATION = 0xFE, range(0xE0, 0xF0)
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_COMMENT_2000, _TILE_2000, _DATA_2000, _END_2000 = 0x64, 0x90, 0x93, 0xD9


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixels of a file are stored."""

    n_bytes: int | None  # Of all frames; None where the header has none
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    is_big_endian: bool

    @property
    def has_unused_bits(self) -> bool:
        """True where bits above the stored ones may hold something else."""
        return 0 < self.bits_stored < self.bits_allocated and self.bits_allocated in _TYPES


FORMAT_WORDS = (
    "Rows Columns NumberOfFrames SamplesPerPixel BitsAllocated BitsStored HighBit"
    " PixelRepresentation"
)
"""The attributes that `pixel_format` reads."""


def pixel_format(dataset: Dataset, syntax: str) -> PixelFormat:
    """Read how the pixels of a file are stored."""
    allocated = _integer(dataset, "BitsAllocated") or 0
    stored = _integer(dataset, "BitsStored") or allocated
    high = _integer(dataset, "HighBit")
    if high is not None and high != stored - 1:
        stored = allocated  # in an old layout the upper bits are those of the pixels
    rows, columns = _integer(dataset, "Rows"), _integer(dataset, "Columns")
    n_bytes = None
    if rows and columns and allocated:
        n_values = rows * columns * (_integer(dataset, "SamplesPerPixel") or 1)
        n_bytes = -(-n_values * (_integer(dataset, "NumberOfFrames") or 1) * allocated // 8)
    return PixelFormat(
        n_bytes,
        allocated,
        stored,
        is_signed=_integer(dataset, "PixelRepresentation") == 1,
        is_big_endian=syntax == ExplicitVRBigEndian,
    )


def _integer(dataset: Dataset, word: str) -> int | None:
    try:
        return int(dataset[word].value)
    except (KeyError, TypeError, ValueError):
        return None


def pixel_blocks(stream: IO[bytes], syntax: str, form: PixelFormat) -> Iterator[bytes]:
    """Copy the pixel element in blocks, and nothing after it."""
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    start = _exactly(stream, 8)
    group, element = struct.unpack(order + "HH", start[:4])
    if (group, element) != _PIXELS:
        raise EOFError("no pixel data")
    is_short = syntax == ImplicitVRLittleEndian
    length_bytes = start[4:] if is_short else _exactly(stream, 4)
    (length,) = struct.unpack(order + "L", length_bytes)
    start = start[:4] if is_short else start
    if length == _UNDEFINED:
        yield start + length_bytes
        yield from _fragments(stream)
        return
    kept = length if form.n_bytes is None else min(length, form.n_bytes + form.n_bytes % 2)
    yield start + struct.pack(order + "L", kept)
    for block in _blocks(stream, kept):
        yield clean(block, form) if form.has_unused_bits else block


def clean(pixels: bytes, form: PixelFormat) -> bytes:
    """Set the bits above the stored ones to what a reader expects: zeros, or those of the sign."""
    code = _TYPES[form.bits_allocated]
    size = form.bits_allocated // 8
    whole = len(pixels) // size * size
    values = np.frombuffer(pixels[:whole], (">" if form.is_big_endian else "<") + code)
    unused = form.bits_allocated - form.bits_stored
    if form.is_signed:
        plain = values.astype(code).view(code.replace("u", "i"))
        cleaned = ((plain << unused) >> unused).view(code).astype(values.dtype)
    else:
        cleaned = values & values.dtype.type((1 << form.bits_stored) - 1)
    return cleaned.astype(values.dtype).tobytes() + pixels[whole:]


def _fragments(stream: IO[bytes]) -> Iterator[bytes]:
    is_first = True
    while True:
        head = _exactly(stream, 8)
        group, element, length = struct.unpack("<HHL", head)
        yield head
        if (group, element) == _END:
            return
        if (group, element) != _ITEM or length == _UNDEFINED:
            raise EOFError("broken fragments of pixel data")
        if is_first or length > _LARGEST_FRAGMENT:  # the first is the table of offsets
            yield from _blocks(stream, length)
        else:
            yield without_comments(_exactly(stream, length))
        is_first = False


def without_comments(fragment: bytes) -> bytes:
    """Blank comments and data of applications in a compressed image; its length stays.

    ITU-T T.81, annex B (JPEG, and JPEG-LS, which has the same markers); ITU-T T.800, annex A (JPEG
    2000).
    """
    if fragment.startswith(_JPEG):
        return _blanked_jpeg(fragment)
    if fragment.startswith(_JPEG_2000):
        return _blanked_jpeg_2000(fragment)
    return fragment


def _blanked_jpeg(fragment: bytes) -> bytes:
    blanked, at = bytearray(fragment), 2
    while found := _NEXT_MARKER.search(fragment, at):
        at = found.start() + 2
        marker = fragment[at - 1]
        if marker == _END_OF_IMAGE:
            blanked[at:] = bytes(len(blanked) - at)
            break
        length = int.from_bytes(fragment[at : at + 2], "big")
        if marker == _JPEG_COMMENT or marker in _APPLICATION:
            end = min(at + length, len(blanked))
            blanked[at + 2 : end] = bytes(max(end - at - 2, 0))
        at += max(length, 2)
    return bytes(blanked)


def _blanked_jpeg_2000(fragment: bytes) -> bytes:
    blanked, at, tile_end = bytearray(fragment), 2, 0
    while at + 4 <= len(fragment) and fragment[at] == 0xFF:
        marker = fragment[at + 1]
        if marker == _END_2000:
            blanked[at + 2 :] = bytes(len(blanked) - at - 2)
            break
        if marker == _DATA_2000:
            if tile_end <= at:  # the last tile goes on to the end
                break
            at = tile_end
            continue
        length = int.from_bytes(fragment[at + 2 : at + 4], "big")
        if marker == _TILE_2000:
            tile_bytes = int.from_bytes(fragment[at + 6 : at + 10], "big")
            tile_end = at + tile_bytes if tile_bytes else 0
        elif marker == _COMMENT_2000:
            end = min(at + 2 + length, len(blanked))
            blanked[at + 6 : end] = bytes(max(end - at - 6, 0))
        at += 2 + max(length, 2)
    return bytes(blanked)


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
