"""Scan the headers of a series: compare each with the one before, and look at what differs.

The files of a series share nearly all bytes of their headers. Those are compared at once, and
their elements taken from the file before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from neuroflow.studies.dicom.element_scan import (
    SCAN_ERRORS,
    Element,
    UnusualError,
    element_head,
    end_of_sequence,
    scan_elements,
)

Stop = tuple[int, int, int]
_UNDEFINED = 0xFFFFFFFF
_MOST_OWN, _LONGEST = 32, 1 << 16
"""Elements that differ in files that are alike, and bytes of such headers."""
_USELESS, _PAUSE = 8, 64
"""After so many files in turn that were like none before, files are compared now and then."""


class Scan(NamedTuple):
    """What was found in a header."""

    elements: dict[int, Element]
    stop: Stop | None
    own: dict[int, Element]  # Those that may differ from file to file
    like: object  # The same for files whose other elements are the same; None if there are none


class _Run(NamedTuple):
    """Elements that are the same in all files."""

    stored: bytes
    starts: tuple[tuple[int, int], ...]  # Tag and offset of each element


class RepeatedScan:
    """Finds some attributes in one header after another."""

    def __init__(self, wanted: Collection[int], end: int) -> None:
        self._wanted, self._end = wanted, end
        self._pieces: list[_Run | int] = []  # A number is the tag of an element of its own
        self._shared: dict[int, Element] = {}
        self._like = object()
        self._implicit = False
        self._unlike = 0  # Files in turn

    def __call__(self, data: bytes, at: int, *, implicit: bool) -> Scan:
        """Find them in the first bytes of a file whose dataset begins at an offset."""
        if self._pieces and implicit == self._implicit:
            try:
                found = self._compared(data, at)
            except SCAN_ERRORS:
                found = None
            if found is not None:
                self._unlike = 0
                return found
        elements, stop = scan_elements(data, at, self._wanted, self._end, implicit=implicit)
        self._unlike += 1
        if stop is not None and (self._unlike < _USELESS or self._unlike % _PAUSE == 0):
            self._learn(data, at, elements, implicit=implicit)
        return Scan(elements, stop, {}, None)

    def _learn(self, data: bytes, at: int, elements: dict[int, Element], *, implicit: bool) -> None:
        """Take all elements of a header for those of the next ones."""
        self._pieces, self._shared, self._like = [], dict(elements), object()
        self._implicit = implicit
        starts, begin = [], at
        try:
            while True:
                tag, vr, length, value = element_head(data, at, implicit=implicit)
                if tag >= self._end:
                    break
                starts.append((tag, at - begin))
                at = self._end_of(data, vr, length, value)
        except SCAN_ERRORS:
            return
        tags = [tag for tag, _ in starts]
        if starts and len(set(tags)) == len(tags) and at - begin <= _LONGEST:
            self._pieces = [_Run(data[begin:at], tuple(starts))]

    def _compared(self, data: bytes, at: int) -> Scan | None:
        """Compare a header with those before; None where it has other elements."""
        own: dict[int, Element] = {}
        pieces = self._pieces
        index = 0
        while index < len(pieces):
            piece = pieces[index]
            if isinstance(piece, _Run):
                until = at + len(piece.stored)
                if data[at:until] != piece.stored:
                    if len(pieces) > 2 * _MOST_OWN:
                        return None
                    self._split(index, piece, data, at)
                    continue
                at = until
            else:
                tag, vr, length, begin = element_head(data, at, implicit=self._implicit)
                if tag != piece:
                    return None
                at = self._end_of(data, vr, length, begin)
                if at > len(data):
                    return None
                if tag in self._wanted:
                    if vr == "SQ" or length == _UNDEFINED:
                        raise UnusualError
                    own[tag] = Element(vr, data[begin:at])
            index += 1
        tag, _, length, begin = element_head(data, at, implicit=self._implicit)
        if tag < self._end:
            return None
        return Scan({**self._shared, **own}, (tag, length, begin), own, self._like)

    def _end_of(self, data: bytes, vr: str | None, length: int, begin: int) -> int:
        if length != _UNDEFINED:
            return begin + length
        return end_of_sequence(data, begin, implicit=self._implicit or vr == "UN")

    def _split(self, index: int, run: _Run, data: bytes, at: int) -> None:
        """Make the first element that differs one of its own."""
        starts = [start for _, start in run.starts]
        ends = [*starts[1:], len(run.stored)]
        number = next(
            number
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
            if data[at + start : at + end] != run.stored[start:end]
        )
        tag, start, end = run.starts[number][0], starts[number], ends[number]
        before, after = run.starts[:number], run.starts[number + 1 :]
        parts: list[_Run | int] = [_Run(run.stored[:start], before)] if before else []
        parts.append(tag)
        if after:
            later = tuple((other, offset - end) for other, offset in after)
            parts.append(_Run(run.stored[end:], later))
        self._pieces[index : index + 1] = parts
        self._shared.pop(tag, None)
        self._like = object()
