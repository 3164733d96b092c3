"""Read a few attributes of a DICOM file fast: skip the others, and decode no value twice.

pydicom's own reader makes an object of each attribute. Here only some attributes matter, and
most of them have the same value in all files of a series.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any, BinaryIO, Generic, TypeVar, cast

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, private_dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.values import convert_value

from neuroflow.studies.dicom.element_scan import SCAN_ERRORS, Element, scan_meta
from neuroflow.studies.dicom.repeated_scan import RepeatedScan, Scan

Lookup = Callable[[int], Any]
"""Returns the value of an attribute by its tag; None where it is missing or empty."""
Result = TypeVar("Result")
STARTS = (1 << 14, 1 << 19)
"""How many bytes are read first, and then if those are too few; headers are seldom longer."""
SYNTAX, SOP_CLASS = 0x00020010, 0x00020002
CHARSET = 0x00080005


class RawHeader:
    """Attributes of one file, decoded on access."""

    def __init__(
        self,
        elements: dict[int, Any],
        syntax: UID,
        stop: tuple[int, int, int] | None,
        sop_class: str = "",
        scan: Scan | None = None,
    ) -> None:
        self.sop_class = sop_class
        self.elements = elements
        self._implicit = syntax == ImplicitVRLittleEndian
        self._little = syntax != ExplicitVRBigEndian
        # Elements that pydicom read know their place in the file: no two are equal.
        self._is_plain = scan is not None
        self._like = None if scan is None else scan.like
        self._own = {} if scan is None else scan.own
        self.syntax = syntax
        self.stop = stop
        charset = elements[CHARSET].value if CHARSET in elements else b""
        self._encodings = _encodings(charset if isinstance(charset, bytes) else b"")

    def __call__(self, tag: int) -> Any:
        """Return a value."""
        if tag not in self.elements:
            return None
        return self._convert(tag, self._encodings)

    def stored(
        self, tags: frozenset[int], unless: Collection[int] = ()
    ) -> tuple[object, ...] | None:
        """Return some attributes as they are stored, to compare files; None of unusual ones."""
        elements = self.elements
        if not self._is_plain or any(tag in elements for tag in unless):
            return None
        if self._like is not None:  # what the others have is known
            own = [item for item in self._own.items() if item[0] in tags]
            return (self._like, self._encodings, *own)
        mine = [item for item in elements.items() if item[0] in tags]
        return (self._encodings, self._implicit, *mine)

    def change(self, change: Callable[[dict[int, Any]], object]) -> None:
        """Add elements to those that were read."""
        count = len(self.elements)
        change(self.elements)
        if len(self.elements) != count:
            self._like = None

    def _convert(self, tag: int, encodings: tuple[str, ...]) -> Any:
        element = self.elements[tag]
        if not element.value:
            return None
        if type(element) is Element:
            vr = element.vr
        elif isinstance(element, RawDataElement):
            vr = element.VR
        else:
            return element.value
        if vr is None or vr == "UN":
            vr = self._dictionary_vr(tag)
        return _decoded(vr, element.value, self._implicit, self._little, encodings)

    def _dictionary_vr(self, tag: int) -> str:
        try:
            if not tag >> 16 & 1:
                return dictionary_VR(tag)
            creator = self.elements.get(tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8)
            if tag & 0xFFFF < 0x100 or creator is None:
                return "LO" if tag & 0xFFFF < 0x100 else "UN"
            return private_dictionary_VR(tag, creator.value.decode("latin-1").strip(" \0"))
        except KeyError:
            return "UN"


class Memo(Generic[Result]):
    """Reads something of a header, once for all files that store it in the same bytes."""

    _MOST = 256

    def __init__(
        self,
        tags: Iterable[int],
        read: Callable[[Lookup], Result],
        *,
        unless: Collection[int] = (),
    ) -> None:
        self._tags, self._read, self._unless = frozenset(tags), read, unless
        self._known: dict[tuple[object, ...], Result] = {}

    def __call__(self, look: Lookup) -> Result:
        """Read it, or return what was read of the same bytes; the value is shared."""
        stored = look.stored(self._tags, self._unless) if isinstance(look, RawHeader) else None
        if stored is None:
            return self._read(look)
        if stored not in self._known:
            if len(self._known) >= self._MOST:
                self._known.clear()
            self._known[stored] = self._read(look)
        return self._known[stored]


@lru_cache(maxsize=256)
def tag_of(word: str) -> int:
    """Return the tag of a keyword."""
    tag = tag_for_keyword(word)
    if tag is None:
        raise KeyError(word)
    return tag


@lru_cache(maxsize=1 << 14)
def _decoded(
    vr: str, value: bytes, implicit: bool, little: bool, encodings: tuple[str, ...]
) -> Any:
    raw = RawDataElement(BaseTag(0), vr, len(value), value, 0, implicit, little)
    return convert_value(vr.split(" or ", maxsplit=1)[0], raw, list(encodings))


@lru_cache(maxsize=64)
def _encodings(stored: bytes) -> tuple[str, ...]:
    charset = _decoded("CS", stored, False, True, ("iso8859",)) if stored else ""
    return tuple(convert_encodings(charset or ""))


def read_raw(
    stream: BinaryIO, tags: Collection[int], end: int, start: bytes = b""
) -> RawHeader | None:
    """Read some attributes of a DICOM file; `tags` has to hold the character set."""
    # These are attempts: a value that crosses their end may fail in any way, and means that more
    # has to be read. The last word is that of the whole file.
    for size in STARTS:
        if len(start) < size:
            stream.seek(0)
            start = stream.read(size)
        try:
            header = _parse_bytes(start, tags, end)
        except Exception:  # whatever a truncated value makes pydicom raise
            if len(start) < size:
                raise
            continue
        if header is None or header.stop is not None or len(start) < size:
            return header
    stream.seek(0)
    return _parse(stream, tags, end)


def _parse_bytes(data: bytes, tags: Collection[int], end: int) -> RawHeader | None:
    """Read some attributes of a file's first bytes, by the fast way where it is possible."""
    try:
        syntax, begin, sop_class = _meta_of_bytes(data)
    except SCAN_ERRORS:
        syntax, begin, sop_class = _meta(io.BytesIO(data))
    if syntax == DeflatedExplicitVRLittleEndian:
        return None
    if syntax != ExplicitVRBigEndian:
        try:
            scan = _scanner(tags, end)(data, begin, implicit=syntax == ImplicitVRLittleEndian)
            return RawHeader(scan.elements, syntax, scan.stop, sop_class, scan)
        except SCAN_ERRORS:
            pass  # also where the bytes end too early: pydicom has the last word
    return _parse(io.BytesIO(data), tags, end)


def _scanner(tags: Collection[int], end: int) -> RepeatedScan:
    """Return what scans for these attributes in this thread."""
    known: dict[tuple[int, int], tuple[Collection[int], RepeatedScan]]
    known = _local.__dict__.setdefault("scanners", {})
    key = (id(tags), end)
    if key not in known or known[key][0] is not tags:
        if len(known) >= _MOST_SCANNERS:
            known.clear()
        known[key] = (tags, RepeatedScan(tags, end))
    return known[key][1]


_local = threading.local()
_MOST_SCANNERS = 8


def _meta_of_bytes(data: bytes) -> tuple[UID, int, str]:
    """Read what `_meta` reads, of a file's first bytes."""
    begin = 132 if data[128:132] == b"DICM" else 0
    found, end = scan_meta(data, begin, (SYNTAX, SOP_CLASS))
    text = {tag: value.decode("ascii", "replace").strip(" \0") for tag, value in found.items()}
    syntax = _uid(text[SYNTAX]) if text.get(SYNTAX) else _guessed(data[end : end + 8])
    return syntax, end, text.get(SOP_CLASS, "")


_uid = lru_cache(maxsize=64)(UID)


def _parse(stream: BinaryIO, tags: Collection[int], end: int) -> RawHeader | None:
    syntax, begin, sop_class = _meta(stream)
    if syntax == DeflatedExplicitVRLittleEndian:
        return None
    stream.seek(begin)
    implicit = syntax == ImplicitVRLittleEndian
    little = syntax != ExplicitVRBigEndian
    stop: tuple[int, int, int] | None = None
    not_before = int.__ge__  # pydicom's tags compare themselves, slowly

    def is_past(tag: int, _vr: str | None, length: int) -> bool:
        nonlocal stop
        if not_before(tag, end):
            stop = int(tag), length, stream.tell()
            return True
        return False

    elements = {
        int(element.tag): element
        for element in data_element_generator(
            stream, implicit, little, is_past, specific_tags=cast("list[BaseTag | int]", tags)
        )
    }
    return RawHeader(elements, syntax, stop, sop_class)


def _meta(stream: BinaryIO) -> tuple[UID, int, str]:
    """Read the transfer syntax, the offset of the dataset, and the SOP class."""
    head = stream.read(132)
    begin = 132 if head[128:132] == b"DICM" else 0
    stream.seek(begin)
    first = stream.read(8)
    stream.seek(begin)
    if first[:2] != b"\x02\x00":
        return _guessed(first), begin, ""
    found = {SYNTAX: "", SOP_CLASS: ""}
    end = begin

    def is_dataset(tag: int, vr: str | None, _length: int) -> bool:
        nonlocal end
        end = stream.tell() - (12 if vr in ("OB", "UN") else 8)
        return int(tag) >> 16 != 2

    for element in data_element_generator(
        stream, False, True, is_dataset, specific_tags=[BaseTag(tag) for tag in found]
    ):
        if int(element.tag) in found and isinstance(element, RawDataElement):
            text = (element.value or b"").decode("ascii", "replace")
            found[int(element.tag)] = text.strip(" \0")
    if found[SYNTAX]:
        return UID(found[SYNTAX]), end, found[SOP_CLASS]
    stream.seek(end)
    return _guessed(stream.read(8)), end, found[SOP_CLASS]


def _guessed(first: bytes) -> UID:
    """Guess the encoding of a file without a transfer syntax by its first attribute."""
    if len(first) < 8:
        raise EOFError("the file ends in its first attribute")
    explicit = first[4:6].isalpha() and first[4:6].isupper()
    if not explicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if first[0] else ExplicitVRBigEndian


def lookup(dataset: Dataset) -> Lookup:
    """Make a lookup of the values of a dataset."""

    def look(tag: int) -> Any:
        element = dataset.get(tag)
        return None if element is None or element.value in (None, "", b"") else element.value

    return look
