"""Write the de-identified copy of one DICOM file; its pixels are copied unchanged."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

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
from neuroflow.studies.dicom import READ_ERRORS


def deidentify_dicom(member: Member, deidentify: Deidentifier) -> Iterator[bytes]:
    """Yield the bytes of a de-identified DICOM file.

    The header is rewritten; the pixels are copied in blocks, so that large files need little
    memory, and without what may be hidden beside them.
    """
    try:
        with member.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values that violate the standard are kept as they are
            dataset = dcmread(stream, stop_before_pixels=True, force=True)
            syntax = UID(dataset.file_meta.get("TransferSyntaxUID") or _guessed_syntax(dataset))
            if syntax == DeflatedExplicitVRLittleEndian:
                stream.seek(0)
                dataset = dcmread(stream, force=True)
                form = pixel_format(dataset, syntax)
                deidentify(dataset)
                dataset.PixelData = _clean_pixels(dataset.PixelData, form)
                yield _written(dataset, syntax)
                return
            form = pixel_format(dataset, syntax)
            deidentify(dataset)
            yield _written(dataset, syntax)
            yield from pixel_blocks(stream, syntax, form)
    except (*READ_ERRORS, *STREAM_ERRORS) as error:
        raise StudyError(
            "A DICOM file of the study is damaged.",
            why=f"Reading it failed: {type(error).__name__}.",
            advice="Export the study again.",
        ) from error


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
