"""Which private attributes are kept: an allow-list of those that describe the acquisition.

Private attributes can hold anything, including names and dates. These are kept: the
diffusion attributes that the service reads, the vendors' safe attributes of DICOM PS3.15 table
E.3.10-1, and those that converters need to sort images into volumes.
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

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
    # The two binary headers are kept, too, after their text was blanked.
    "SIEMENS CSA HEADER": {0x0029: frozenset({0x08, 0x10, 0x18, 0x20})},
    "GEMS_ACQU_01": {
        # diffusion directions (two generations), sequence name, slices, velocity encoding
        0x0019: frozenset({0x9C, 0x9E, 0xBB, 0xBC, 0xBD, 0xD9, 0xDF, 0xE0, 0xE2, 0x7E, 0x11, 0x17})
    },
    "GEMS_RELA_01": {0x0021: frozenset({0x4F, 0x50, 0x56, 0x57, 0x5A, 0x5E})},
    "GEMS_PARM_01": {
        # EPI shots, gradient offsets, echo spacing, image type, b-value and friends, phase encoding
        0x0043: frozenset(
            {0x02, 0x03, 0x04, 0x06, 0x07, 0x2C, 0x2F, 0x30, 0x33, 0x38, 0x39, 0x6F, 0x83, 0x8A}
        )
    },
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
}
"""Private creator, group, low byte of the elements that are kept."""
SERVICE = frozenset(
    {0x20051415, 0x20051599, 0x001910BB, 0x001910BC, 0x001910BD, 0x001910E0, 0x00431039}
    | {0x0019100C, 0x0019100D, 0x0019100E, 0x00191027, 0x20011003, 0x200510B0, 0x200510B1}
    | {0x200510B2}
)
"""Attributes that neuropacs reads by number: kept in blocks of these vendors or without creator."""
VENDORS = re.compile(r"PHILIPS (MR )?IMAGING DD \d{3}|SIEMENS (MR|CSA) HEADER|GEMS_[A-Z]{4}_\d\d")
"""Private creators, in capitals, whose blocks may hold the attributes of `SERVICE`."""
SEQUENCES = frozenset({"SQ"})
_UPPER = {creator.upper(): groups for creator, groups in SAFE.items()}


def is_safe(dataset: Dataset, tag: BaseTag) -> bool:
    """Check whether a private attribute is kept.

    References
    ----------
    DICOM PS3.15, table E.3.10-1 (Safe Private Attributes).
    """
    if tag.is_private_creator:
        creator = _creator(dataset, tag.group, tag.element)
        return creator in _UPPER or VENDORS.fullmatch(creator) is not None
    creator = _creator(dataset, tag.group, tag.element >> 8)
    if int(tag) in SERVICE and (not creator or VENDORS.fullmatch(creator)):
        return True
    return tag.element & 0xFF in _UPPER.get(creator, {}).get(tag.group, ())


def _creator(dataset: Dataset, group: int, block: int) -> str:
    element = dataset.get((group, block))
    if element is None or element.value is None:
        return ""
    value = element.value
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(" \0").upper()
