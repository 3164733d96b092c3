"""The proof of a package: it is read back, and compared with the study it was made from."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from neuroflow.errors import PackageError
from neuroflow.models import StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import READ_ERRORS, Member, sha256_of
from neuroflow.studies.dicom import READ_ERRORS as DICOM_ERRORS
from neuroflow.studies.dicom import Header, NotAnImageError, read_header
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.nifti import NiftiHeader, data_start, open_uncompressed, read_gradients
from neuroflow.studies.nifti import read_header as read_nifti_header
from neuroflow.studies.sidecar import to_number

IN_MEMORY = 1 << 23
"""Bytes; larger files are read in blocks, so that packages need little memory."""
_BLOCK = 1 << 20
_NUMBERS = {
    "Rows": "rows",
    "Columns": "columns",
    "SliceThickness": "slice thickness",
    "SpacingBetweenSlices": "distance of slices",
    "MagneticFieldStrength": "field strength",
    "RepetitionTime": "repetition time",
    "EchoTime": "echo time",
    "FlipAngle": "flip angle",
}
_ATTRIBUTES = {
    "pixel_spacing": "voxel size",
    "mosaic_slices": "number of slices",
    "mosaic_times": "slice times",
}
_NIFTI_FIELDS = {
    "dim": "numbers of voxels, slices and volumes",
    "datatype": "type of the voxels",
    "pixdim": "voxel sizes",
    "scl_slope": "scaling",
    "scl_inter": "scaling",
    "sform_code": "orientation",
    "qform_code": "orientation",
    "srow_x": "orientation",
    "srow_y": "orientation",
    "srow_z": "orientation",
    "quatern_b": "orientation",
    "quatern_c": "orientation",
    "quatern_d": "orientation",
    "qoffset_x": "position",
    "qoffset_y": "position",
    "qoffset_z": "position",
    "xyzt_units": "units",
}


def prove(path: Path, members: StudyMembers, facts: Acquisition) -> str:
    """Read a package with the reader of studies, compare it with its source; return its SHA-256.

    Every byte is read, which checks the zip's own checksums; the pixels were copied, so that equal
    checksums mean equal pixels.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if members.kind is StudyKind.DICOM:
                _prove_dicom(archive, facts)
            else:
                _prove_nifti(archive, path, members)
    except (*READ_ERRORS, *DICOM_ERRORS) as error:
        raise PackageError(
            "The zip cannot be read after writing it.",
            why=f"{error}."
            if isinstance(error, zipfile.BadZipFile)
            else f"{type(error).__name__}.",
            advice="Check the disk, and try again.",
        ) from error
    return sha256_of(path)


def _prove_dicom(archive: zipfile.ZipFile, facts: Acquisition) -> None:
    names = [name for name in archive.namelist() if name.endswith(".dcm")]
    if len(names) != len(facts.headers):
        raise _different(f"{len(facts.headers)} images were read, and {len(names)} packaged")
    seen: set[str] = set()
    for name, before in zip(names, facts.headers, strict=True):
        try:
            after = _header(archive, name)
        except NotAnImageError as error:
            raise _different(f"the kind of object of {name}{_instance(before)}") from error
        changed = list(dict.fromkeys(differences(before, after)))
        if changed:
            raise _different(f"{', '.join(changed)} of {name}{_instance(before)}")
        seen.add(after.sop_uid)
    if len(seen) != len({before.sop_uid for before in facts.headers}):
        raise _different("the number of different images")
    for name in archive.namelist():
        if name not in names:
            _read_json(archive, name)


def _instance(header: Header) -> str:
    number = header.instance_number
    return "" if number is None else f" (instance number {number})"


def _header(archive: zipfile.ZipFile, name: str) -> Header:
    info = archive.getinfo(name)
    if info.file_size <= IN_MEMORY:
        return read_header(io.BytesIO(archive.read(name)), info.file_size)
    with archive.open(name) as stream:
        while stream.read(_BLOCK):
            pass
    with archive.open(name) as stream:
        return read_header(stream, info.file_size)


def differences(before: Header, after: Header) -> Iterator[str]:
    """Name what differs between the header of an image and that of its copy in a package."""
    if len(before.frames) != len(after.frames):
        yield "number of frames"
        return
    for one, other in zip(before.frames, after.frames, strict=True):
        if one.gradient.b_value != other.gradient.b_value:
            yield "b-value"
        if one.gradient.direction != other.gradient.direction:
            yield "gradient direction"
        if one.position != other.position:
            yield "slice position"
        if one.orientation != other.orientation:
            yield "orientation"
        if other.sort and not one.sort:
            yield "type of the image"
    for attribute, name in _ATTRIBUTES.items():
        if getattr(before, attribute) != getattr(after, attribute):
            yield name
    if before.transfer_syntax and before.transfer_syntax != after.transfer_syntax:
        yield "encoding"
    for word, name in _NUMBERS.items():
        number = to_number(before.protocol.get(word))
        if number is not None and number != to_number(after.protocol.get(word)):
            yield name


def _prove_nifti(archive: zipfile.ZipFile, path: Path, members: StudyMembers) -> None:
    if archive.testzip() is not None:
        raise zipfile.BadZipFile("its checksum is wrong")
    source, copy = members.images[0], Member(path, "dwi.nii.gz")
    before, after = (read_nifti_header(member) for member in (source, copy))
    for field, name in _NIFTI_FIELDS.items():
        if field in before.fields.structarr.dtype.names:
            one, other = (np.asarray(header.fields[field]) for header in (before, after))
            if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
                raise _different(f"the {name} of dwi.nii.gz")
    with open_uncompressed(source) as stream:
        start = _first_voxels(stream, before)
    with open_uncompressed(copy) as stream:
        if _first_voxels(stream, after) != start:
            raise _different("the voxels of dwi.nii.gz")
        while stream.read(_BLOCK):  # to the end, where gzip keeps the checksum of the source
            pass
    if members.bval is not None and members.bvec is not None:
        _prove_gradients(path, members.bval, members.bvec)
    _read_json(archive, "dwi.json")


def _first_voxels(stream: IO[bytes], header: NiftiHeader) -> bytes:
    """Digest the first voxels; bytes after the last are none of them."""
    start = data_start(header.fields)
    length = min(header.data_bytes - start, 1 << 16)
    while start:
        skipped = len(stream.read(min(start, _BLOCK)))
        if not skipped:
            raise EOFError("it ends before its data")
        start -= skipped
    return hashlib.sha256(stream.read(length)).digest()


def _prove_gradients(path: Path, bval: Member, bvec: Member) -> None:
    b_values, vectors = read_gradients(bval, bvec)
    copied = read_gradients(Member(path, "dwi.bval"), Member(path, "dwi.bvec"))
    if not np.array_equal(b_values, copied[0], equal_nan=True):
        raise _different("the b-values")
    if not _same_vectors(vectors, copied[1]):
        raise _different("the gradient directions")


def _same_vectors(before: np.ndarray, after: np.ndarray) -> bool:
    """Compare directions; those that are no numbers have become zeros."""
    known = np.where(np.isfinite(before).all(axis=1, keepdims=True), before, 0.0)
    return np.array_equal(known, after)


def _read_json(archive: zipfile.ZipFile, name: str) -> None:
    try:
        json.loads(archive.read(name), parse_constant=_refuse_constant)
    except ValueError as error:
        raise _different(f"{name} is not valid JSON") from error


def _refuse_constant(word: str) -> None:
    raise ValueError(word)


def _different(what: str) -> PackageError:
    return PackageError(
        "The package differs from the study, and is not kept.",
        why=f"Reading it back showed a difference: {what}.",
        advice="Report the problem; converting the study with dcm2niix, and sending the NIfTI, "
        "may help meanwhile.",
    )
