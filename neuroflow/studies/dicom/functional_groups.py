"""The functional groups of an enhanced image's frames, read fast."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from neuroflow.studies.dicom.element_scan import SCAN_ERRORS, scan_elements
from neuroflow.studies.dicom.fast_reader import lookup

_ITEM, _NO_END = b"\xfe\xff\x00\xe0", 1 << 32


class FunctionalGroups:
    """The frames of one file: thousands share a few groups, which are decoded once.

    DICOM PS3.3, C.7.6.16 (Multi-frame Functional Groups module).
    """

    def __init__(self, wanted: Collection[int]) -> None:
        self._wanted = frozenset(wanted)
        self._known: dict[tuple[int, bytes], dict[int, Any]] = {}

    def flat(self, holder: Dataset) -> dict[int, Any]:
        """Collect the attributes of all groups of a frame."""
        flat: dict[int, Any] = {}
        for tag in sorted(holder.keys(), key=int):
            stored = holder.get_item(tag)
            content = stored.value if isinstance(stored, RawDataElement) else None
            if content is None or tag.is_private:  # its meaning depends on other elements
                flat |= self._first_item(holder[tag])
                continue
            key = (int(tag), content)
            if key not in self._known:
                lacking = isinstance(stored, RawDataElement) and self._lacks(stored)
                self._known[key] = {} if lacking else self._first_item(holder[tag])
            flat |= self._known[key]
        return flat

    def _lacks(self, stored: RawDataElement) -> bool:
        """Check, without decoding, that the only item of a group has no attribute of interest."""
        content = stored.value or b""
        if not stored.is_little_endian or content[:4] != _ITEM:
            return False
        if int.from_bytes(content[4:8], "little") != len(content) - 8:
            return False
        try:
            implicit = stored.is_implicit_VR
            found, _ = scan_elements(content, 8, self._wanted, _NO_END, implicit=implicit)
        except SCAN_ERRORS:
            return False
        return not found

    def _first_item(self, group: DataElement) -> dict[int, Any]:
        if group.VR != "SQ" or not group.value:
            return {}
        item = group.value[0]
        look = lookup(item)
        return {int(tag): look(tag) for tag in item.keys() & self._wanted}
