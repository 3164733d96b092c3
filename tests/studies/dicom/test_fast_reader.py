"""The fast reader against pydicom's own, on every file that pydicom ships."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from neuroflow.studies.dicom.fast_reader import lookup, read_raw
from neuroflow.studies.dicom.gradients import read_gradient
from neuroflow.studies.dicom.header import READ_ERRORS, TAGS, read_header

PATIENT_ID = 0x00100020
NIBABEL = Path(nibabel.__file__).parent / "nicom" / "tests" / "data"


def shipped() -> list[Path]:
    return sorted((Path(pydicom.__file__).parent / "data" / "test_files").rglob("*.dcm"))


@pytest.mark.filterwarnings("ignore")
def test_both_readers_agree_on_every_file_that_pydicom_ships():
    compared = 0
    for path in shipped():
        try:
            look = lookup(pydicom.dcmread(path, force=True, stop_before_pixels=True))
        except READ_ERRORS:
            continue
        with path.open("rb") as stream:
            raw = read_raw(stream, TAGS, 0x52000000)
        if raw is None:
            continue  # deflated: read by pydicom
        for tag in TAGS:
            if tag < 0x52000000 and tag >> 16 & 1 == 0:
                assert str(raw(tag) or "") == str(look(tag) or ""), (path.name, hex(tag))
                compared += raw(tag) is not None
    assert compared > 1000


def nested(depth: int, *, undefined: bool) -> Dataset:
    """A sequence in a sequence, of defined or undefined length."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    if depth:
        item.ReferencedImageSequence = [nested(depth - 1, undefined=undefined)] * 3
        item["ReferencedImageSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    return item


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("filler", [0, 15_000, 16_100, 40_000, 600_000])
def test_both_readers_agree_on_nested_sequences_at_any_place(tmp_path, syntax, undefined, filler):
    ds = pydicom.dcmread(Path(pydicom.__file__).parent / "data/test_files/MR_small.dcm")
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SpecificCharacterSet, ds.PatientID = "ISO_IR 192", "Müller 患者"
    ds.ReferencedImageSequence = [nested(3, undefined=undefined)] * 2
    block = ds.private_block(0x0009, "A MAKER", create=True)
    block.add_new(0x01, "SQ", [nested(2, undefined=undefined)])
    block.add_new(0x02, "OB", bytes(filler))
    ds.save_as(tmp_path / "a.dcm", implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    look = lookup(pydicom.dcmread(tmp_path / "a.dcm", stop_before_pixels=True))
    with (tmp_path / "a.dcm").open("rb") as stream:
        raw = read_raw(stream, TAGS, 0x52000000)
    assert raw(PATIENT_ID) == "Müller 患者"
    assert raw.stop[0] == 0x7FE00010
    for tag in TAGS:
        if tag >> 16 & 1 == 0:
            assert str(raw(tag) or "") == str(look(tag) or ""), hex(tag)


@pytest.mark.parametrize("length", [140, 300, 333, 700, 1201])
def test_a_header_cut_anywhere_is_refused(tmp_path, length):
    source = Path(pydicom.__file__).parent / "data/test_files/MR_small.dcm"
    (tmp_path / "a.dcm").write_bytes(source.read_bytes()[:length])
    with (tmp_path / "a.dcm").open("rb") as stream, pytest.raises(READ_ERRORS):
        read_header(stream, length)


@pytest.mark.parametrize(("name", "b_value"), [("siemens_dwi_0", 0), ("siemens_dwi_1000", 1000)])
def test_siemens_weighting_is_read_from_private_tags_and_csa(name, b_value):
    with gzip.open(NIBABEL / f"{name}.dcm.gz") as stream:
        header = read_header(stream)
        stream.seek(0)
        dataset = pydicom.dcmread(stream)
    tags = header.frames[0].gradient
    del dataset[0x0019, 0x100C]
    csa = read_gradient(lookup(dataset))
    assert tags.b_value == csa.b_value == b_value
    assert tags.direction == csa.direction
    assert (tags.direction is not None) == (b_value > 0)
    assert header.mosaic_slices == 48
    assert len(header.mosaic_times) == 48


@pytest.mark.parametrize("content", [b"", b"\x02\x00", b"text " * 50, bytes(200)])
def test_file_that_is_not_dicom_is_refused(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with path.open("rb") as stream, pytest.raises(READ_ERRORS):
        read_header(stream)


def test_truncated_file_is_detected_by_its_length():
    path = next(path for path in shipped() if path.name == "MR_truncated.dcm")
    size = path.stat().st_size
    with path.open("rb") as stream, pytest.raises((EOFError, InvalidDicomError)):
        read_header(stream, size)
