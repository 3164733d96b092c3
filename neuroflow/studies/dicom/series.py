"""The DICOM series of a study: which one is diffusion, and what its headers say."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from neuroflow.errors import StudyError
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member
from neuroflow.studies.demographics import age_between, parse_age, parse_sex
from neuroflow.studies.dicom.datetimes import parse_datetime
from neuroflow.studies.dicom.header import READ_ERRORS, Header, read_header
from neuroflow.studies.dicom.volumes import Stack, stack
from neuroflow.studies.diffusion import count_directions, interleaved, shells
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.sidecar import read_sidecar, sidecar_facts, to_number

DERIVED_MAPS = frozenset(
    {"ADC", "EADC", "EXP", "FA", "COLFA", "TRACE", "TRACEW", "TENSOR", "TENSOR_B0"}
    | {"AVERAGE_DC", "FRACTIONAL_ANISOTROPY", "ISOTROPIC", "AVERAGE DC", "FRACTIONAL ANISO"}
)
"""Words in Image Type of maps that scanners compute from the diffusion images."""
CONSTANT = (
    "MagneticFieldStrength",
    "RepetitionTime",
    "EchoTime",
    "FlipAngle",
    "SliceThickness",
    "Rows",
    "Columns",
)
"""What may not change within a series."""
_PLANES = ("sagittal", "coronal", "axial")


def is_diffusion(headers: Iterable[Header]) -> bool:
    """Tell by its headers whether a series holds diffusion-weighted images."""
    weighted = False
    for header in headers:
        words = header.protocol.get("ImageType", ())
        if DERIVED_MAPS & set(words if isinstance(words, tuple) else (words,)):
            return False
        weighted |= any(
            frame.gradient.b_value is not None and not frame.gradient.is_b0
            for frame in header.frames
        )
    return weighted


def dicom_facts(members: StudyMembers) -> dict[str, Any]:
    """Read the facts of a DICOM study."""
    read: list[tuple[Header, Member]] = []
    unreadable = 0
    for member in members.images:
        try:
            with member.open() as stream:
                read.append((read_header(stream, member.unpacked_size), member))
        except (*READ_ERRORS, *STREAM_ERRORS):
            unreadable += 1
    if members.study_uid:
        read = [pair for pair in read if pair[0].study_uid == members.study_uid]
    headers = [header for header, _ in read]
    if not headers:
        raise StudyError(
            "None of the study's DICOM files can be read.",
            why=f"{unreadable} of {len(members.images)} are damaged or no images.",
            advice="Export the study again.",
        )
    diffusion = diffusion_series(headers)
    kept = diffusion or {header.series_uid for header in headers}
    used = [header for header in headers if header.series_uid in kept]
    facts = series_facts(used)
    facts["diffusion_series"] = len(diffusion)
    facts["unreadable_files"] = unreadable
    facts["images"] = _in_order([pair for pair in read if pair[0].series_uid in kept])
    facts["started_at"] = parse_datetime(
        min((h.started_at for h in used if h.started_at), default="")
    )
    if members.sidecar is not None:
        _add_sidecar(facts, sidecar_facts(read_sidecar(members.sidecar)))
    return facts


def _in_order(read: Sequence[tuple[Header, Member]]) -> tuple[Member, ...]:
    """Sort the files of a series as they were acquired."""

    def place(pair: tuple[Header, Member]) -> tuple[int, int, str, Member]:
        header, member = pair
        return header.series_number or 0, header.instance_number or 0, header.sop_uid, member

    return tuple(member for _, member in sorted(read, key=place))


def diffusion_series(headers: Sequence[Header]) -> set[str]:
    """Find the diffusion series among the headers of a study."""
    ordered = sorted(headers, key=lambda header: header.series_uid)
    by_series = groupby(ordered, key=lambda header: header.series_uid)
    return {uid for uid, group in by_series if is_diffusion(list(group))}


def series_facts(headers: Sequence[Header]) -> dict[str, Any]:
    """Read the facts of the diffusion series."""
    unique = list({header.sop_uid or id(header): header for header in headers}.values())
    first = _most_common(unique)
    facts: dict[str, Any] = {
        "study_uid": headers[0].study_uid,
        "fingerprint": hashlib.sha256(headers[0].study_uid.encode()).hexdigest(),
        "repeated_instances": len(headers) - len(unique),
        "patients": len({header.patient_id for header in headers}),
        "transfer_syntaxes": tuple(sorted({h.transfer_syntax for h in headers})),
        "modality": first.get("Modality"),
        "manufacturer": first.get("Manufacturer"),
        "sequence": _joined(first.get("ScanningSequence")),
        "study_description": first.get("StudyDescription"),
        "series_description": first.get("SeriesDescription"),
        "burned_in": first.get("BurnedInAnnotation"),
        "field_strength": to_number(first.get("MagneticFieldStrength")),
        "repetition_time": to_number(first.get("RepetitionTime")),
        "echo_time": to_number(first.get("EchoTime")),
        "flip_angle": to_number(first.get("FlipAngle")),
        "slice_thickness": to_number(first.get("SliceThickness")),
        "in_plane": next((h.pixel_spacing for h in unique if h.pixel_spacing), None),
        "changing": tuple(w for w in CONSTANT if len(_values(unique, w)) > 1),
    }
    facts |= _stack_facts(unique, first)
    demographics, unknown_reasons = _demographics(first)
    facts["unknown_reasons"] = facts["unknown_reasons"] | unknown_reasons
    return facts | demographics


def _most_common(headers: Sequence[Header]) -> dict[str, Any]:
    """Take each attribute's most frequent value."""
    words = {word for header in headers for word in header.protocol}
    return {word: _values(headers, word)[0] for word in words}


def _values(headers: Sequence[Header], word: str) -> list[Any]:
    """Collect the different values of an attribute, the most frequent one first."""
    counts = Counter(header.protocol[word] for header in headers if word in header.protocol)
    return [value for value, _ in counts.most_common()]


def _joined(value: Any) -> str | None:
    return "\\".join(map(str, value)) if isinstance(value, tuple) else value


def _stack_facts(headers: Sequence[Header], first: dict[str, Any]) -> dict[str, Any]:
    frames = [frame for header in headers for frame in header.frames]
    mosaics = [header for header in headers if header.mosaic_slices]
    found = _mosaic_stack(mosaics) if mosaics else stack(frames)
    gap = _gap(first, None if mosaics or found is None else found.spacing)
    if found is None:
        return {
            "slice_gap": gap,
            "unknown_reasons": {"n_slices": "no slice positions in the headers"},
        }
    values = [gradient.b_value for gradient in found.gradients]
    known = all(value is not None for value in values)
    weighted = [g for g in found.gradients if g.b_value is not None and not g.is_b0]
    unknown_reasons: dict[str, str] = {}
    facts: dict[str, Any] = {
        "n_slices": found.n_slices,
        "n_volumes": len(found.gradients),
        "slice_gap": gap,
        "missing_slices": found.missing,
        "repeated_slices": found.repeated,
        "incomplete_volumes": found.incomplete,
        "orientations": found.orientations,
        "plane": _plane(frames),
        "gradients": found.gradients,
        "interleaved": interleaved(next((h.mosaic_times for h in mosaics), ())),
        "unknown_reasons": unknown_reasons,
    }
    if known:
        facts["shells"] = shells([value for value in values if value is not None])
        facts["n_b0"] = sum(gradient.is_b0 for gradient in found.gradients)
        if not weighted or any(gradient.direction for gradient in weighted):
            facts["n_directions"] = count_directions(found.gradients)
        else:
            unknown_reasons["n_directions"] = "no gradient directions in the headers"
    else:
        unknown_reasons |= dict.fromkeys(
            ("shells", "n_b0", "n_directions"), "no b-value in some or all headers"
        )
    return facts


def _mosaic_stack(mosaics: Sequence[Header]) -> Stack:
    counts = Counter(header.mosaic_slices for header in mosaics)
    n_slices = counts.most_common(1)[0][0]
    gradients = tuple(header.frames[0].gradient for header in mosaics)
    lacking = [max(n_slices - header.mosaic_slices, 0) for header in mosaics]
    orientations = {header.frames[0].orientation for header in mosaics}
    return Stack(
        n_slices,
        gradients,
        None,
        sum(lacking),
        0,
        sum(1 for count in lacking if count),
        len(orientations),
    )


def _gap(first: dict[str, Any], spacing: float | None) -> float | None:
    thickness = to_number(first.get("SliceThickness"))
    if spacing is None:
        spacing = to_number(first.get("SpacingBetweenSlices"))
    return round(spacing - thickness, 3) if spacing is not None and thickness is not None else None


def _plane(frames: Sequence[Any]) -> str | None:
    orientation = next((frame.orientation for frame in frames if frame.orientation), None)
    if orientation is None:
        return None
    normal = np.cross(orientation[:3], orientation[3:])
    return _PLANES[int(np.argmax(np.abs(normal)))]


def _demographics(first: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    age_text, sex_text = str(first.get("PatientAge", "")), str(first.get("PatientSex", ""))
    age = parse_age(age_text)
    if age is None:
        age = age_between(str(first.get("PatientBirthDate", "")), str(first.get("StudyDate", "")))
    sex = parse_sex(sex_text)
    unknown_reasons = {}
    if age is None and age_text:
        unknown_reasons["age"] = f'"{age_text}" is no age'
    if sex is None and sex_text:
        unknown_reasons["sex"] = f'"{sex_text}" is neither M nor F'
    return {"age": age, "sex": sex}, unknown_reasons


def _add_sidecar(facts: dict[str, Any], beside: dict[str, Any]) -> None:
    """Take age and sex from a sidecar where the headers have none."""
    if facts["age"] is None:
        facts["age"] = parse_age(beside.get("age"))
    if facts["sex"] is None:
        facts["sex"] = parse_sex(beside.get("sex"))
