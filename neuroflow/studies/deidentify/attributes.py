"""Which standard attributes may leave this disk.

Nothing is kept that is not listed: the attributes of the image and of its acquisition. Everything
else, and every attribute that future scanners may invent, goes.
"""

from __future__ import annotations

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
    " ExtendedOffsetTable ExtendedOffsetTableLengths PixelData"
)
KEPT = frozenset(tag for word in _WORDS.split() if (tag := tag_for_keyword(word)) is not None)
"""Attributes that stay, or whose values are replaced in place."""
GROUPS = frozenset({0x0018, 0x0020, 0x0028})
"""Of these groups (acquisition, relationship, pixels) all numbers and codes stay."""
CODES = frozenset(
    {"AT", "CS", "DS", "FD", "FL", "IS", "SL", "SQ", "SS", "SV", "UI", "UL", "US", "UV"}
    | {"OW", "OB", "US or SS", "US or OW", "US or SS or OW", "OB or OW"}
)
_GONE_WORDS = (
    # Sequences that tell of other people, places, devices and studies.
    "ContributingEquipmentSequence ReferencedImageSequence SourceImageSequence"
    " RequestAttributesSequence DeviceSequence AcquisitionDeviceProcessingDescription"
    " DeviceUID GantryID DetectorID CassetteID PlateID GeneratorID"
    " ConcatenationUID IrradiationEventUID"
)
GONE = frozenset(tag for word in _GONE_WORDS.split() if (tag := tag_for_keyword(word)) is not None)
"""Attributes in `GROUPS` that go although they are codes."""


def is_kept(tag: BaseTag) -> bool:
    """Tell whether a standard attribute may leave this disk.

    References
    ----------
    DICOM PS3.15, annex E, Basic Application Level Confidentiality Profile, with the options Retain
    Patient Characteristics (age and sex alone) and Retain Safe Private.
    """
    if tag in KEPT:
        return True
    if tag.group not in GROUPS or tag in GONE:
        return False
    try:
        return dictionary_VR(tag) in CODES
    except KeyError:
        return False
