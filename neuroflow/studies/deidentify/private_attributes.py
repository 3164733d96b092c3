"""Which private attributes are kept: an allow-list of those that describe the acquisition.

Private attributes can hold anything, including names and dates. These are kept: the
diffusion attributes that the service reads, the vendors' safe attributes of DICOM PS3.15 table
E.3.10-1, and those that converters need to sort images into volumes.
"""

from __future__ import annotations

import re
import struct

from pydicom.datadict import private_dictionary_VM, private_dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.names import Identifiers
from neuroflow.studies.deidentify.values import (
    BINARY,
    SEQUENCE,
    are_numbers,
    are_so_many,
    is_code,
    is_measure,
    known_words,
    packed,
    texts,
)

SAFE: dict[str, dict[int, frozenset[int]]] = {
    "SIEMENS MR HEADER": {
        0x0019: frozenset(
            # mosaic, slice duration, b-value, directionality, direction, gradient mode, table
            # positions, slice position, time after start, b-matrix, bandwidth, slice times
            {0x08, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17}
            | {0x18, 0x25, 0x26, 0x27, 0x28, 0x29}
        ),
        # matrix, field of view, slice position, orientation, coils, PAT, directions, thickness
        0x0051: frozenset({0x08, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17}),
    },
    # XA: phase encoding, readout and slice times, coils, acceleration; the frames' own sequences
    "SIEMENS MR SDS 01": {
        0x0021: frozenset({0x04, 0x0C, 0x46, 0x49, 0x50, 0x51, 0x5A, 0x5B, 0x5C, 0x5E, 0x5F, 0xFE})
    },
    "SIEMENS MR SDI 02": {
        0x0021: frozenset(
            {0x03, 0x04, 0x06, 0x1C, 0x24, 0x33, 0x42, 0x45, 0x48, 0x49, 0x4F, 0x51, 0x53, 0x58}
            | {0x59, 0x5B, 0x5E, 0x75, 0x77, 0x78, 0x79, 0x88, 0x8A, 0x8B, 0xFE}
        )
    },
    # The two binary headers are kept, too, after their text was blanked.
    "SIEMENS CSA HEADER": {0x0029: frozenset({0x08, 0x10, 0x18, 0x20})},
    "GEMS_ACQU_01": {
        # diffusion directions (two generations), sequence name, slices, velocity encoding
        0x0019: frozenset({0x9C, 0x9E, 0xBB, 0xBC, 0xBD, 0xD9, 0xDF, 0xE0, 0xE2, 0x7E, 0x11, 0x17})
    },
    "GEMS_RELA_01": {0x0021: frozenset({0x4F, 0x50, 0x56, 0x57, 0x5A, 0x5E})},
    "GEMS_PARM_01": {
        # EPI shots, gradient offsets, echo spacing, image type, b-value, phase encoding, bands
        0x0043: frozenset(
            {0x02, 0x03, 0x04, 0x06, 0x07, 0x2C, 0x2F, 0x30, 0x33, 0x38, 0x39, 0x6F, 0x83, 0x8A}
            | {0xB6}
        )
    },
    # The protocol as compressed text, of which only known lines of numbers are kept.
    "GEMS_SERS_01": {0x0025: frozenset({0x06, 0x07, 0x11, 0x1B})},
    "GEMS_IMAG_01": {0x0027: frozenset({0x10, 0x40, 0x41, 0x60, 0x61, 0x62})},
    "Philips Imaging DD 001": {
        0x2001: frozenset(
            # b-value, direction, echo, phase, slice and stack numbers, EPI factor, water-fat shift
            {0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x0A, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x14}
            | {0x15, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x2D}
            | {0x2F, 0x32, 0x33, 0x35, 0x36, 0x5F, 0x60, 0x7B, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86}
            | {0x87, 0x88, 0x89, 0x8A, 0xF1, 0xF2}
        )
    },
    "Philips MR Imaging DD 001": {
        0x2005: frozenset(
            {0x00, 0x01, 0x02, 0x05, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11}
            | {0x20, 0x30, 0x33, 0x35, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x63, 0x71, 0x72, 0x73}
            | {0x74, 0x75, 0x76, 0x78, 0x79, 0x7A, 0x7B, 0x7E, 0x80, 0x81, 0xA0, 0xA1, 0xA2, 0xA8}
            | {0xB0, 0xB1, 0xB2}
        )
    },
    "Philips MR Imaging DD 002": {0x2005: frozenset({0x99})},
    "Philips MR Imaging DD 003": {0x2005: frozenset({0x00, 0x01, 0x13, 0x45, 0x49})},
    "Philips MR Imaging DD 004": {0x2005: frozenset({0x07, 0x08, 0x09, 0x15, 0x25, 0x99})},
    "Philips MR Imaging DD 005": {
        0x2005: frozenset(
            {0x02, 0x06, 0x07, 0x09, 0x0A, 0x0E, 0x0F, 0x10, 0x12, 0x13, 0x14, 0x15, 0x16, 0x18}
            | {0x19, 0x1A, 0x26, 0x29, 0x30, 0x31, 0x41, 0x92, 0x99}
        )
    },
    # dcm2niix sorts the volumes of diffusion series by the first one.
    "Philips MR Imaging DD 006": {0x2005: frozenset({0x96, 0x99})},
}
"""Private creator, group, low byte of the elements that are kept."""
SERVICE = frozenset(
    {0x20051415, 0x20051599, 0x001910BB, 0x001910BC, 0x001910BD, 0x001910E0, 0x00431039}
    | {0x0019100C, 0x0019100D, 0x0019100E, 0x00191027, 0x20011003, 0x200510B0, 0x200510B1}
    | {0x200510B2}
)
"""Attributes that neuropacs reads by number: kept in blocks of these vendors or without creator."""
VENDORS = re.compile(
    r"PHILIPS (MR )?IMAGING DD \d{3}|SIEMENS (MR|CSA) HEADER|SIEMENS MR SD[IS] \d\d"
    r"|GEMS_[A-Z]{4}_\d\d"
)
"""Private creators, in capitals, whose blocks may hold the attributes of `SERVICE`."""
_UPPER = {creator.upper(): groups for creator, groups in SAFE.items()}


SEQUENCE_NAME = re.compile(r"[*_]?(?:ep|se|fl|tse|tfl)[a-z]{0,4}(?:[23]d)?_?b\d+(?:#\d+|t)?", re.I)
"""The form of Siemens' names of diffusion sequences, as ``ep_b1000#12``."""
_COILS = re.compile(r"(?:[A-Z]{1,3}:)?(?:[A-Z]{1,4}\d{0,2}(?:-\d{1,2})?[;,]?){1,16}")
_FOV = re.compile(r"FoV \d{1,4}\*\d{1,4}")
_MATRIX_OF_HEADER = re.compile(r"(?:\d{1,4}[ps]?(?:\*|$)){1,4}")
_SLICE_POSITION = re.compile(r"SP [A-Z]?-?\d{1,4}(?:\.\d{1,4})?")
_TABLE = re.compile(r"TP [A-Z]?-?\d{1,4}(?:\.\d{1,4})?")
_PLANE = re.compile(
    r"(?:Tra|Sag|Cor|[TSC])(?: ?> ?(?:Tra|Sag|Cor|[TSC]) ?\(?-?\d{1,2}(?:\.\d{1,4})?\)?){0,2}"
)
_SIDES = re.compile(r"[+-][LRAPHF]{1,3}")
_PROGRAM = re.compile(r"[A-Za-z0-9_/*#]{1,32}")
FORMS: dict[str, dict[int, re.Pattern[str]]] = {
    "SIEMENS MR HEADER": {
        0x00190F: re.compile(
            r"(?:Ultra ?|Very ?)?(?:Fast|Normal|Slow|Whisper|Performance)\*?", re.I
        ),
        0x001911: re.compile(r"No|Yes|Slice|Read|Phase|Slice/Read|Slicesel|Readout", re.I),
        0x00510B: _MATRIX_OF_HEADER,
        0x00510C: _FOV,
        0x00510D: _SLICE_POSITION,
        0x00510E: _PLANE,
        0x00510F: _COILS,
        0x005111: re.compile(r"p\d+(?:x\d+)?(?:s\d+)?(?: ?\*?[a-z]?\d?)?", re.I),
        0x005112: _TABLE,
        0x005113: _SIDES,
        0x005115: re.compile(r"[A-Z]"),
        0x005116: re.compile(r"(?:p\d+ )?(?:[A-Z0-9]{1,4}|DIFFUSION|MOSAIC|DIS[23]D|NORM|NONE|/)+"),
        0x005117: re.compile(r"SL -?\d{1,4}(?:\.\d{1,4})?"),
    },
    "SIEMENS MR SDS 01": {0x00210C: _SIDES, 0x00215E: _FOV, 0x00215F: _TABLE},
    "SIEMENS MR SDI 02": {
        0x002106: re.compile(r"[X\d_]+"),
        0x00214F: _COILS,
        0x002158: _MATRIX_OF_HEADER,
        0x002177: SEQUENCE_NAME,
        0x00218B: _SLICE_POSITION,
    },
    "GEMS_ACQU_01": {0x00199C: _PROGRAM, 0x00199E: _PROGRAM},
    "GEMS_IMAG_01": {0x002740: re.compile(r"[RLAPSI]")},
    "PHILIPS IMAGING DD 001": {
        0x200120: _PROGRAM,
        0x200187: re.compile(r"\d{1,3}[A-Z][a-z]?"),
    },
}
"""The forms of private texts: creator in capitals, group and low byte; others are removed."""
_SEARCHED = frozenset({_COILS, _PROGRAM, FORMS["SIEMENS MR HEADER"][0x005116]})
"""Forms that a name may have, too."""
_BINARY = {"FL": "f", "FD": "d", "SS": "h", "US": "H", "SL": "i", "UL": "I"}
_BY_NUMBER = {
    0x2005: {"15": "SL", "99": "UL", "B0": "FL", "B1": "FL", "B2": "FL"},
    0x2001: {"03": "FL"},
    0x0019: {"0C": "IS", "0D": "CS", "0E": "FD", "27": "FD"},
}
_MOST_UNLISTED = 3
"""Values of a private attribute whose number the dictionary does not know."""
GE_PROTOCOL = 0x0025001B


def is_safe(dataset: Dataset, tag: BaseTag) -> bool:
    """Check whether a private attribute is kept (DICOM PS3.15, table E.3.10-1)."""
    if tag.is_private_creator:
        creator = _creator(dataset, tag.group, tag.element)
        return creator in _UPPER or VENDORS.fullmatch(creator) is not None
    creator = _creator(dataset, tag.group, tag.element >> 8)
    if int(tag) in SERVICE and (not creator or VENDORS.fullmatch(creator)):
        return True
    return tag.element & 0xFF in _UPPER.get(creator, {}).get(tag.group, ())


def is_safe_value(dataset: Dataset, tag: BaseTag, element: DataElement, words: Identifiers) -> bool:
    """Check the value of a private attribute that is kept against its type and its form."""
    creator = _creator(dataset, tag.group, tag.element >> 8)
    value, vr = element.value, element.VR
    if vr in BINARY:
        return _are_its_numbers(creator, tag, element, words)
    if vr in ("OB", "OW", "UN") and is_packed_header(tag):
        return True  # blanked already
    if are_numbers(value):
        # 1000 may be an id as well as a b-value.
        return int(tag) in SERVICE or not any(words.is_number_of(text) for text in texts(value))
    if vr == "UN":
        return _are_binary_numbers(_vr_of(creator, tag), value, words)
    if vr == "CS":
        return all(is_code(text) for text in texts(value))
    form = FORMS.get(creator, {}).get(tag.group << 8 | tag.element & 0xFF)
    return form is not None and all(
        form.fullmatch(text)
        and not (form in _SEARCHED and words.is_in(text))
        and not (form is _PROGRAM and known_words(text, SEQUENCE) != text)
        for text in texts(value)
    )


def _are_its_numbers(creator: str, tag: BaseTag, element: DataElement, words: Identifiers) -> bool:
    # The dictionary's number of values is wrong for some, as the slice times of Siemens.
    limit = "1-n" if element.VR == "FD" else _multiplicity_of(creator, tag)
    if words.is_inside(packed(element.VR, element.value)):
        return False
    return are_so_many(element.VR, element.value, limit, _MOST_UNLISTED)


def is_packed_header(tag: BaseTag) -> bool:
    """Check for a private attribute that holds a whole protocol in a form of its own."""
    low = tag.group << 16 | tag.element & 0xFF
    return tag.element > 0xFF and low in (0x00290010, 0x00290020, GE_PROTOCOL)


def _vr_of(creator: str, tag: BaseTag) -> str:
    low = f"{tag.element & 0xFF:02X}"
    if vr := _BY_NUMBER.get(tag.group, {}).get(low):
        return vr
    try:
        return str(private_dictionary_VR(tag, _spelled(creator)))
    except KeyError:
        return ""


def _multiplicity_of(creator: str, tag: BaseTag) -> str:
    try:
        return str(private_dictionary_VM(tag, _spelled(creator)))
    except KeyError:
        return "1-n"


def _spelled(creator: str) -> str:
    """Return a creator as the dictionary spells it."""
    return next((name for name in SAFE if name.upper() == creator), creator)


def _are_binary_numbers(vr: str, value: object, words: Identifiers) -> bool:
    """Check that bytes of unknown type are numbers of the type that the dictionary names."""
    code = _BINARY.get(vr)
    if code is None or not isinstance(value, bytes):
        return False
    size = struct.calcsize(code)
    if len(value) % size or words.is_inside(value):
        return False
    if code not in "fd":
        return len(value) <= size * 2
    numbers = struct.unpack(f"<{len(value) // size}{code}", value)
    return all(map(is_measure, numbers)) and are_so_many(vr, numbers, "1-n", len(numbers))


def _creator(dataset: Dataset, group: int, block: int) -> str:
    element = dataset.get((group, block))
    if element is None or element.value is None:
        return ""
    value = element.value
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(" \0").upper()
