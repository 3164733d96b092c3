"""Check what is kept: numbers are numbers, codes are known, and no text identifies anybody."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from functools import cache

from pydicom.datadict import dictionary_VM, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.attributes import PATIENT_GROUP, has_its_type, is_kept
from neuroflow.studies.deidentify.names import Identifiers
from neuroflow.studies.deidentify.private_attributes import (
    SEQUENCE_NAME,
    SERVICE,
    VENDORS,
    is_safe_value,
)
from neuroflow.studies.deidentify.values import (
    BINARY,
    CHARSETS,
    MODEL,
    SEQUENCE,
    VERSION,
    are_numbers,
    are_so_many,
    is_code,
    known_words,
    packed,
    texts,
)
from neuroflow.studies.makers import UNKNOWN, known_maker

_NUMBERS, _CODES = frozenset({"DS", "IS"}), frozenset({"CS"})
_TEXTS = frozenset({"AE", "AS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_MOST_VALUES = 16
"""Whole numbers of an attribute that may have any number of them, as indices of dimensions."""
_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
_NUMBER_TEXTS = {
    "IS": re.compile(rb"-?\d{1,9}(?:\\-?\d{1,9})*"),
    "DS": re.compile(rb"-?\d{1,7}(?:\.\d{1,7})?(?:\\-?\d{1,7}(?:\.\d{1,7})?)*"),
}
"""Texts that pydicom writes as it reads them."""
_CHARSET, _MANUFACTURER = 0x00080005, 0x00080070
_AGE = 0x00101010
_CLOSED = {0x00204000: re.compile(r"b=\d+(?:\.\d*)?(?:\((?:-?\d+(?:\.\d*)?,?){3}\))?")}
"""Texts that are kept in one form only: the gradients in Canon's comments."""
_FORMS = {
    tag_for_keyword("SequenceName"): SEQUENCE_NAME,
    tag_for_keyword("ImagedNucleus"): re.compile(r"\d{0,3}\s?[A-Z][a-z]?", re.I),
    tag_for_keyword("RescaleType"): re.compile(
        r"OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT|normalized|NORMALIZED|10\^-?\d+ ?mm\^?2/s|msec|ms"
    ),
    tag_for_keyword("StackID"): re.compile(r"[A-Z]?\d{1,8}", re.I),
    tag_for_keyword("DimensionIndexPrivateCreator"): re.compile(VENDORS.pattern, re.I),
    tag_for_keyword("FunctionalGroupPrivateCreator"): re.compile(VENDORS.pattern, re.I),
}
"""Texts of a known form, which are not searched."""
_VOCABULARIES = {
    tag_for_keyword("ManufacturerModelName"): MODEL,
    tag_for_keyword("SoftwareVersions"): VERSION,
    tag_for_keyword("SequenceName"): SEQUENCE,
    tag_for_keyword("PulseSequenceName"): SEQUENCE,
}
"""Texts that are kept but for the words that are none of the field; other texts are removed."""


def remove_residue(dataset: Dataset, words: Identifiers) -> list[str]:
    """Delete, at any depth, values that may identify somebody, and name their attributes."""
    dropped: list[str] = []
    for tag in list(dataset.keys()):
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value or ():
                dropped += remove_residue(item, words)
        elif tag.is_private_creator:  # on an allow-list
            continue
        elif not _checked(dataset, tag, element, words):
            dropped.append(element.name)
            del dataset[tag]
    return dropped


def _checked(dataset: Dataset, tag: BaseTag, element: DataElement, words: Identifiers) -> bool:
    """Check one value; codes of several values lose only those that are unknown."""
    if tag.is_private:
        return is_safe_value(dataset, tag, element, words)
    if int(tag) == _CHARSET:
        return all(CHARSETS.fullmatch(text) for text in texts(element.value))
    if int(tag) == _MANUFACTURER:
        return _checked_maker(element)
    if element.VR in _NUMBERS or element.VR in BINARY:
        return _are_its_numbers(tag, element, words)
    if element.VR in _CODES:
        return _keep_values(element, is_code)
    return _checked_text(tag, element, words)


def _are_its_numbers(tag: BaseTag, element: DataElement, words: Identifiers) -> bool:
    if element.VR in BINARY:
        if words.is_inside(packed(element.VR, element.value)):
            return False
        return are_so_many(element.VR, element.value, _multiplicity(tag), _MOST_VALUES)
    return are_numbers(element.value) and not _is_id(tag, element.value, words)


def is_kept_number(number: int, vr: str | None, value: bytes, words: Identifiers) -> bool:
    """Check for a public number that is kept as it is stored, in little endian."""
    code = _FORMATS.get(vr or "")
    tag = BaseTag(number)
    if code is None or not value or len(value) % struct.calcsize(code) or tag.is_private:
        return False
    if tag.group == PATIENT_GROUP or not is_kept(tag) or not has_its_type(tag, str(vr)):
        return False
    numbers = struct.unpack(f"<{len(value) // struct.calcsize(code)}{code}", value)
    if code in "fd" and not all(map(math.isfinite, numbers)):
        return False
    if words.is_inside(value):
        return False
    return are_so_many(str(vr), numbers, _multiplicity(tag), _MOST_VALUES)


def is_kept_text_of_number(number: int, vr: str | None, value: bytes, words: Identifiers) -> bool:
    """Check for a public number, stored as text, that is kept and written as it is stored."""
    form, tag = _NUMBER_TEXTS.get(vr or ""), BaseTag(number)
    if form is None or tag.is_private or len(value) % 2 or value.endswith(b"  "):
        return False
    text = value.removesuffix(b" ")
    if len(value) - len(text) != len(text) % 2 or not form.fullmatch(text):
        return False
    if not is_kept(tag) or not has_its_type(tag, str(vr)):
        return False
    return int(tag) in SERVICE or not any(map(words.is_number_of, text.decode().split("\\")))


@cache
def _multiplicity(tag: BaseTag) -> str:
    try:
        return dictionary_VM(tag)
    except KeyError:
        return "1"


def _checked_text(tag: BaseTag, element: DataElement, words: Identifiers) -> bool:
    if element.VR not in _TEXTS or int(tag) == _AGE:
        return element.VR != "UN"
    if closed := _CLOSED.get(int(tag)):
        return all(closed.fullmatch(text) for text in texts(element.value))
    form, known = _FORMS.get(int(tag)), _VOCABULARIES.get(int(tag))
    values = list(texts(element.value))
    free = [text for text in values if form is None or not form.fullmatch(text)]
    if any(map(words.is_in, free)):
        return False
    kept = [known_words(text, known) if known else "" for text in free]
    if kept == free:
        return True
    left = [text for text in values if text not in free] + [text for text in kept if text]
    element.value = left if len(left) > 1 else "".join(left)
    return bool(left)


def _checked_maker(element: DataElement) -> bool:
    """Keep one manufacturer that is known; whatever else stands there is called unknown."""
    found = [known_maker(text) for text in texts(element.value)]
    named = [name for name in found if name and name != UNKNOWN]
    element.value = next(iter([*named, *filter(None, found)]), "")
    return True


def _keep_values(element: DataElement, is_kept: Callable[[str], bool]) -> bool:
    values = list(texts(element.value))
    kept = [text for text in values if is_kept(text)]
    if len(kept) < len(values):
        element.value = kept if len(kept) != 1 else kept[0]
    return bool(kept) or not values


def _is_id(tag: BaseTag, value: object, words: Identifiers) -> bool:
    return int(tag) not in SERVICE and any(words.is_number_of(text) for text in texts(value))
