"""Private attributes, in whichever block a file reserved for them.

A block is a number from 0x10 to 0xFF. Scanners take the first ones, but a PACS that adds its own
attributes, or a tool that merges headers, moves a maker's attributes to any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from neuroflow.studies.dicom.fast_reader import Lookup, lookup

ELSEWHERE = 0x0F
"""What was found in a block above the first ones is looked up in this one, which no file has."""
BLOCKS = (0x10, 0x11, 0x12, 0x13, ELSEWHERE)
"""Blocks that are searched for private attributes."""
_FURTHER = range(0x14, 0x100)
CSA_GROUP, CSA_CREATOR = 0x0029, "SIEMENS CSA HEADER"
_MAKERS: dict[int, dict[str, tuple[int, ...]]] = {
    0x0019: {"SIEMENS": (0x0A, 0x0C, 0x0E, 0x29), "GEMS": (0xBB, 0xBC, 0xBD)},
    0x0043: {"GEMS": (0x2F, 0x39)},
    0x2001: {"PHILIPS": (0x03, 0x13)},
    0x2005: {"PHILIPS": (0xB0, 0xB1, 0xB2)},
    CSA_GROUP: {CSA_CREATOR: (0x10,)},
}
"""Group, beginning of the creator's name in capitals, low bytes of the elements that are read."""
_LOW = {group: {low for lows in of.values() for low in lows} for group, of in _MAKERS.items()}


def _tags(group: int, blocks: Iterable[int]) -> list[int]:
    return [
        group << 16 | element
        for block in blocks
        for element in (block, *(block << 8 | low for low in _LOW[group]))
    ]


PRIVATE_TAGS = [tag for group in _MAKERS if group != CSA_GROUP for tag in _tags(group, BLOCKS)]
"""The attributes themselves, and their creators, but for the packed header of Siemens."""
CSA_TAGS = tuple(CSA_GROUP << 16 | block << 8 | 0x10 for block in BLOCKS)
STORED_PRIVATE_TAGS = frozenset(
    tag
    for group in _MAKERS
    for tag in _tags(group, (*(one for one in BLOCKS if one != ELSEWHERE), *_FURTHER))
)
"""Where a file may have them."""


def private_value(look: Lookup, group: int, element: int, vendor: str) -> Any:
    """Return the value in the first block that the vendor reserved, or in an unnamed block."""
    for block in BLOCKS:
        value = look(group << 16 | block << 8 | element)
        if value is None:
            continue
        creator = look(group << 16 | block)
        # Some de-identifiers remove private creators but keep the attributes they reserved.
        if creator is None or _text(creator).upper().startswith(vendor):
            return _decoded(value)
    return None


def gather(elements: dict[int, Any]) -> dict[int, Any]:
    """Add what is in blocks above the first ones as that of the block `ELSEWHERE`."""
    further = [tag for tag in elements if tag >> 16 & 1 and (tag & 0xFFFF) >= 0x1400]
    for tag in sorted(further):
        group, low = tag >> 16, tag & 0xFF
        creator_tag = group << 16 | (tag & 0xFFFF) >> 8
        if low not in _LOW.get(group, ()) or creator_tag not in elements:
            continue
        name = _text(getattr(elements[creator_tag], "value", elements[creator_tag])).upper()
        if any(name.startswith(maker) and low in lows for maker, lows in _MAKERS[group].items()):
            elements.setdefault(group << 16 | ELSEWHERE << 8 | low, elements[tag])
            elements.setdefault(group << 16 | ELSEWHERE, elements[creator_tag])
    return elements


def lookup_gathered(dataset: Dataset) -> Lookup:
    """Make a lookup of a dataset that finds the makers' attributes in any block."""
    look = lookup(dataset)
    if not any(tag.is_private and tag.element >= 0x1400 for tag in list(dataset.keys())):
        return look
    private = (int(tag) for tag in list(dataset.keys()) if int(tag) in STORED_PRIVATE_TAGS)
    found = gather({tag: value for tag in private if (value := look(tag)) is not None})

    def look_anywhere(tag: int) -> Any:
        return found[tag] if tag in found else look(tag)

    return look_anywhere


def _text(value: Any) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip(" \0")


def _decoded(value: Any) -> Any:
    # Without a private creator the type is unknown, and text is read as bytes.
    if isinstance(value, bytes):
        text = value.decode("ascii", "ignore").strip(" \0")
        return text.split("\\") if "\\" in text else text
    return value


def first_value(value: Any) -> Any:
    """Return the first of several values, and of bytes the text."""
    value = _decoded(value)
    return value[0] if isinstance(value, list | MultiValue) and value else value
