"""Pixels are copied; what is hidden beside them is not."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian
from support.packages import SALT, only_study
from support.scans import SMALL, write_mosaic

from neuroflow.studies.deidentify.pixels import PixelFormat, clean, without_comments
from neuroflow.studies.package.build import make_package

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"


def packaged(folder: Path, change) -> pydicom.FileDataset:
    for path in write_mosaic(folder / "in", SMALL):
        image = pydicom.dcmread(path)
        change(image)
        image.save_as(path)
    package = make_package(only_study(folder / "in"), "C", folder / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        return pydicom.dcmread(io.BytesIO(archive.read("IM000001.dcm")))


@pytest.mark.parametrize("is_deflated", [False, True])
def test_overlay_in_unused_bits_is_cleared(is_deflated, tmp_path):
    values = np.arange(64, dtype="<u2") * 60

    def hide(image):
        image.BitsStored, image.HighBit = 12, 11
        text = np.unpackbits(np.frombuffer(b"ERIKA M.", np.uint8)).astype("<u2")
        image.PixelData = (values | text << 15).tobytes()
        if is_deflated:
            image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    after = packaged(tmp_path, hide)
    np.testing.assert_array_equal(np.frombuffer(after.PixelData, "<u2"), values)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_negative_pixels_keep_their_sign(order, bits):
    stored = bits - 4
    values = np.array([-8, -1, 0, 5, 7], dtype=f"{order}i{bits // 8}")
    form = PixelFormat(None, bits, stored, is_signed=True, is_big_endian=order == ">")
    assert clean(values.tobytes(), form) == values.tobytes()
    hidden = values.view(f"{order}u{bits // 8}") & np.array(
        (1 << stored) - 1, f"{order}u{bits // 8}"
    )
    assert clean(hidden.astype(f"{order}u{bits // 8}").tobytes(), form) == values.tobytes()


def test_bytes_after_the_pixels_are_cut(tmp_path):
    after = packaged(
        tmp_path, lambda image: setattr(image, "PixelData", image.PixelData + b"HIDDEN^ZQ 19450312")
    )
    assert len(after.PixelData) == after.Rows * after.Columns * 2
    assert b"HIDDEN" not in after.PixelData


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def first_frame(name: str) -> tuple[pydicom.FileDataset, bytes]:
    image = pydicom.dcmread(SAMPLES / name)
    return image, next(generate_frames(image.PixelData, number_of_frames=1))


@pytest.mark.parametrize("marker", [0xFE, 0xE1, 0xEF])
def test_comment_of_a_jpeg_is_blanked_and_its_pixels_stay(marker):
    image, frame = first_frame("SC_rgb_jpeg_dcmtk.dcm")
    hidden = frame[:2] + segment(marker, b"MUSTERMANN") + frame[2:] + b"ERIKA"
    blanked = without_comments(hidden)
    assert len(blanked) == len(hidden)
    assert b"MUSTERMANN" not in blanked
    assert b"ERIKA" not in blanked
    pixels = image.pixel_array
    image.PixelData = encapsulate([blanked])
    np.testing.assert_array_equal(image.pixel_array, pixels)


def test_comment_of_a_jpeg_2000_is_blanked():
    start = b"\xff\x4f" + segment(0x51, bytes(38))
    comment = segment(0x64, b"\0\1MUSTERMANN")
    tile_head = comment + b"\xff\x93" + b"data\xff\x64kept"
    tile = segment(0x90, struct.pack(">HIBB", 0, 12 + len(tile_head), 0, 1)) + tile_head
    blanked = without_comments(start + comment + tile + b"\xff\xd9ERIKA")
    assert b"MUSTERMANN" not in blanked
    assert b"ERIKA" not in blanked
    assert b"data\xff\x64kept" in blanked
    assert len(blanked) == len(start + comment + tile) + 7


@pytest.mark.parametrize("name", ["JPEG2000.dcm", "MR_small_RLE.dcm"])
def test_compressed_pixels_without_comments_decode_alike(name):
    _, frame = first_frame(name)
    blanked = without_comments(frame)
    assert len(blanked) == len(frame)
    changed = [index for index, (a, b) in enumerate(zip(frame, blanked, strict=True)) if a != b]
    assert len(changed) < 200
