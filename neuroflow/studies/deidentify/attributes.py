"""Which standard attributes are kept: an allow-list.

Only listed attributes are kept, those of the image and of its acquisition. All others are removed,
also attributes that future versions of DICOM may add.
"""

from __future__ import annotations

from functools import cache

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag

_WORDS = (
    "SpecificCharacterSet ImageType InstanceCreationDate InstanceCreationTime SOPClassUID"
    " SOPInstanceUID StudyDate SeriesDate AcquisitionDate ContentDate AcquisitionDateTime"
    " StudyTime SeriesTime AcquisitionTime ContentTime Modality Manufacturer"
    " ManufacturerModelName FrameType PixelPresentation VolumetricProperties"
    " VolumeBasedCalculationTechnique ComplexImageComponent AcquisitionContrast"
    " PatientSex PatientAge"
    " SequenceName ImagedNucleus SoftwareVersions PulseSequenceName"
    " FrameAcquisitionDateTime FrameReferenceDateTime StackID RescaleType"
    " DimensionIndexPrivateCreator FunctionalGroupPrivateCreator"
    " RealWorldValueMappingSequence RealWorldValueIntercept RealWorldValueSlope"
    " RealWorldValueFirstValueMapped RealWorldValueLastValueMapped"
    " PresentationLUTShape SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence"
    " ImageComments ExtendedOffsetTable ExtendedOffsetTableLengths PixelData"
)
KEPT = frozenset(tag for word in _WORDS.split() if (tag := tag_for_keyword(word)) is not None)
"""Attributes that are kept, or whose values are replaced."""
GROUPS = frozenset({0x0018, 0x0020, 0x0028})
"""Of these groups (acquisition, relationship, pixels) all numbers and codes are kept."""
PATIENT_GROUP = 0x0010
"""The group of the patient, of which nothing is kept inside a sequence."""
CODES = frozenset(
    {"AT", "CS", "DS", "FD", "FL", "IS", "SL", "SQ", "SS", "SV", "UI", "UL", "US", "UV"}
    | {"US or SS"}
)
_REMOVED_WORDS = (
    # Sequences about other people, places, devices and studies.
    "ContributingEquipmentSequence ReferencedImageSequence SourceImageSequence"
    " RequestAttributesSequence DeviceSequence AcquisitionDeviceProcessingDescription"
    " DeviceUID GantryID DetectorID CassetteID PlateID GeneratorID"
    " ConcatenationUID IrradiationEventUID ModifyingDeviceID ManufacturerDeviceClassUID"
)
REMOVED = frozenset(
    tag for word in _REMOVED_WORDS.split() if (tag := tag_for_keyword(word)) is not None
)
"""Attributes in `GROUPS` that are removed although they are codes."""


def is_kept(tag: BaseTag) -> bool:
    """Check whether a standard attribute is kept.

    DICOM PS3.15, annex E, Basic Application Level Confidentiality Profile, with the options Retain
    Patient Characteristics (age and sex alone) and Retain Safe Private.
    """
    if tag in KEPT:
        return True
    if tag.group not in GROUPS or tag in REMOVED:
        return False
    try:
        return dictionary_VR(tag) in CODES
    except KeyError:
        return False


@cache
def has_its_type(tag: BaseTag, vr: str) -> bool:
    """Check that an element has the type of its attribute, so that it is checked as that."""
    return vr in dictionary_VR(tag).split(" or ")
