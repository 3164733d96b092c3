"""De-identify DICOM images, and keep the acquisition."""

from __future__ import annotations

import hashlib
import hmac
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dicognito.anonymizer import Anonymizer
from dicognito.element_anonymizer import ElementAnonymizer
from dicognito.randomizer import Randomizer
from dicognito.uianonymizer import UIAnonymizer
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import BaseTag

from neuroflow._version import METHOD
from neuroflow.contract import SERIES_DESCRIPTION, STUDY_DESCRIPTION
from neuroflow.studies.deidentify.attributes import PATIENT_GROUP, has_its_type, is_kept
from neuroflow.studies.deidentify.dates import START, TimeShift, earliest
from neuroflow.studies.deidentify.frames import FRAMES, Frames
from neuroflow.studies.deidentify.identifiers import identifiers, identifying_bytes
from neuroflow.studies.deidentify.names import Identifiers
from neuroflow.studies.deidentify.private_attributes import is_packed_header, is_safe
from neuroflow.studies.deidentify.residue import remove_residue
from neuroflow.studies.demographics import age_string, parse_age, parse_sex
from neuroflow.studies.dicom import blank_csa, blank_protocol

_UNCHANGED = frozenset(
    {"AT", "CS", "DS", "FD", "FL", "IS", "OB", "OW", "SL", "SQ", "SS", "UL", "US"}
)
_PROFILE = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
    ("113111", "Retain Safe Private Option"),
)
"""What is done, in the codes of DICOM PS3.16, CID 7050."""
GE_GROUP, SOP_INSTANCE = 0x0025, 0x00080018


@dataclass(frozen=True, slots=True)
class Identity:
    """What replaces the identity of the patient."""

    study_id: str  # Replaces name and patient id
    age: float | None = None  # Years, or None for the header's
    sex: str | None = None  # ``"M"`` or ``"F"``, or None for the header's


class Deidentifier:
    """De-identifies the images of one study consistently (DICOM PS3.15, annex E; dicognito).

    Removes every attribute that is not on an allow-list, replaces UIDs, and shifts dates to the
    year 2000; the time between images, age, sex, acquisition and private diffusion attributes stay.
    """

    def __init__(self, identity: Identity, *, salt: bytes, origin: datetime | None = None) -> None:
        self.identity = identity
        self._origin = origin
        # The replacements of one study reveal nothing about those of another.
        key = hmac.new(salt, identity.study_id.encode(), hashlib.sha256).hexdigest()
        # https://github.com/blairconrad/dicognito
        self._anonymizer, self._uids = Anonymizer(seed=key), UIAnonymizer(Randomizer(key))
        self._shift = TimeShift(origin or START)
        self._anonymizer.add_element_handler(self._shift)
        self._anonymizer.add_element_handler(_Unchanged())
        self._codes = [_code(*code) for code in _PROFILE]
        self._words: tuple[object, Identifiers] | None = None
        self._protocols: dict[int, tuple[bytes, Identifiers, bytes | None]] = {}

    def __call__(self, dataset: FileDataset) -> list[str]:
        """De-identify one image in place."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values that violate the standard
            if self._origin is None:
                self._origin = earliest(dataset) or START
                self._shift.origin = self._origin
            frames = Frames.of(dataset)
            words = self._identifiers(dataset, frames)
            self._filter(dataset, words)
            _filter_meta(dataset)
            self._anonymizer.anonymize(dataset)
            dropped = remove_residue(dataset, words)
            if frames is not None:
                process = partial(self.part, words=words, is_nested=True)
                dataset[FRAMES] = frames.deidentified(process, words)
            self._describe(dataset)
        return dropped

    @property
    def words(self) -> Identifiers:
        """The words that identify somebody in the last image."""
        return self._words[1] if self._words else identifiers(Dataset())

    def part(self, dataset: FileDataset, words: Identifiers, *, is_nested: bool = False) -> None:
        """De-identify some elements of an image that has the same identifying words."""
        self._filter(dataset, words, is_nested=is_nested)
        self._anonymizer.anonymize(dataset)
        remove_residue(dataset, words)

    def _describe(self, dataset: Dataset) -> None:
        """Set the attributes that every image needs."""
        identity = self.identity
        age = identity.age if identity.age is not None else parse_age(dataset.get("PatientAge"))
        sex = identity.sex or parse_sex(dataset.get("PatientSex"))
        dataset.PatientName = identity.study_id
        dataset.PatientID = identity.study_id
        dataset.PatientBirthDate = ""
        dataset.PatientSex = sex or ""
        dataset.PatientAge = age_string(age) if age is not None else ""
        dataset.AccessionNumber = ""
        dataset.ReferringPhysicianName = ""
        dataset.StudyID = ""
        dataset.StudyDescription = STUDY_DESCRIPTION
        dataset.SeriesDescription = SERIES_DESCRIPTION
        dataset.PatientIdentityRemoved = "YES"
        dataset.LongitudinalTemporalInformationModified = "MODIFIED"
        dataset.DeidentificationMethod = METHOD
        dataset.DeidentificationMethodCodeSequence = self._codes

    def new_uid(self, uid: str) -> str:
        """Return what replaces the UID of an image."""
        element = DataElement(SOP_INSTANCE, "UI", uid)
        self._uids(Dataset(), element)
        return str(element.value)

    def _identifiers(self, dataset: Dataset, frames: Frames | None) -> Identifiers:
        """Collect the words that identify somebody; most images of a study have the same."""
        stored = identifying_bytes(dataset)
        if frames is not None:  # they are processed apart
            del dataset[FRAMES]
        if stored is None or self._words is None or self._words[0] != stored:
            others = frames.identifying() if frames is not None else ()
            self._words = stored, identifiers(dataset, *others)
        return self._words[1]

    def _filter(self, dataset: Dataset, words: Identifiers, *, is_nested: bool = False) -> None:
        """Delete attributes that are not on an allow-list, at any depth."""
        safe = {tag for tag in list(dataset.keys()) if tag.is_private and is_safe(dataset, tag)}
        for tag in list(dataset.keys()):
            is_listed = tag in safe if tag.is_private else is_kept(tag)
            if not is_listed or (is_nested and tag.group == PATIENT_GROUP):
                del dataset[tag]
                continue
            try:
                element = dataset[tag]
            except Exception:  # noqa: BLE001  a value that nobody can read is not sent
                del dataset[tag]
                continue
            if not tag.is_private and not has_its_type(tag, element.VR):
                del dataset[tag]
            elif element.VR == "SQ":
                for item in element.value or ():
                    self._filter(item, words, is_nested=True)
            elif tag.is_private and is_packed_header(tag):
                blanked = self._blanked(tag, element.value, words)
                if blanked is None:
                    del dataset[tag]
                else:
                    element.value = blanked

    def _blanked(self, tag: BaseTag, value: object, words: Identifiers) -> bytes | None:
        """Blank a protocol; all images of a series have the same, or nearly so."""
        if not isinstance(value, bytes):
            return None
        known = self._protocols.get(int(tag))
        if known is None or known[:2] != (value, words):
            is_ge = tag.group == GE_GROUP
            blanked = blank_protocol(value) if is_ge else blank_csa(value, words.is_in)
            known = self._protocols[int(tag)] = (value, words, blanked)
        return known[2]


class _Unchanged(ElementAnonymizer):
    """Skips numbers and codes, which no other handler has to change."""

    def __call__(self, dataset: Dataset, data_element: DataElement) -> bool:  # noqa: ARG002
        return data_element.VR in _UNCHANGED

    def describe_actions(self) -> Iterator[str]:
        yield "Keep numbers and codes"


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def _filter_meta(dataset: FileDataset) -> None:
    kept = {"TransferSyntaxUID", "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID"}
    for tag in list(dataset.file_meta.keys()):
        if dataset.file_meta[tag].keyword not in kept:
            del dataset.file_meta[tag]
    dataset.preamble = bytes(128)
