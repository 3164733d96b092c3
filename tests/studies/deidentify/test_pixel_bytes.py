"""Pixels of hand-made files, byte by byte: lengths, fragments, markers of JPEG and JPEG 2000."""

from __future__ import annotations

import io
import struct
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from neuroflow.studies.deidentify.pixels import (
    PixelFormat,
    clean,
    pixel_blocks,
    pixel_format,
    without_comments,
)

PLAIN = PixelFormat(None, 16, 16, is_signed=False, is_big_endian=False)


def form_of(syntax=ExplicitVRLittleEndian, **values):
    dataset = Dataset()
    words = {"Rows": 3, "Columns": 5, "BitsAllocated": 16, "PixelRepresentation": 0} | values
    for word, value in words.items():
        if value is not None:
            setattr(dataset, word, value)
    return pixel_format(dataset, syntax)


@pytest.mark.parametrize(
    ("values", "n_bytes"),
    [
        ({}, 30),
        ({"SamplesPerPixel": 3}, 90),
        ({"NumberOfFrames": 4}, 120),
        ({"SamplesPerPixel": 3, "NumberOfFrames": 4, "BitsAllocated": 8}, 180),
        ({"BitsAllocated": 1}, 2),
        ({"BitsAllocated": 8}, 15),
        ({"Rows": None}, None),
        ({"Columns": None}, None),
        ({"BitsAllocated": None}, None),
    ],
)
def test_number_of_bytes_is_that_of_all_values(values, n_bytes):
    assert form_of(**values).n_bytes == n_bytes


@pytest.mark.parametrize(
    ("values", "stored", "has_unused"),
    [
        ({"BitsStored": 12, "HighBit": 11}, 12, True),
        ({"BitsStored": 12}, 12, True),
        ({"BitsStored": 12, "HighBit": 15}, 16, False),
        ({"BitsStored": 16, "HighBit": 15}, 16, False),
        ({"BitsStored": 1, "HighBit": 0}, 1, True),
        ({}, 16, False),
        ({"BitsAllocated": 32, "BitsStored": 24}, 24, True),
        ({"BitsAllocated": 8, "BitsStored": 7}, 7, True),
        ({"BitsAllocated": 64, "BitsStored": 60}, 60, False),
    ],
)
def test_bits_above_the_stored_ones_are_unused(values, stored, has_unused):
    form = form_of(**values)
    assert (form.bits_stored, form.has_unused_bits) == (stored, has_unused)


def test_sign_and_order_of_bytes_are_read():
    assert [form_of(PixelRepresentation=sign).is_signed for sign in (0, 1, None)] == [0, 1, 0]
    assert form_of(ExplicitVRBigEndian).is_big_endian
    assert not form_of(ImplicitVRLittleEndian).is_big_endian


def test_a_format_cannot_be_changed():
    form = form_of()
    with pytest.raises(FrozenInstanceError):
        form.bits_stored = 12
    assert not hasattr(form, "__dict__")


def element(syntax, length):
    if syntax == ImplicitVRLittleEndian:
        return struct.pack("<HHL", 0x7FE0, 0x0010, length)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    return struct.pack(f"{order}HH2sHL", 0x7FE0, 0x0010, b"OW", 0, length)


def copied(data, syntax=ExplicitVRLittleEndian, form=PLAIN):
    return b"".join(pixel_blocks(io.BytesIO(data), syntax, form))


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize(("n_bytes", "kept"), [(None, 12), (12, 12), (8, 8), (7, 8), (20, 12)])
def test_pixels_are_copied_to_their_number_and_no_further(syntax, n_bytes, kept):
    pixels = bytes(range(12))
    form = PixelFormat(n_bytes, 16, 16, is_signed=False, is_big_endian=False)
    found = copied(element(syntax, 12) + pixels + b"MILLER", syntax, form)
    assert found == element(syntax, kept) + pixels[:kept]


def test_pixels_of_many_blocks_lose_their_unused_bits():
    values = np.arange(700_000, dtype="<u2")
    form = PixelFormat(1_400_000, 16, 12, is_signed=False, is_big_endian=False)
    head = element(ExplicitVRLittleEndian, 1_400_000)
    assert copied(head + values.tobytes(), form=form) == head + (values & 0xFFF).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        element(ExplicitVRLittleEndian, 12)[:10],
        element(ExplicitVRLittleEndian, 12) + bytes(11),
        b"\xe0\x7f\x11\x00OW" + bytes(6),
        b"\xe1\x7f\x10\x00OW" + bytes(6),
    ],
)
def test_truncated_or_other_elements_are_damaged_pixels(data):
    with pytest.raises(EOFError):
        copied(data)


@pytest.mark.parametrize(("bits", "code"), [(8, "u1"), (16, "<u2"), (32, "<u4")])
def test_an_incomplete_last_value_stays(bits, code):
    form = PixelFormat(None, bits, bits - 2, is_signed=False, is_big_endian=False)
    values = np.array([2**bits - 1, 5], code)
    tail = b"\xff" * (bits // 8 - 1)
    expected = np.array([2 ** (bits - 2) - 1, 5], code)
    assert clean(values.tobytes() + tail, form) == expected.tobytes() + tail


def item(content, length=None):
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content) if length is None else length) + content


def segment(marker, payload):
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
NAME, BLANK = b"\0\1MILLER", bytes(8)
SCAN = segment(0xDA, b"\1\2\3") + b"\x12\xff\x00\xfe\xff\xd0\x34\xff\xff"


def jpeg(payload):
    return b"\xff\xd8" + segment(0xE1, payload) + SCAN + segment(0xFE, payload) + b"\x56\xff\xd9"


def test_fragments_are_copied_without_their_comments():
    head = element(JPEGBaseline8Bit, 0xFFFFFFFF)
    table = jpeg(NAME)  # the first item is a table of offsets, whatever it looks like
    data = head + item(table) + item(jpeg(NAME)) + item(jpeg(NAME)) + END
    expected = head + item(table) + item(jpeg(BLANK)) + item(jpeg(BLANK)) + END
    assert copied(data + b"MILLER", JPEGBaseline8Bit) == expected


@pytest.mark.parametrize(
    "broken",
    [
        item(b"", 0xFFFFFFFF) + END,
        struct.pack("<HHL", 0xFFFE, 0xE001, 2) + b"ab" + END,
        struct.pack("<HHL", 0xFFFD, 0xE000, 2) + b"ab" + END,
        item(b"ab", 20),
        b"",
    ],
)
def test_broken_fragments_are_damaged_pixels(broken):
    head = element(JPEGBaseline8Bit, 0xFFFFFFFF)
    with pytest.raises(EOFError):
        copied(head + item(b"") + broken, JPEGBaseline8Bit)


@pytest.mark.parametrize("marker", [0xE0, 0xEF, 0xFE])
def test_application_data_and_comments_of_a_jpeg_are_blanked(marker):
    before = segment(0xDB, b"table") + segment(marker, NAME) + segment(marker, b"") + SCAN
    after = segment(0xDB, b"table") + segment(marker, BLANK) + segment(marker, b"") + SCAN
    start, end = b"\xff\xd8", b"\xff\xd9"
    assert without_comments(start + before + end + b"MILLER") == start + after + end + bytes(6)


@pytest.mark.parametrize("marker", [0xDB, 0xC0, 0xF0, 0xDD])
def test_other_segments_of_a_jpeg_stay(marker):
    image = b"\xff\xd8" + segment(marker, NAME) + SCAN + b"\xff\xd9"
    assert without_comments(image) == image


def test_a_comment_longer_than_its_jpeg_is_blanked_whole():
    cut = b"\xff\xd8\xff\xfe" + struct.pack(">H", 500) + b"MILLER"
    assert without_comments(cut) == cut[:6] + bytes(6)
    assert without_comments(cut[:5]) == cut[:5]


def tile(parts, size=None):
    """A tile of JPEG 2000, whose length begins with its own marker."""
    length = 12 + len(parts) if size is None else size
    return segment(0x90, struct.pack(">HLBB", 0, length, 0, 1)) + parts


def jpeg_2000(payload):
    data = b"\xff\x93" + b"\x12\xff\x64\x34\xff\xd9data"  # not read: anything may occur in it
    return b"".join(
        [
            b"\xff\x4f" + segment(0x51, b"\0" + bytes(37)) + segment(0x64, payload),
            tile(segment(0x64, payload) + data),
            tile(segment(0x64, payload) + data),
        ]
    )


def test_comments_of_each_tile_of_a_jpeg_2000_are_blanked():
    # The first two bytes state what kind of text follows.
    blank = NAME[:2] + bytes(6)
    end = b"\xff\xd9"
    assert without_comments(jpeg_2000(NAME) + end + b"MILLER") == jpeg_2000(blank) + end + bytes(6)


def test_the_last_tile_of_jpeg_2000_may_lack_a_length():
    last = tile(segment(0x64, NAME) + b"\xff\x93data\xff\x64" + NAME, size=0)
    blanked = tile(segment(0x64, NAME[:2] + bytes(6)) + b"\xff\x93data\xff\x64" + NAME, size=0)
    assert without_comments(jpeg_2000(NAME) + last).endswith(blanked)


def test_a_comment_longer_than_its_jpeg2000_is_blanked_whole():
    start = b"\xff\x4f" + segment(0x51, bytes(38))
    cut = b"\xff\x64" + struct.pack(">H", 500) + NAME
    assert without_comments(start + cut) == start + cut[:6] + bytes(6)
    assert without_comments(start + cut[:5]) == start + cut[:5]


@pytest.mark.parametrize("left", [b"", b"\xff", b"\xff\x64", b"\xff\x64\0"])
def test_a_jpeg_2000_may_end_after_a_comment(left):
    start = b"\xff\x4f" + segment(0x51, bytes(38))
    found = without_comments(start + segment(0x64, NAME) + left)
    assert found == start + segment(0x64, NAME[:2] + bytes(6)) + left


@pytest.mark.parametrize("fragment", [b"", b"\xff\xd8", b"RLE MILLER", b"\xff\x4f\xff\x52" + NAME])
def test_other_compressed_images_are_left_alone(fragment):
    assert without_comments(fragment) == fragment
