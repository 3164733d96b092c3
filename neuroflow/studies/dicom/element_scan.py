"""Walk through the bytes of a dataset in little endian, several times as fast as pydicom."""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import NamedTuple

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

_VRS = {str(vr).encode(): (str(vr), vr in EXPLICIT_VR_LENGTH_32) for vr in VR if len(str(vr)) == 2}
_EXPLICIT = struct.Struct("<HH2sH").unpack_from
_IMPLICIT = struct.Struct("<HHL").unpack_from
_LONG = struct.Struct("<L").unpack_from
_UNDEFINED = 0xFFFFFFFF
_SYNTAX, _STOP, _PIXELS = 0x00020010, 0x7FE00008, 0x7FE00010
_OTHER_ENCODINGS = frozenset({ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian})
_ITEM, _END_OF_ITEM, _END_OF_SEQUENCE = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class Element(NamedTuple):
    """One attribute as it is stored."""

    vr: str | None  # None where the encoding does not store it
    value: bytes


class StoredElement(NamedTuple):
    """One attribute as it is stored in an item of a sequence."""

    vr: str | None
    value: bytes
    stored: bytes  # With its head


class StoredHeader(NamedTuple):
    """The elements of a file as they are stored, without its meta information and its pixels."""

    syntax: str
    elements: dict[int, bytes]  # With their heads, in the order of their tags
    end: int  # Where the pixels begin

    @property
    def is_implicit(self) -> bool:
        """True where the encoding stores no VR."""
        return self.syntax == ImplicitVRLittleEndian

    def vr(self, tag: int) -> str | None:
        """Return the VR of an element; None where the encoding does not store it."""
        return None if self.is_implicit else self.elements[tag][4:6].decode("latin-1")


class UnusualError(Exception):
    """The dataset has what only pydicom reads."""


SCAN_ERRORS = (UnusualError, KeyError, struct.error)
"""Exceptions of unknown value representations, and of bytes that end too early."""


def scan_elements(
    data: bytes, at: int, wanted: Collection[int], end: int, *, implicit: bool
) -> tuple[dict[int, Element], tuple[int, int, int] | None]:
    """Find some attributes, and the first one from a tag on: its tag, length and offset.

    DICOM PS3.5, sections 7.1 (data elements) and 7.5 (sequences).
    """
    found: dict[int, Element] = {}
    size = len(data)
    head, known = _EXPLICIT, _VRS  # local names: this loop takes most of the time
    vr: str | None
    while at != size:
        if implicit:
            tag, vr, length, begin = element_head(data, at, implicit=True)
        else:
            group, element, code, length = head(data, at)
            tag = group << 16 | element
            vr, is_long = known[code]
            begin = at + 8
            if is_long:
                length, begin = _LONG(data, begin)[0], at + 12
        if tag >= end:
            return found, (tag, length, begin)
        if length == _UNDEFINED:
            if tag in wanted:
                raise UnusualError
            at = end_of_sequence(data, begin, implicit=implicit or vr == "UN")
            continue
        at = begin + length
        if tag in wanted:
            if vr == "SQ" or at > size:
                raise UnusualError
            found[tag] = Element(vr, data[begin:at])
    return found, None


def scan_meta(data: bytes, at: int, wanted: Collection[int]) -> tuple[dict[int, bytes], int]:
    """Find some attributes of the file's meta information, and where it ends."""
    found: dict[int, bytes] = {}
    while data[at : at + 2] == b"\x02\x00":
        tag, _, length, begin = element_head(data, at, implicit=False)
        at = begin + length
        if tag in wanted:
            found[tag] = data[begin:at]
    return found, at


def split_header(data: bytes) -> StoredHeader | None:
    """Split the first bytes of a file at its elements; None of a file that only pydicom reads."""
    if data[128:132] != b"DICM":
        return None
    try:
        meta, at = scan_meta(data, 132, (_SYNTAX,))
        syntax = meta[_SYNTAX].decode("ascii", "replace").strip(" \0")
        if not syntax.startswith(ImplicitVRLittleEndian) or syntax in _OTHER_ENCODINGS:
            return None
        return _split(data, at, syntax)
    except SCAN_ERRORS:
        return None


def split_sequence(value: bytes) -> list[bytes]:
    """Split a sequence at its items; raise `UnusualError` where one has no length."""
    items: list[bytes] = []
    at = 0
    while at != len(value):
        group, element, length = _IMPLICIT(value, at)
        end = at + 8 + length
        if group << 16 | element != _ITEM or length == _UNDEFINED or end > len(value):
            raise UnusualError
        items.append(value[at + 8 : end])
        at = end
    return items


def split_item(data: bytes) -> dict[int, StoredElement]:
    """Split an item in explicit little endian at its elements."""
    found: dict[int, StoredElement] = {}
    at, before = 0, -1
    while at != len(data):
        tag, vr, length, begin = element_head(data, at, implicit=False)
        end = begin + length
        if length == _UNDEFINED or tag <= before or end > len(data):
            raise UnusualError
        found[tag] = StoredElement(vr, data[begin:end], data[at:end])
        at, before = end, tag
    return found


def _split(data: bytes, at: int, syntax: str) -> StoredHeader | None:
    elements: dict[int, bytes] = {}
    implicit, before = syntax == ImplicitVRLittleEndian, 0x0002FFFF
    while True:
        tag, vr, length, begin = element_head(data, at, implicit=implicit)
        if tag >= _STOP:
            return StoredHeader(syntax, elements, at) if tag == _PIXELS else None
        if length == _UNDEFINED:
            end = end_of_sequence(data, begin, implicit=implicit or vr == "UN")
        else:
            end = begin + length
        if tag <= before or end > len(data):
            return None
        elements[tag] = data[at:end]
        at, before = end, tag


def element_head(data: bytes, at: int, *, implicit: bool) -> tuple[int, str | None, int, int]:
    """Read the tag, VR, length and offset of a value."""
    if implicit:
        group, element, length = _IMPLICIT(data, at)
        return group << 16 | element, None, length, at + 8
    group, element, code, length = _EXPLICIT(data, at)
    if group == 0xFFFE:
        return group << 16 | element, None, _LONG(data, at + 4)[0], at + 8
    vr, is_long = _VRS[code]
    if is_long:
        return group << 16 | element, vr, _LONG(data, at + 8)[0], at + 12
    return group << 16 | element, vr, length, at + 8


def end_of_sequence(data: bytes, at: int, *, implicit: bool) -> int:
    """Return where a sequence of undefined length ends."""
    while True:
        group, element, length = _IMPLICIT(data, at)
        at += 8
        tag = group << 16 | element
        if tag == _END_OF_SEQUENCE:
            return at
        if tag != _ITEM:
            raise UnusualError
        at = _end_of_item(data, at, implicit=implicit) if length == _UNDEFINED else at + length


def _end_of_item(data: bytes, at: int, *, implicit: bool) -> int:
    while True:
        tag, vr, length, begin = element_head(data, at, implicit=implicit)
        if tag == _END_OF_ITEM:
            return begin
        if length == _UNDEFINED:
            at = end_of_sequence(data, begin, implicit=implicit or vr == "UN")
        else:
            at = begin + length
