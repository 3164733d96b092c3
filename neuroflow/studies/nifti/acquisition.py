"""The facts of a NIfTI study, read from the image's header, gradient files and sidecar."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuroflow.models import StudyKind
from neuroflow.studies.acquisition import (
    Acquisition,
    Completeness,
    Demographics,
    Geometry,
    GradientTable,
    Series,
    Timing,
)
from neuroflow.studies.archive import Member
from neuroflow.studies.demographics import parse_age, parse_sex
from neuroflow.studies.diffusion import (
    B0_MAX,
    Gradient,
    count_directions,
    interleaved,
    lengths,
    shells,
)
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.nifti.gradient_files import read_gradients
from neuroflow.studies.nifti.header import NiftiHeader, read_header, surplus_bytes
from neuroflow.studies.sidecar import milliseconds, read_study_sidecars, sidecar_facts, to_number

_SAMPLES, _SAMPLE_BYTES = 32, 1 << 13
_UNITS = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}

Reasons = dict[str, str]


def read_nifti(members: StudyMembers) -> Acquisition:
    """Read the facts of a NIfTI study."""
    image = members.images[0]
    header = read_header(image)
    reasons: Reasons = {}
    surplus = surplus_bytes(image, header)
    sidecar = sidecar_facts(read_study_sidecars(members))
    return Acquisition(
        kind=StudyKind.NIFTI,
        fingerprint=_fingerprint(image),
        images=(image,),
        demographics=_demographics(sidecar, reasons),
        series=_series(sidecar),
        timing=_timing(sidecar),
        geometry=_geometry(header, sidecar),
        gradients=_gradient_table(members, reasons),
        completeness=Completeness(
            unreadable_files=() if surplus >= 0 else (image.basename,),
            trailing_bytes=max(surplus, 0),
        ),
        unknown_reasons=reasons,
    )


def _fingerprint(image: Member) -> str:
    """Digest samples from all over a file: copies have the same digest, other scans do not."""
    digest = hashlib.sha256()
    with image.open_raw() as raw:
        size = raw.seek(0, io.SEEK_END)
        step = max(size // _SAMPLES, 1)
        for start in range(0, size, step):
            raw.seek(start)
            digest.update(raw.read(_SAMPLE_BYTES))
        # The last bytes of a gzip are the checksum of all its contents.
        raw.seek(max(size - _SAMPLE_BYTES, 0))
        digest.update(raw.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _demographics(sidecar: Mapping[str, Any], reasons: Reasons) -> Demographics:
    age, sex = parse_age(sidecar.get("age")), parse_sex(sidecar.get("sex"))
    if age is None and "age" in sidecar:
        reasons["demographics.age"] = f'"{sidecar["age"]}" is not an age'
    if sex is None and "sex" in sidecar:
        reasons["demographics.sex"] = f'"{sidecar["sex"]}" is neither M nor F'
    return Demographics(age=age, sex=sex)


def _series(sidecar: Mapping[str, Any]) -> Series:
    return Series(
        modality=_text(sidecar.get("modality")),
        manufacturer=_text(sidecar.get("manufacturer")),
        field_strength=to_number(sidecar.get("field_strength")),
        sequence=_text(sidecar.get("sequence")),
        study_description=_text(sidecar.get("study_description")),
        series_description=_text(sidecar.get("series_description")),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _timing(sidecar: Mapping[str, Any]) -> Timing:
    stored = sidecar.get("slice_timing")
    times = [to_number(time) for time in stored] if isinstance(stored, list) else []
    known = [time for time in times if time is not None]
    return Timing(
        repetition_time=milliseconds(sidecar.get("repetition_time"), 100.0),
        echo_time=milliseconds(sidecar.get("echo_time"), 1.0),
        flip_angle=to_number(sidecar.get("flip_angle")),
        interleaved=interleaved(known) if len(known) == len(times) else None,
    )


def _geometry(header: NiftiHeader, sidecar: Mapping[str, Any]) -> Geometry:
    shape = header.fields.get_data_shape()
    zooms = [float(zoom) for zoom in header.fields.get_zooms()]
    try:
        unit = str(header.fields.get_xyzt_units()[0])
    except KeyError:
        unit = "unknown"
    scale = _UNITS.get(unit, 1.0)
    distance = round(zooms[2] * scale, 4) if len(zooms) > 2 else None
    thickness, gap = to_number(sidecar.get("slice_thickness")), None
    spacing = to_number(sidecar.get("slice_spacing")) or distance
    if thickness is not None and spacing is not None:
        gap = round(spacing - thickness, 3)
    else:
        thickness = distance
    return Geometry(
        in_plane=(zooms[0] * scale, zooms[1] * scale) if len(zooms) >= 2 else None,
        slice_thickness=thickness,
        slice_gap=gap,
        n_slices=int(shape[2]) if len(shape) > 2 else None,
        n_volumes=int(shape[3]) if len(shape) > 3 else 1,
        dimensions=len(shape),
        spatial_unit=unit,
    )


def _gradient_table(members: StudyMembers, reasons: Reasons) -> GradientTable:
    if members.bval is None or members.bvec is None:
        lacking = "no b-values" if members.bval is None else "no b-vectors"
        facts = ("shells", "n_b0", "n_directions", "n_encoded", "n_bvals", "n_bvecs")
        names = [f"gradients.{fact}" for fact in facts]
        reasons |= dict.fromkeys(names, f"{lacking} beside the image")
        return GradientTable()
    b_values, vectors = read_gradients(members.bval, members.bvec)
    n_bvals, n_bvecs = len(b_values), len(vectors)
    if n_bvals != n_bvecs:
        return GradientTable(n_bvals=n_bvals, n_bvecs=n_bvecs)
    weighted = b_values > B0_MAX
    # Some converters write NaN as the direction of a volume with b = 0.
    if not (np.isfinite(b_values).all() and np.isfinite(vectors[weighted]).all()):
        return GradientTable(n_bvals=n_bvals, n_bvecs=n_bvecs, finite=False)
    # A weighted volume without a direction has a finding of its own.
    length = lengths(vectors[weighted & vectors.any(axis=1)])
    volumes = tuple(
        Gradient(float(b), tuple(map(float, vector)) if np.any(vector) else None)  # type: ignore[arg-type]
        for b, vector in zip(b_values, np.nan_to_num(vectors), strict=True)
    )
    directed = sum(gradient.direction is not None for gradient in volumes if not gradient.is_b0)
    return GradientTable(
        volumes=volumes,
        shells=shells(b_values.tolist()),
        n_b0=sum(gradient.is_b0 for gradient in volumes),
        n_directions=count_directions(volumes),
        n_encoded=directed,
        n_undirected=int(weighted.sum()) - directed,
        n_bvals=n_bvals,
        n_bvecs=n_bvecs,
        unit_vectors=bool(np.all(np.abs(length - 1) <= 0.02)),
        finite=True,
    )
