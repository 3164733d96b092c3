"""Headers that are like another one: processed in part, with the same bytes as in whole."""

from __future__ import annotations

import gzip
import io
import random
from dataclasses import replace

import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian
from support.packages import SALT
from support.scans import SMALL, write_dicom, write_mosaic

from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify import Deidentifier, DicomWriter, Identity
from neuroflow.studies.deidentify.dicom_writer import Template

IDENTITY = Identity("11111111-1111-4111-8111-111111111111")
WRITERS = {
    "siemens": lambda folder: write_dicom(folder, replace(SMALL, vendor="siemens")),
    "mosaic": lambda folder: write_mosaic(folder, SMALL),
    "ge": lambda folder: write_dicom(folder, replace(SMALL, vendor="ge")),
    "philips": lambda folder: write_dicom(folder, replace(SMALL, vendor="philips")),
    "implicit": lambda folder: write_dicom(
        folder, replace(SMALL, vendor="ge", syntax=ImplicitVRLittleEndian)
    ),
}


def _image(number, ds):
    ds.ImageComments = f"volume {number} of MUSTERMANN" if number % 2 else "b=1000(1,0,0)"


def _times(number, ds):
    ds.AcquisitionTime = f"1422{number:02d}.5"
    ds.AcquisitionDateTime = f"20240315142233.{number:06d}"


def _numbers(number, ds):
    ds.add_new(0x00280106, "US", number)
    ds.add_new(0x00280107, "US", 4000 - number)
    ds.WindowCenter, ds.SliceLocation = [number, 1], number / 3


def _ids(number, ds):
    """Numbers as texts, of which some are a patient's, and in forms that are written anew."""
    ds.InstanceNumber = 7654321 if number == 2 else number
    ds.NumberOfAverages = ("1", " 1", "1.50", "+1e0", "7654321", "1\\2")[number % 6]
    ds.TemporalPositionIdentifier = str(number).zfill(5)


def _codes(number, ds):
    ds.ImageType = ["ORIGINAL", "PRIMARY", "MUSTERMANN" if number == 3 else "M"]


def _person(number, ds):
    ds.PatientName = "OTHER^PERSON" if number >= 4 else ds.PatientName
    ds.ImageComments = "seen by PERSON"


def _day(number, ds):
    ds.ContentDate = f"202403{15 + number % 2}"


def _format(number, ds):
    ds.BitsStored, ds.HighBit = (12, 11) if number % 2 else (16, 15)


def _age(number, ds):
    ds.PatientAge, ds.PatientSex = ("061Y", "M") if number % 2 else ("060Y", "F")


def _charset(number, ds):
    ds.SpecificCharacterSet = "ISO_IR 192" if number % 2 else "ISO_IR 100"
    ds.ImageComments = "Köln"


def _private(number, ds):
    block = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
    block.add_new(0x39, "IS", [number, 8, 0, 0])
    block.add_new(0x6F, "DS", "7654321" if number == 2 else str(number))
    block.add_new(0x01, "LO", f"MUSTERMANN {number}")


def _creator(number, ds):
    name = "GEMS_PARM_01" if number % 2 else "MUSTERMANN"
    ds.private_block(0x0043, name, create=True).add_new(0x39, "IS", [number, 8, 0, 0])


def _nested(number, ds):
    item = pydicom.Dataset()
    item.PersonName = f"NURSE{number}^ANNA"
    ds.ContentCreatorIdentificationCodeSequence = [item]
    ds.ImageComments = f"NURSE{number}"


def _syntax(number, ds):
    if number % 2:
        ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian


def _long(number, ds):
    """A header longer than what is read first."""
    ds.add_new(0x00091010, "OB", bytes(20_000))
    ds.InstanceNumber = number


CASES = [
    *((change, "siemens") for change in (_syntax, _long)),
    *((change, "ge") for change in (_image, _times, _numbers, _person, _day, _private, _creator)),
    *((change, "siemens") for change in (_codes, _format, _age, _charset, _nested, _ids)),
    *((change, "implicit") for change in (_numbers, _times, _private, _creator)),
]


def _packaged(paths, monkeypatch, *, whole=False):
    with monkeypatch.context() as patch:
        if whole:
            patch.setattr(Template, "of", classmethod(lambda cls, *_: None))
        write = DicomWriter(Deidentifier(IDENTITY, salt=SALT))
        return [b"".join(write(Member(path))) for path in paths]


def _changed(paths, change):
    for number, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        change(number, ds)
        ds.save_as(path)


@pytest.mark.parametrize("maker", WRITERS)
def test_part_of_a_header_gives_the_bytes_of_the_whole(maker, tmp_path, monkeypatch):
    paths = WRITERS[maker](tmp_path)
    assert _packaged(paths, monkeypatch) == _packaged(paths, monkeypatch, whole=True)


@pytest.mark.parametrize(("change", "maker"), CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values
def test_what_differs_within_a_series_is_processed(change, maker, tmp_path, monkeypatch):
    paths = WRITERS[maker](tmp_path)
    _changed(paths, change)
    parts = _packaged(paths, monkeypatch)
    assert parts == _packaged(paths, monkeypatch, whole=True)
    assert not any(b"MUSTERMANN" in part or b"NURSE" in part for part in parts)


def _counted(monkeypatch, name):
    calls = []
    process = getattr(Deidentifier, name)
    monkeypatch.setattr(
        Deidentifier,
        name,
        lambda self, *args, **kwargs: calls.append(args) or process(self, *args, **kwargs),
    )
    return calls


@pytest.mark.parametrize("change", [None, _long])
@pytest.mark.parametrize("size", [4, 600])
def test_a_series_is_processed_as_a_whole_once(tmp_path, monkeypatch, change, size):
    scan = replace(SMALL, vendor="ge", size=size, n_slices=2, n_directions=1)
    paths = write_dicom(tmp_path, scan)
    if change is not None:
        _changed(paths, change)
    whole = _counted(monkeypatch, "__call__")
    assert len(_packaged(paths, monkeypatch)) == len(paths) > 4
    assert len(whole) == 1


def test_numbers_and_uids_of_a_series_need_no_second_look(tmp_path, monkeypatch):
    first, paths = WRITERS["siemens"](tmp_path)[0], []
    for number in range(6):
        ds = pydicom.dcmread(first)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        ds.InstanceNumber, ds.EchoTime = number, 80 + number
        ds.add_new(0x00280106, "US", number)
        paths.append(tmp_path / f"{number}.dcm")
        ds.save_as(paths[-1])
    parts = _counted(monkeypatch, "part")
    made = _packaged(paths, monkeypatch)
    assert len(parts) == 1  # of the first image
    assert len({pydicom.dcmread(io.BytesIO(one)).SOPInstanceUID for one in made}) == 6


def test_what_was_made_of_an_element_is_kept(tmp_path, monkeypatch):
    path = WRITERS["siemens"](tmp_path)[0]
    paths = []
    for number in range(9):
        ds = pydicom.dcmread(path)
        ds.SequenceName = ("ep_b0", "ep_b1000#1", "ep_b1000#2")[number % 3]
        paths.append(tmp_path / f"{number}.dcm")
        ds.save_as(paths[-1])
    parts = _counted(monkeypatch, "part")
    names = [pydicom.dcmread(io.BytesIO(one)).SequenceName for one in _packaged(paths, monkeypatch)]
    assert names == ["ep_b0", "ep_b1000#1", "ep_b1000#2"] * 3
    assert len(parts) == 3  # of the first image, and of two other names


def test_long_results_are_not_kept(tmp_path):
    path = WRITERS["ge"](tmp_path)[0]
    write = DicomWriter(Deidentifier(IDENTITY, salt=SALT))
    for number in range(4):
        ds = pydicom.dcmread(path)
        noise = random.Random(number).randbytes(900).hex()
        packed = gzip.compress(f'NECHO "{number}"\nNOISE "{noise}"\n'.encode())
        block = ds.private_block(0x0025, "GEMS_SERS_01", create=True)
        block.add_new(0x1B, "OB", len(packed).to_bytes(4, "little") + packed)
        ds.SequenceName = "ep_b1000#2" if number else "ep_b0"
        ds.save_as(tmp_path / "one.dcm")
        made = pydicom.dcmread(io.BytesIO(b"".join(write(Member(tmp_path / "one.dcm")))))
        value = made[0x0025, 0x101B].value
        kept = value[4 : 4 + int.from_bytes(value[:4], "little")]
        assert gzip.decompress(kept) == f'NECHO "{number}"\n'.encode()
    assert {tag for tag, _ in write._template._known} == {0x00180024}


def test_images_that_are_never_alike_are_not_compared_for_long(tmp_path, monkeypatch):
    paths = WRITERS["ge"](tmp_path)
    _changed(paths, lambda number, ds: setattr(ds, "PatientName", f"NAME^{number}"))
    made = []
    of = Template.of.__func__
    monkeypatch.setattr(
        Template, "of", classmethod(lambda cls, *args: made.append(args) or of(cls, *args))
    )
    _packaged(paths, monkeypatch)
    assert 0 < len(made) <= 8 < len(paths)
