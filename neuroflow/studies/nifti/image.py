"""A NIfTI study: the image's header, its b-values and b-vectors, its sidecar."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS, Member, reason_of
from neuroflow.studies.demographics import parse_age, parse_sex
from neuroflow.studies.diffusion import B0_MAX, Gradient, count_directions, interleaved, shells
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.sidecar import milliseconds, read_sidecar, sidecar_facts, to_number

_SAMPLES, _SAMPLE_BYTES = 32, 1 << 13
_HEAD_BYTES, _HEAD_LENGTH = 1 << 14, 544
_TEXT_BYTES = 8 * 1024**2
_UNITS = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}


@dataclass(frozen=True, slots=True)
class NiftiHead:
    """What the header of a NIfTI says."""

    header: Any  # As nibabel reads it
    data_bytes: int  # How many bytes the whole file unpacks to


@contextmanager
def open_plain(member: Member) -> Iterator[IO[bytes]]:
    """Open a NIfTI for reading its unpacked bytes."""
    with member.open_raw() as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=raw) as plain:
                yield io.BufferedReader(plain, 1 << 18)
        else:
            yield raw


_BAD_HEAD = (
    *READ_ERRORS,
    HeaderDataError,
    WrapStructError,
    struct.error,
    OverflowError,
    ValueError,
    KeyError,
)
"""What reading the header of a file that is no NIfTI raises."""


def read_head(member: Member) -> NiftiHead:
    """Read a NIfTI's header."""
    try:
        start = _start(member)
        sizes = {struct.unpack(order + "i", start[:4])[0] for order in "<>"}
        kind: Any = Nifti2Header if 540 in sizes else Nifti1Header
        header = kind(start[: kind.template_dtype.itemsize], check=False)
        shape = header.get_data_shape()
        magic = bytes(header["magic"].item())[:3]
        itemsize = header.get_data_dtype().itemsize
        length = int(header["vox_offset"]) + int(np.prod(shape, dtype=np.int64)) * itemsize
    except _BAD_HEAD as error:
        raise _unreadable(reason_of(error)) from error
    if magic not in (b"n+1", b"n+2"):
        raise _unreadable("It has no NIfTI mark in its header.")
    return NiftiHead(header, length)


def _start(member: Member) -> bytes:
    """Read the header's bytes, also of a file that is damaged further on."""
    with member.open_raw() as raw:
        start = raw.read(_HEAD_BYTES)
    if start[:2] == b"\x1f\x8b":
        start = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(start, _HEAD_LENGTH)
    return start


def _unreadable(why: str) -> StudyError:
    return StudyError(
        "The image is not a readable NIfTI.",
        why=why,
        advice="Convert or copy it again.",
    )


def is_complete(member: Member, head: NiftiHead) -> bool:
    """Tell whether a NIfTI has all its bytes, without unpacking it.

    References
    ----------
    RFC 1952, section 2.3.1 (ISIZE).
    """
    with member.open_raw() as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        length = raw.seek(0, io.SEEK_END)
        if not packed:
            return length >= head.data_bytes
        raw.seek(max(length - 4, 0))
        told = int.from_bytes(raw.read(4), "little")
    if told == head.data_bytes % 2**32:
        return True
    return _unpacked_length(member) >= head.data_bytes  # gzip of several parts, or padding


def _unpacked_length(member: Member) -> int:
    length = 0
    try:
        with open_plain(member) as stream:
            while block := stream.read(1 << 20):
                length += len(block)
    except READ_ERRORS:
        return -1
    return length


def nifti_facts(members: StudyMembers) -> dict[str, Any]:
    """Read the facts of a NIfTI study."""
    image = members.images[0]
    head = read_head(image)
    facts = _image_facts(image, head)
    unknown_reasons = facts["unknown_reasons"]
    beside = sidecar_facts(read_sidecar(members.sidecar)) if members.sidecar else {}
    facts |= _sidecar_arguments(beside, unknown_reasons)
    thickness = to_number(beside.get("slice_thickness"))
    spacing = to_number(beside.get("slice_spacing")) or facts["slice_thickness"]
    if thickness is not None and spacing is not None:
        facts["slice_thickness"] = thickness
        facts["slice_gap"] = round(spacing - thickness, 3)
    facts |= _gradient_facts(members, unknown_reasons)
    return facts


def _image_facts(image: Member, head: NiftiHead) -> dict[str, Any]:
    shape = head.header.get_data_shape()
    zooms = [float(zoom) for zoom in head.header.get_zooms()]
    try:
        unit = str(head.header.get_xyzt_units()[0])
    except KeyError:
        unit = "unknown"
    scale = _UNITS.get(unit, 1.0)
    in_plane = (zooms[0] * scale, zooms[1] * scale) if len(zooms) >= 2 else None
    whole = is_complete(image, head)
    return {
        "images": (image,),
        "fingerprint": _fingerprint(image),
        "dimensions": len(shape),
        "n_slices": int(shape[2]) if len(shape) > 2 else None,
        "n_volumes": int(shape[3]) if len(shape) > 3 else 1,
        "in_plane": in_plane,
        "slice_thickness": round(zooms[2] * scale, 4) if len(zooms) > 2 else None,
        "spatial_unit": unit,
        "unreadable_files": 0 if whole else 1,
        "unknown_reasons": {},
    }


def _fingerprint(image: Member) -> str:
    """Digest samples from all over a file: equal for copies, and not for scans of equal margins.

    The last bytes of a gzip are the checksum of all that it holds.
    """
    digest = hashlib.sha256()
    with image.open_raw() as raw:
        size = raw.seek(0, io.SEEK_END)
        step = max(size // _SAMPLES, 1)
        for start in range(0, size, step):
            raw.seek(start)
            digest.update(raw.read(_SAMPLE_BYTES))
        raw.seek(max(size - _SAMPLE_BYTES, 0))
        digest.update(raw.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _sidecar_arguments(beside: dict[str, Any], unknown_reasons: dict[str, str]) -> dict[str, Any]:
    age, sex = parse_age(beside.get("age")), parse_sex(beside.get("sex"))
    if age is None and "age" in beside:
        unknown_reasons["age"] = f'"{beside["age"]}" is no age'
    if sex is None and "sex" in beside:
        unknown_reasons["sex"] = f'"{beside["sex"]}" is neither M nor F'
    timing = beside.get("slice_timing")
    moments = [to_number(moment) for moment in timing] if isinstance(timing, list) else []
    known = [moment for moment in moments if moment is not None]
    words = {
        name: str(beside[name])
        for name in ("modality", "manufacturer", "study_description", "series_description")
        if name in beside
    }
    return words | {
        "age": age,
        "sex": sex,
        "sequence": str(beside["sequence"]) if "sequence" in beside else None,
        "field_strength": to_number(beside.get("field_strength")),
        "repetition_time": milliseconds(beside.get("repetition_time"), 100.0),
        "echo_time": milliseconds(beside.get("echo_time"), 1.0),
        "flip_angle": to_number(beside.get("flip_angle")),
        "interleaved": interleaved(known) if len(known) == len(moments) else None,
    }


def read_numbers(member: Member) -> np.ndarray:
    """Read a file of b-values or b-vectors."""
    try:
        with member.open_raw() as stream:
            text = stream.read(_TEXT_BYTES).decode("utf-8-sig")
        lines = [line.replace(",", " ").replace(";", " ").split() for line in text.splitlines()]
        rows = [[float(word) for word in line] for line in lines if line]
        if not rows or len({len(row) for row in rows}) != 1:
            raise ValueError  # noqa: TRY301
    except (*READ_ERRORS, ValueError) as error:
        raise StudyError(
            "The b-values or b-vectors are not a table of numbers.",
            why="The file is empty, has rows of different length, or words in it.",
            advice="Convert the study again.",
        ) from error
    return np.array(rows, dtype=float)


def read_gradients(bval: Member, bvec: Member) -> tuple[np.ndarray, np.ndarray]:
    """Read b-values and b-vectors in any of their layouts."""
    b_values = read_numbers(bval).ravel()
    vectors = read_numbers(bvec)
    if 3 not in vectors.shape:
        raise StudyError(
            f"The file of b-vectors has {vectors.shape[0]} rows and {vectors.shape[1]} columns.",
            why="b-vectors have three rows, or three columns.",
            advice="Convert the study again.",
        )
    # Three volumes in three rows cannot be told from three columns: FSL's layout wins.
    return b_values, vectors.T if vectors.shape[0] == 3 else vectors


def _gradient_facts(members: StudyMembers, unknown_reasons: dict[str, str]) -> dict[str, Any]:
    if members.bval is None or members.bvec is None:
        lacking = "no b-values" if members.bval is None else "no b-vectors"
        unknown_reasons |= dict.fromkeys(
            ("shells", "n_b0", "n_directions", "n_bvals", "n_bvecs"), f"{lacking} beside the image"
        )
        return {}
    b_values, vectors = read_gradients(members.bval, members.bvec)
    facts: dict[str, Any] = {"n_bvals": len(b_values), "n_bvecs": len(vectors)}
    weighted = b_values > B0_MAX
    # Converters write NaN for the direction of an unweighted volume now and then.
    finite = bool(np.isfinite(b_values).all() and len(b_values) == len(vectors))
    finite = finite and bool(np.isfinite(vectors[weighted]).all())
    facts["finite_gradients"] = finite if len(b_values) == len(vectors) else None
    if not finite:
        return facts
    lengths = np.linalg.norm(vectors[weighted], axis=1)
    facts["unit_vectors"] = bool(np.all(np.abs(lengths - 1) <= 0.02))
    gradients = tuple(
        Gradient(float(b), tuple(map(float, vector)) if np.any(vector) else None)  # type: ignore[arg-type]
        for b, vector in zip(b_values, np.nan_to_num(vectors), strict=True)
    )
    return facts | {
        "gradients": gradients,
        "shells": shells(b_values.tolist()),
        "n_b0": sum(gradient.is_b0 for gradient in gradients),
        "n_directions": count_directions(gradients),
    }
