"""De-identify the frames of an enhanced image: thousands of them share a few groups.

Each distinct element is processed once, and alone only where nothing beside it matters. Frames in
an unusual encoding are processed with the rest of their image.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.attributes import PATIENT_GROUP, has_its_type, is_kept
from neuroflow.studies.deidentify.identifiers import is_identifying
from neuroflow.studies.deidentify.names import Identifiers
from neuroflow.studies.deidentify.residue import is_kept_number
from neuroflow.studies.dicom import CHARSET, SCAN_ERRORS, StoredElement, split_item, split_sequence

FRAMES = 0x52009230
"""The tag of the functional groups of each frame."""
_DEPENDENT = frozenset({"DA", "TM"})
"""A date and its time are shifted together."""
_ITEM = b"\xfe\xff\x00\xe0"
_Item = Mapping[int, StoredElement]


class Frames:
    """The frames of one image, as they are stored."""

    def __init__(self, items: list[dict[int, StoredElement]], encodings: str | list[str]) -> None:
        self._items, self._encodings = items, encodings
        self._made: dict[bytes, bytes] = {}
        self._process: Callable[[Dataset], object] = lambda _: None
        self._named: dict[bytes, None] = {}
        self._seen: set[bytes] = set()
        for item in items:
            self._search(item)

    @classmethod
    def of(cls, dataset: Dataset) -> Frames | None:
        """Find the frames of an image that was not decoded; None of unusual ones."""
        stored = dataset.get_item(FRAMES) if FRAMES in dataset else None
        if not isinstance(stored, RawDataElement) or stored.VR != "SQ" or not stored.value:
            return None
        if stored.is_implicit_VR or not stored.is_little_endian:
            return None
        try:
            return cls(
                [split_item(item) for item in split_sequence(stored.value)], dataset._character_set
            )
        except SCAN_ERRORS:
            return None

    def _search(self, item: _Item) -> None:
        """Find what may hold words that identify somebody; also what cannot be split."""
        for group, tags in groupby(item, key=_group):
            if group & 1:
                self._named[_joined(item, tags)] = None
                continue
            for tag in tags:
                element = item[tag]
                if element.stored in self._seen:
                    continue
                self._seen.add(element.stored)
                if element.vr == "SQ":
                    for inner in split_sequence(element.value):
                        self._search(split_item(inner))
                elif is_identifying(BaseTag(tag), element.vr):
                    self._named[element.stored] = None

    def identifying(self) -> Iterator[Dataset]:
        """Yield the elements that may hold words which identify somebody."""
        return map(self._read, self._named)

    def deidentified(
        self, process: Callable[[Dataset], object], words: Identifiers
    ) -> RawDataElement:
        """De-identify the frames, elements by `process`."""
        self._process, self._words = process, words
        value = b"".join(_long(_ITEM, self._item(item)) for item in self._items)
        return RawDataElement(BaseTag(FRAMES), "SQ", len(value), value, 0, False, True)

    def _item(self, item: _Item) -> bytes:
        if any(tag == CHARSET or item[tag].vr in _DEPENDENT for tag in item):
            return self._processed(_joined(item, item))
        made = []
        for group, tags in groupby(item, key=_group):
            if group & 1:  # creators state what private elements mean
                made.append(self._processed(_joined(item, tags)))
            else:
                made += [self._element(tag, item[tag]) for tag in tags]
        return b"".join(made)

    def _element(self, tag: int, element: StoredElement) -> bytes:
        made = self._made.get(element.stored)
        if made is not None:
            return made
        if element.vr != "SQ":
            if is_kept_number(tag, element.vr, element.value, self._words):
                return element.stored
            return self._processed(element.stored)
        made = b""
        if (
            is_kept(BaseTag(tag))
            and has_its_type(BaseTag(tag), "SQ")
            and _group(tag) != PATIENT_GROUP
        ):
            items = (split_item(inner) for inner in split_sequence(element.value))
            content = b"".join(_long(_ITEM, self._item(item)) for item in items)
            made = _long(element.stored[:8], content)
        self._made[element.stored] = made
        return made

    def _processed(self, stored: bytes) -> bytes:
        made = self._made.get(stored)
        if made is None:
            dataset = self._read(stored)
            tags = set(dataset.keys())
            self._process(dataset)
            for added in set(dataset.keys()) - tags:  # what a whole image gets
                del dataset[added]
            buffer = DicomBytesIO()
            buffer.is_implicit_VR, buffer.is_little_endian = False, True
            write_dataset(buffer, dataset, self._encodings)
            made = self._made[stored] = buffer.getvalue()
        return made

    def _read(self, stored: bytes) -> FileDataset:
        stream = io.BytesIO(stored)
        elements = read_dataset(stream, False, True, parent_encoding=self._encodings)
        dataset = FileDataset(stream, elements, None, FileMetaDataset(), False, True)
        implicit, little_endian = elements.original_encoding
        dataset.set_original_encoding(implicit, little_endian, elements._character_set)
        return dataset


def _group(tag: int) -> int:
    return tag >> 16


def _joined(item: _Item, tags: Iterable[int]) -> bytes:
    return b"".join(item[tag].stored for tag in tags)


def _long(head: bytes, content: bytes) -> bytes:
    """Put a length of four bytes between a head and its content."""
    return head + len(content).to_bytes(4, "little") + content
