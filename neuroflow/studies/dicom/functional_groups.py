"""The functional groups of an enhanced image's frames, read fast."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from neuroflow.studies.dicom.fast_reader import lookup


class FunctionalGroups:
    """Read the frames of one file: thousands share a few groups, which are decoded once.

    Examples
    --------
    >>> timing, frame = Dataset(), Dataset()
    >>> timing.RepetitionTime = 8000
    >>> frame.MRTimingAndRelatedParametersSequence = [timing]
    >>> FunctionalGroups({0x00180080}).flat(frame)
    {1572992: '8000.0'}

    References
    ----------
    DICOM PS3.3, C.7.6.16 (Multi-frame Functional Groups module).
    """

    def __init__(self, wanted: Collection[int]) -> None:
        self._preferred_label = frozenset(wanted)
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
                self._known[key] = self._first_item(holder[tag])
            flat |= self._known[key]
        return flat

    def _first_item(self, group: DataElement) -> dict[int, Any]:
        if group.VR != "SQ" or not group.value:
            return {}
        item = group.value[0]
        look = lookup(item)
        return {int(tag): look(tag) for tag in item.keys() & self._preferred_label}
