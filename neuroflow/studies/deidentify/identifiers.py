"""Collect what identifies somebody from a header, at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.names import Identifiers, dates, identifiers_of, person, place

_WORDS = (
    "PatientID OtherPatientIDs PatientBirthDate PatientAddress PatientTelephoneNumbers"
    " PatientComments EthnicGroup MilitaryRank AccessionNumber StudyID InstitutionName"
    " InstitutionAddress InstitutionalDepartmentName RequestedProcedureID"
    " ScheduledProcedureStepID PerformedProcedureStepID RequestingService"
    " StationName DeviceSerialNumber StudyDate SeriesDate AcquisitionDate ContentDate"
    " IssuerOfPatientID AdmissionID CurrentPatientLocation"
    " FillerOrderNumberImagingServiceRequest PlacerOrderNumberImagingServiceRequest"
    " MedicalRecordLocator RegionOfResidence CountryOfResidence PatientInsurancePlanCodeSequence"
    " PersonAddress ServiceEpisodeID ClinicalTrialSubjectID"
)
TAGS = frozenset(tag for word in _WORDS.split() if (tag := tag_for_keyword(word)) is not None)
"""Attributes whose values identify; those of people (PN) do so in any case."""
_PLACE_WORDS = (
    "InstitutionName InstitutionAddress InstitutionalDepartmentName PatientAddress"
    " CurrentPatientLocation RequestingService PersonAddress RegionOfResidence"
)
_PLACES = frozenset(
    tag for word in _PLACE_WORDS.split() if (tag := tag_for_keyword(word)) is not None
)
_PIXELS = 0x7FE00000


def identifiers(*datasets: Dataset) -> Identifiers:
    """Collect the words that identify the people, the place and the day."""
    names: set[str] = set()
    ids: set[str] = set()
    for vr, tag, text in chain.from_iterable(map(_values, datasets)):
        if vr == "PN":
            names |= set(person(text))
        elif vr == "DA":
            ids |= {text, *dates(text)}
        elif tag in _PLACES:
            names |= set(place(text))
            ids.add(text)
        else:
            ids.add(text)
    return identifiers_of(frozenset(names - {""}), frozenset(ids - {""}))


def identifying_bytes(dataset: Dataset) -> tuple[tuple[int, bytes], ...] | None:
    """Return what `identifiers` would read, as it is stored; None where it was decoded already."""
    found: list[tuple[int, bytes]] = []
    for tag in list(dataset.keys()):
        if tag >= _PIXELS or not is_identifying(tag, dataset.get_item(tag).VR):
            continue
        element = dataset.get_item(tag)
        if not isinstance(element, RawDataElement):
            return None
        found.append((int(tag), element.value or b""))
    return tuple(found)


def _values(dataset: Dataset) -> Iterator[tuple[str, int, str]]:
    for tag in list(dataset.keys()):
        if tag >= _PIXELS:
            continue
        if not is_identifying(tag, dataset.get_item(tag).VR):
            continue
        element = _decoded(dataset, tag)
        if element is None:
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _values(item)
        elif element.value:
            several = isinstance(element.value, MultiValue | list)
            for value in element.value if several else [element.value]:
                yield element.VR, int(tag), _text(value)


def _decoded(dataset: Dataset, tag: BaseTag) -> DataElement | None:
    try:
        return dataset[tag]
    except Exception:  # noqa: BLE001  whatever a value of the wrong form makes pydicom raise
        return None


@lru_cache(maxsize=1 << 12)
def is_identifying(tag: BaseTag, stored_vr: str | None) -> bool:
    """Check whether `identifiers` reads an element of this VR; None if the file has none."""
    return tag in TAGS or _vr(tag, stored_vr) in ("PN", "SQ")


def _vr(tag: BaseTag, stored_vr: str | None) -> str:
    if stored_vr not in (None, "UN"):
        return str(stored_vr)
    try:
        # An unknown private value may be a sequence of a person's data.
        return "SQ" if tag.is_private else dictionary_VR(tag)
    except KeyError:
        return "UN"


def _text(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(" \0").upper()
