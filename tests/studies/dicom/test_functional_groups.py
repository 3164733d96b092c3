"""The groups of an enhanced image's frames: what is of interest, and no more, is decoded."""

from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from neuroflow.studies.dicom.functional_groups import FunctionalGroups

TIME, TYPE = 0x00180080, 0x00189087
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def group(**values):
    one = Dataset()
    for word, value in values.items():
        setattr(one, word, value)
    return one


def frame(*, times=(), measures=(), open_ended=False):
    made = Dataset()
    for word, items in (
        ("MRTimingAndRelatedParametersSequence", times),
        ("PixelMeasuresSequence", measures),
    ):
        if items:
            setattr(made, word, list(items))
        for one in items:
            one.is_undefined_length_sequence_item = open_ended
    return made


def stored(frames, syntax=ExplicitVRLittleEndian):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    whole = FileDataset(
        "", {}, preamble=bytes(128), file_meta=meta, is_implicit_VR=syntax.is_implicit_VR,
        is_little_endian=syntax.is_little_endian,
    )  # fmt: skip
    whole.PerFrameFunctionalGroupsSequence = frames
    stream = DicomBytesIO()
    whole.save_as(stream)
    stream.seek(0)
    return list(dcmread(stream, force=True).PerFrameFunctionalGroupsSequence)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("open_ended", [False, True])
def test_each_frame_has_the_values_of_its_groups(syntax, open_ended):
    frames = [
        frame(
            times=[group(RepetitionTime=time)],
            measures=[group(SliceThickness=2)],
            open_ended=open_ended,
        )
        for time in (8000, 8000, 9000)
    ]
    groups = FunctionalGroups({TIME})
    found = [groups.flat(one) for one in stored(frames, syntax)]
    assert [float(one[TIME]) for one in found] == [8000, 8000, 9000]
    assert all(set(one) == {TIME} for one in found)


def test_frames_that_are_decoded_already_keep_their_own_values():
    groups = FunctionalGroups({TIME})
    frames = [frame(times=[group(RepetitionTime=time)]) for time in (8000, 9000)]
    assert [float(groups.flat(one)[TIME]) for one in frames] == [8000, 9000]


@pytest.mark.parametrize("syntax", SYNTAXES[:2])
def test_groups_without_anything_of_interest_stay_undecoded(syntax):
    frames = [
        frame(times=[group(RepetitionTime=8000 + n)], measures=[group(SliceThickness=2)])
        for n in range(2)
    ]
    groups = FunctionalGroups({TIME})
    for one in stored(frames, syntax):
        groups.flat(one)
        assert isinstance(one.get_item("PixelMeasuresSequence"), RawDataElement)
        assert not isinstance(one.get_item("MRTimingAndRelatedParametersSequence"), RawDataElement)


def test_the_first_item_of_a_group_counts():
    times = [group(RepetitionTime=8000), group(RepetitionTime=9000, EchoTime=80)]
    (one,) = stored([frame(times=times)])
    assert {
        tag: float(value) for tag, value in FunctionalGroups({TIME, 0x00180081}).flat(one).items()
    } == {TIME: 8000}


def test_a_private_group_means_what_its_creator_says():
    frames = []
    for creator in ("Philips MR Imaging DD 005", "SOME PACS"):
        one = Dataset()
        one.private_block(0x2005, creator, create=True).add_new(
            0x0F, "SQ", [group(RepetitionTime=8)]
        )
        frames.append(one)
    groups = FunctionalGroups({TIME})
    first, second = stored(frames, ImplicitVRLittleEndian)
    assert float(groups.flat(first)[TIME]) == 8
    assert groups.flat(second) == {}
