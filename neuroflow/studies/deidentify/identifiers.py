"""Find what identifies a patient in a header, and remove it from other texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from neuroflow.studies.deidentify.private_attributes import SERVICE

_WORDS = (
    "PatientName PatientID OtherPatientIDs OtherPatientNames PatientBirthName"
    " PatientMotherBirthName PatientBirthDate PatientAddress PatientTelephoneNumbers"
    " PatientComments EthnicGroup MilitaryRank AccessionNumber StudyID InstitutionName"
    " InstitutionAddress InstitutionalDepartmentName ReferringPhysicianName"
    " PerformingPhysicianName OperatorsName PhysiciansOfRecord NameOfPhysiciansReadingStudy"
    " RequestingPhysician RequestedProcedureID ScheduledProcedureStepID PerformedProcedureStepID"
    " StationName DeviceSerialNumber StudyDate SeriesDate AcquisitionDate ContentDate"
    " StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID IssuerOfPatientID"
    " AdmissionID CurrentPatientLocation"
)
TAGS = tuple(tag for word in _WORDS.split() if (tag := tag_for_keyword(word)) is not None)
_PLACES = frozenset(
    tag
    for word in ("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName")
    if (tag := tag_for_keyword(word)) is not None
)
_COMMON_PLACE_WORDS = (
    "CENTER CENTRE CLINIC DEPARTMENT HEALTH HEALTHCARE HOSPITAL IMAGING INSTITUT INSTITUTE KLINIK"
    " KLINIKUM MAGNETIC MEDICAL MEDICINE NEUROLOGY RADIOLOGIE RADIOLOGY RESEARCH RESONANCE STREET"
    " UNIVERSITY UNIVERSITAET BRAIN DIFFUSION PHILIPS SIEMENS"
)
"""Words that occur in the names of many places and in codes of images: not identifying."""
SHORTEST = 4
"""Shorter words occur everywhere by chance."""
_MULTIVALUED = frozenset(
    tag for word in ("ImageType", "FrameType") if (tag := tag_for_keyword(word)) is not None
)
TERMS = frozenset({"ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "MOSAIC", "DIFFUSION", "NONE"})
"""Values of Image Type that are needed to read an image, whatever the name of the patient."""
_TEXT = frozenset({"AE", "AS", "CS", "LO", "LT", "OB", "SH", "ST", "UC", "UN", "UR", "UT"})


def identifiers(dataset: Dataset) -> frozenset[str]:
    """Collect what identifies the patient, the place and the day."""
    found: set[str] = set()
    for tag in TAGS:
        element = dataset.get(tag)
        if element is None or not element.value:
            continue
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        for value in values:
            text = str(value).strip().upper()
            found.add(text)
            if element.VR == "PN":
                found |= set(re.split(r"[\^=\s,]+", text))
            elif element.VR == "DA":
                found |= set(_as_written(text))
            elif tag in _PLACES:
                found |= set(re.findall(r"[^\W\d_]+", text)) - set(_COMMON_PLACE_WORDS.split())
    return frozenset(word for word in found if len(word) >= SHORTEST)


def _as_written(date: str) -> Iterator[str]:
    """Yield the other ways of writing a date."""
    if re.fullmatch(r"\d{8}", date):
        year, month, day = date[:4], date[4:6], date[6:]
        for parts in ((year, month, day), (day, month, year), (month, day, year)):
            yield from (mark.join(parts) for mark in ("-", ".", "/", "_", " ", ""))


def contains_identifier(value: object, words: frozenset[str]) -> bool:
    """Check whether a value contains one of some identifying words.

    Examples
    --------
    >>> contains_identifier("DTI_MILLER", frozenset({"MILLER"}))
    True
    >>> contains_identifier("ep_b1000#1", frozenset({"1000"}))
    False
    """
    if not words:
        return False
    if isinstance(value, bytes):
        text = value.decode("latin-1")
    elif isinstance(value, str) or not isinstance(value, Iterable):
        text = str(value)
    else:
        return any(contains_identifier(part, words) for part in value)
    text = text.upper()
    return any(word in text and _is_whole_word(word, text) for word in words)


def _is_whole_word(word: str, text: str) -> bool:
    if not word.isdigit():
        return True
    return re.search(rf"(?<![A-Z0-9]){word}(?![A-Z0-9])", text) is not None


def _is_number(value: object) -> bool:
    if isinstance(value, MultiValue):
        return all(map(_is_number, value))
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return re.fullmatch(r"[\d.eE+\-\\\s\0]+", text) is not None


def remove_residual_identifiers(
    dataset: Dataset, words: frozenset[str], keep: frozenset[int]
) -> list[str]:
    """Delete texts that still identify someone, at any depth."""
    dropped = []
    for tag in list(dataset.keys()):
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value or ():
                dropped += remove_residual_identifiers(item, words, keep)
        elif element.VR not in _TEXT or not contains_identifier(element.value, words):
            continue
        elif int(tag) in SERVICE and _is_number(element.value):
            continue  # 1000 may be a patient id as well as a b-value
        elif tag in _MULTIVALUED:
            values = element.value if isinstance(element.value, MultiValue) else [element.value]
            element.value = [
                one for one in values if one in TERMS or not contains_identifier(one, words)
            ]
        elif tag not in keep and not tag.is_private_creator:  # creators are on an allow-list
            dropped.append(element.name)
            del dataset[tag]
    return dropped
