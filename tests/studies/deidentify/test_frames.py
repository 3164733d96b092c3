"""Frames of enhanced images: each distinct element once gives the bytes of the whole image."""

import io
from dataclasses import replace

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from support.packages import SALT
from support.scans import SECRETS, SMALL, write_enhanced

from neuroflow.demo.scans.dicom import item
from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify import Deidentifier, DicomWriter, Identity
from neuroflow.studies.deidentify.frames import Frames

IDENTITY = Identity("5b0a8a4e-0000-4000-8000-000000000001", 60.0, "F")


def _private(frame, number):
    block = frame.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
    block.add_new(0x14, "SL", 2)
    block.add_new(0x0F, "SQ", [item(PatientName=SECRETS["name"], EchoTime=number)])
    frame.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", 1e3)


def _unknown(frame, number):
    frame.FrameContentSequence[0].add_new(0x00189999, "LO", f"of {SECRETS['family']}")
    frame.add_new(0x00209998, "UN", bytes([number]))


def _times(frame, number):
    content = frame.FrameContentSequence[0]
    content.ContentDate, content.ContentTime = SECRETS["day"], f"1422{number:02d}"
    frame.FrameContentSequence[0].FrameReferenceDateTime = f"{SECRETS['day']}1423{number:02d}.5"


def _next_day(frame, _number):
    """A day after the start, only if date and time are read together."""
    content = frame.FrameContentSequence[0]
    content.ContentDate, content.ContentTime = "20240316", "160000"


def _text(frame, number):
    frame.FrameContentSequence[0].StackID = "1" if number % 2 else SECRETS["family"]
    frame.FrameContentSequence[0].FrameLabel = "größer"


def _charset(frame, _number):
    frame.FrameContentSequence[0].SpecificCharacterSet = "ISO_IR 100"


def _numbers(frame, number):
    content = frame.FrameContentSequence[0]
    content.DimensionIndexValues = [1, number, 2]
    content.TemporalPositionIndex, content.FrameAcquisitionDuration = number, 0.5 * number
    frame.PlanePositionSequence[0].ImagePositionPatient = [7654321, -10, number]
    frame.RealWorldValueMappingSequence = [item(RealWorldValueSlope=1.0 / (number + 1))]


def _many_numbers(frame, number):
    """A wrong length makes numbers of a text."""
    frame.FrameContentSequence[0].DimensionIndexValues = list(range(40 + number))
    frame.FrameContentSequence[0].TemporalPositionIndex = [1, 2, number]


def _patient(frame, _number):
    content = frame.FrameContentSequence[0]
    content.PatientWeight, content.PatientSize = 60, 1.7
    content.OperatorsName = SECRETS["operator"]
    content.PatientAge, content.PatientSex = "097Y", "F"


def _nothing(frame, _number):
    frame.FrameContentSequence = []
    del frame.MRDiffusionSequence


def _open_end(frame, number):
    if number == 1:
        frame.is_undefined_length_sequence_item = True


CHANGES = (
    *(_private, _unknown, _times, _next_day, _text, _charset, _numbers, _many_numbers, _patient),
)


@pytest.fixture
def path(tmp_path):
    return write_enhanced(tmp_path, replace(SMALL, number=4))


def _changed(path, *changes):
    ds = pydicom.dcmread(path)
    for number, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
        for change in changes:
            change(frame, number)
    ds.save_as(path)


def _packaged(path):
    return b"".join(DicomWriter(Deidentifier(IDENTITY, salt=SALT))(Member(path)))


@pytest.mark.parametrize("changes", [(), *((c,) for c in (*CHANGES, _nothing, _open_end)), CHANGES])
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values
def test_frames_once_each_give_the_bytes_of_the_whole(path, changes, monkeypatch):
    _changed(path, *changes)
    parts = _packaged(path)
    monkeypatch.setattr(Frames, "of", classmethod(lambda cls, _: None))
    assert parts == _packaged(path)
    assert not any(SECRETS[word].encode() in parts for word in ("family", "operator", "day"))


def test_frames_can_be_read_once_they_are_processed(path):
    stored = pydicom.dcmread(path)
    before = [_weighting(frame) for frame in pydicom.dcmread(path).PerFrameFunctionalGroupsSequence]
    Deidentifier(IDENTITY, salt=SALT)(stored)
    assert [_weighting(frame) for frame in stored.PerFrameFunctionalGroupsSequence] == before


def _weighting(frame):
    position = frame.PlanePositionSequence[0].ImagePositionPatient
    return frame.MRDiffusionSequence[0].get("DiffusionBValue"), list(position)


def test_times_of_frames_are_those_of_the_whole(path):
    _changed(path, _next_day)
    read = pydicom.dcmread(io.BytesIO(_packaged(path)))
    content = read.PerFrameFunctionalGroupsSequence[1].FrameContentSequence[0]
    assert (content.ContentDate, content.ContentTime[:4]) == ("20000102", "0137")


def test_a_name_within_frames_is_found_in_the_rest(path):
    ds = pydicom.dcmread(path)
    ds.PulseSequenceName = "nurse ratched"
    other = item(PersonName="RATCHED^MILDRED")
    ds.PerFrameFunctionalGroupsSequence[3].ContentCreatorIdentificationCodeSequence = [other]
    ds.save_as(path)
    assert b"ratched" not in _packaged(path).lower()


def test_only_what_may_name_somebody_is_searched_for_names(path):
    _changed(path, _patient, _private)
    frames = Frames.of(pydicom.dcmread(path))
    found = {int(tag) for one in frames.identifying() for tag in one.keys()}  # noqa: SIM118
    assert Tag("OperatorsName") in found
    assert {tag >> 16 for tag in found if tag >> 16 & 1} == {0x2001, 0x2005}
    assert {tag for tag in found if not tag >> 16 & 1} == {int(Tag("OperatorsName"))}


def test_what_frames_share_is_processed_once(tmp_path, monkeypatch):
    path = write_enhanced(tmp_path, replace(SMALL, n_slices=6, n_directions=5))
    calls = []
    process = Deidentifier.part
    monkeypatch.setattr(
        Deidentifier,
        "part",
        lambda self, *args, **kwargs: calls.append(args) or process(self, *args, **kwargs),
    )
    _packaged(path)
    assert len(pydicom.dcmread(path).PerFrameFunctionalGroupsSequence) == 42
    assert len(calls) < 12  # the places of six slices, and few others


def test_only_frames_of_the_usual_encoding_are_split(path):
    stored = pydicom.dcmread(path)
    assert Frames.of(stored) is not None
    assert stored.PerFrameFunctionalGroupsSequence  # decoded from here on
    assert Frames.of(stored) is None
    assert Frames.of(Dataset()) is None
    _changed(path, _open_end)
    assert Frames.of(pydicom.dcmread(path)) is None
