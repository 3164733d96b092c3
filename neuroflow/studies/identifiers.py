"""What names a patient in a header, and whether it stands in another text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

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
SHORTEST = 4
"""Shorter words occur everywhere by chance."""
_TEXT = frozenset({"AE", "AS", "CS", "LO", "LT", "OB", "SH", "ST", "UC", "UN", "UR", "UT"})


def identifiers(dataset: Dataset) -> frozenset[str]:
    """Collect what names the patient, the place and the day.

    Parameters
    ----------
    dataset
        A header, before anything was taken out.

    Returns
    -------
    frozenset of str
        Words in capitals.
    """
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
    return frozenset(word for word in found if len(word) >= SHORTEST)


def names_someone(value: object, words: frozenset[str]) -> bool:
    """Tell whether a value has one of some identifying words in it.

    Parameters
    ----------
    value
        Text, bytes, or several of them.
    words
        From `identifiers`.

    Returns
    -------
    bool
        True where a word occurs; numbers count only as words of their own.

    Examples
    --------
    >>> names_someone("DTI_MILLER", frozenset({"MILLER"}))
    True
    >>> names_someone("ep_b1000#1", frozenset({"1000"}))
    False
    """
    if not words:
        return False
    if isinstance(value, bytes):
        text = value.decode("latin-1")
    elif isinstance(value, str) or not isinstance(value, Iterable):
        text = str(value)
    else:
        return any(names_someone(part, words) for part in value)
    text = text.upper()
    return any(word in text and _stands_alone(word, text) for word in words)


def _stands_alone(word: str, text: str) -> bool:
    if not word.isdigit():
        return True
    return re.search(rf"(?<![A-Z0-9]){word}(?![A-Z0-9])", text) is not None


def drop_residue(dataset: Dataset, words: frozenset[str], keep: frozenset[int]) -> list[str]:
    """Delete texts that still name someone, at any depth.

    Parameters
    ----------
    dataset
        A header, changed in place.
    words
        From `identifiers`, of the header as it was.
    keep
        Tags that are not touched: their values were set.

    Returns
    -------
    list of str
        The names of what was deleted.
    """
    dropped = []
    for tag in list(dataset.keys()):
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value or ():
                dropped += drop_residue(item, words, keep)
        elif element.VR in _TEXT and tag not in keep and names_someone(element.value, words):
            dropped.append(element.name)
            del dataset[tag]
    return dropped
