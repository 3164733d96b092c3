"""The groups that the frames of one file share."""

from pydicom import Dataset

from neuroflow.studies.dicom.functional_groups import FunctionalGroups


def test_attributes_of_a_group_become_those_of_the_frame():
    timing, frame = Dataset(), Dataset()
    timing.RepetitionTime = 8000
    frame.MRTimingAndRelatedParametersSequence = [timing]
    assert FunctionalGroups({0x00180080}).flat(frame) == {0x00180080: "8000.0"}
