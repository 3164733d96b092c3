"""Write the de-identified copies of DICOM files; their pixels are copied unchanged."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import IO

from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify.deidentifier import Deidentifier
from neuroflow.studies.deidentify.pixels import (
    PixelFormat,
    clean,
    pixel_blocks,
    pixel_format,
)
from neuroflow.studies.deidentify.template import Template
from neuroflow.studies.dicom import READ_ERRORS, STARTS, StoredHeader, split_header

_USELESS = 8
"""So many templates in turn that no other image was like are enough to make no more."""


class DicomWriter:
    """Writes the de-identified copies of the files of one study."""

    def __init__(self, deidentify: Deidentifier) -> None:
        self._deidentify = deidentify
        # The headers of a series differ in a few elements only: what was made of the others is
        # copied from the last image that was processed as a whole.
        self._template: Template | None = None
        self._unused = 0  # Templates in turn

    def __call__(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a de-identified file, without what may be hidden beside its pixels."""
        try:
            # Values that violate the standard are kept as they are.
            with member.open() as stream, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                stored = _stored_header(stream) if self._unused < _USELESS else None
                made = self._template.fill(stored) if self._template and stored else None
                if made is None or stored is None or self._template is None:
                    stream.seek(0)
                    yield from self._whole(stream, stored)
                    return
                self._unused = 0
                yield made
                stream.seek(stored.end)
                # Copied in blocks, so that large files need little memory.
                yield from pixel_blocks(stream, stored.syntax, self._template.form)
        except (*READ_ERRORS, *STREAM_ERRORS) as error:
            raise StudyError(
                "A DICOM file of the study is damaged.",
                why=f"Reading it failed: {type(error).__name__}.",
                advice="Export the study again.",
            ) from error

    def _whole(self, stream: IO[bytes], stored: StoredHeader | None) -> Iterator[bytes]:
        dataset = dcmread(stream, stop_before_pixels=True, force=True)
        syntax = UID(dataset.file_meta.get("TransferSyntaxUID") or _guessed_syntax(dataset))
        if syntax == DeflatedExplicitVRLittleEndian:
            stream.seek(0)
            dataset = dcmread(stream, force=True)
            form = pixel_format(dataset, syntax)
            self._deidentify(dataset)
            dataset.PixelData = _clean_pixels(dataset.PixelData, form)
            yield _written(dataset, syntax)
            return
        form = pixel_format(dataset, syntax)
        tags = [int(tag) for tag in dataset.keys()]  # noqa: SIM118  iterating decodes values
        self._deidentify(dataset)
        made = _written(dataset, syntax)
        yield made
        yield from pixel_blocks(stream, syntax, form)
        self._template = None
        if stored is not None and list(stored.elements) == tags:
            self._template = Template.of(stored, made, form, self._deidentify)
            self._unused += 1


def _stored_header(stream: IO[bytes]) -> StoredHeader | None:
    data = b""
    for size in STARTS:
        data += stream.read(size - len(data))
        stored = split_header(data)
        if stored is not None or len(data) < size:
            return stored
    return None


def _clean_pixels(pixels: bytes, form: PixelFormat) -> bytes:
    kept = pixels if form.n_bytes is None else pixels[: form.n_bytes + form.n_bytes % 2]
    return clean(kept, form) if form.has_unused_bits else kept


def _guessed_syntax(dataset: FileDataset) -> UID:
    implicit, little = dataset.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _written(dataset: FileDataset, syntax: UID) -> bytes:
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
