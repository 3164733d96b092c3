"""De-identify a header that is like another one: process only the elements that differ.

An element is processed alone only where nothing else depends on it: neither the words that
identify, nor the meaning of other elements. All others have to be equal in both headers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.attributes import is_kept
from neuroflow.studies.deidentify.deidentifier import SOP_INSTANCE, Deidentifier
from neuroflow.studies.deidentify.identifiers import is_identifying
from neuroflow.studies.deidentify.pixels import FORMAT_WORDS, PixelFormat
from neuroflow.studies.deidentify.residue import is_kept_number, is_kept_text_of_number
from neuroflow.studies.dicom import CHARSET, READ_ERRORS, StoredHeader, split_header

_WORDS = "SpecificCharacterSet SOPClassUID PatientAge PatientSex " + FORMAT_WORDS
_SHARED = frozenset(tag for word in _WORDS.split() if (tag := tag_for_keyword(word)) is not None)
"""Attributes on which others, the meta information or the pixels depend."""
_UID = re.compile(rb"[0-9.]{1,64}")
_PIXELS = b"\xe0\x7f\x10\x00OW" + bytes(6)
_META = 132 + 12
"""Where the meta information begins, after its own length."""
_MOST, _LONGEST = 1 << 13, 1 << 10
"""Results that are kept, and bytes of each."""


class Template:
    """What was made of one header, and what it was made from."""

    def __init__(
        self,
        source: StoredHeader,
        made: dict[int, bytes],
        meta: bytes,
        form: PixelFormat,
        deidentify: Deidentifier,
    ) -> None:
        self.form = form
        self._source, self._made, self._meta = source, made, meta
        self._deidentify, self._words = deidentify, deidentify.words
        self._known: dict[tuple[int, bytes], bytes] = {}
        self._plain: set[int] = set()  # What needs no pydicom
        self._own = {tag for tag in source.elements if _is_own(tag, source.vr(tag))}
        self._removed = {
            tag for tag in self._own if not tag >> 16 & 1 and not is_kept(BaseTag(tag))
        }

    @classmethod
    def of(
        cls, source: StoredHeader, written: bytes, form: PixelFormat, deidentify: Deidentifier
    ) -> Template | None:
        """Make a template of what was written of a header; None of an unusual one."""
        made = split_header(written + _PIXELS)
        if made is None or SOP_INSTANCE not in made.elements:
            return None
        meta = written[_META : made.end - sum(map(len, made.elements.values()))]
        if _instance_element(made.elements[SOP_INSTANCE]) not in meta:
            return None
        template = cls(source, made.elements, meta, form, deidentify)
        template._keep_equal()
        return template

    def _keep_equal(self) -> None:
        """Process alone only elements of which that makes the same as processing all."""
        try:
            alone = self._alone(self._source, self._own - self._removed)
        except READ_ERRORS:
            self._own.clear()
            return
        for tag, made in alone.items():
            if made != self._made.get(tag, b""):
                self._own.discard(tag)
            elif self._plainly(tag, self._source) == made:
                self._plain.add(tag)

    def fill(self, source: StoredHeader) -> bytes | None:
        """De-identify a header; None of one that differs in more than elements of its own."""
        known = self._source.elements
        if source.syntax != self._source.syntax or source.elements.keys() != known.keys():
            return None
        changed = [tag for tag, stored in source.elements.items() if stored != known[tag]]
        if not self._own.issuperset(changed):
            return None
        if not source.is_implicit and any(source.vr(t) != self._source.vr(t) for t in changed):
            return None
        kept = [tag for tag in changed if tag not in self._removed]
        try:
            made = self._made | self._results(source, kept)
        except READ_ERRORS:  # processing the whole image has the last word
            return None
        if not made[SOP_INSTANCE]:
            return None
        body = b"".join([made[tag] for tag in sorted(made)])
        before, after = (_instance_element(part[SOP_INSTANCE]) for part in (self._made, made))
        meta = self._meta.replace(before, after)
        return bytes(128) + b"DICM" + _length_element(len(meta)) + meta + body

    def _results(self, source: StoredHeader, tags: Iterable[int]) -> dict[int, bytes]:
        results: dict[int, bytes] = {}
        new: set[int] = set()
        for tag in tags:
            result = self._known.get((tag, source.elements[tag]))
            if result is None and tag in self._plain:
                result = self._plainly(tag, source)
            if result is None:
                new.add(tag)
            else:
                results[tag] = result
        if new:
            made = self._alone(source, new)
            results |= made
            if len(self._known) >= _MOST:
                self._known.clear()
            for tag in new:
                stored = source.elements[tag]
                if tag != SOP_INSTANCE and len(stored) <= _LONGEST:
                    self._known[tag, stored] = made[tag]
        return results

    def _plainly(self, tag: int, source: StoredHeader) -> bytes | None:
        """Return what is made of a number or of the image's UID; None of anything else."""
        vr, stored = source.vr(tag), source.elements[tag]
        if tag == SOP_INSTANCE and vr == "UI":
            uid = stored[8:].rstrip(b"\0")
            if not _UID.fullmatch(uid):
                return None
            new = self._deidentify.new_uid(uid.decode()).encode()
            new += bytes(len(new) % 2)
            return stored[:6] + len(new).to_bytes(2, "little") + new
        if is_kept_number(tag, vr, stored[8:], self._words):
            return stored
        return stored if is_kept_text_of_number(tag, vr, stored[8:], self._words) else None

    def _alone(self, source: StoredHeader, tags: set[int]) -> dict[int, bytes]:
        """De-identify some elements, beside those that state what they mean."""
        needed = {CHARSET, *tags}
        for tag in tags:
            if tag >> 16 & 1:
                needed |= {
                    one
                    for one in source.elements
                    if one >> 16 == tag >> 16 and one & 0xFFFF < 0x100
                }
            elif source.vr(tag) in ("TM", None):
                date = tag_for_keyword(keyword_for_tag(tag).replace("Time", "Date"))
                needed.add(int(date or tag))
        stored = b"".join(source.elements[tag] for tag in sorted(needed) if tag in source.elements)
        dataset = _read(stored, implicit=source.is_implicit)
        self._deidentify.part(dataset, self._words)
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = source.is_implicit, True
        write_dataset(buffer, dataset)
        written = _small_meta(source.syntax) + buffer.getvalue() + _PIXELS
        made = split_header(written)
        if made is None:
            raise ValueError("the elements of an image that were written cannot be read")
        return {tag: made.elements.get(tag, b"") for tag in tags}


def _is_own(number: int, vr: str | None) -> bool:
    """Check that nothing but the element itself depends on its value."""
    tag = BaseTag(number)
    if tag in _SHARED or tag.is_private_creator or is_identifying(tag, vr) or vr == "DA":
        return False
    if tag.is_private:
        return True
    try:
        known = dictionary_VR(tag)
    except KeyError:
        return True
    return known != "DA" and (vr not in (None, "UN") or " or " not in known)


def _read(stored: bytes, *, implicit: bool) -> FileDataset:
    """Read elements as `dcmread` reads those of a file."""
    stream = io.BytesIO(stored)
    elements = read_dataset(stream, implicit, True)
    dataset = FileDataset(stream, elements, None, FileMetaDataset(), implicit, True)
    dataset.set_original_encoding(implicit, True, elements._character_set)
    return dataset


def _instance_element(made: bytes) -> bytes:
    """Write the UID of an image as it is in the meta information."""
    return b"\x02\x00\x03\x00UI" + (len(made) - 8).to_bytes(2, "little") + made[8:]


def _length_element(length: int) -> bytes:
    return b"\x02\x00\x00\x00UL\x04\x00" + length.to_bytes(4, "little")


def _small_meta(syntax: str) -> bytes:
    uid = syntax.encode("ascii")
    element = b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
    return bytes(128) + b"DICM" + _length_element(len(element)) + element
