"""The facts of a DICOM study, read from the headers of its diffusion series."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from neuroflow.studies.demographics import age_between, parse_age, parse_sex
from neuroflow.studies.dicom.datetimes import first_moment, parse_datetime
from neuroflow.studies.dicom.header import ECHO_PLANAR, Header
from neuroflow.studies.dicom.images import StudyImages, read_images
from neuroflow.studies.dicom.volumes import Stack, mosaic_stack, stack
from neuroflow.studies.diffusion import Gradient, count_directions, interleaved, shells
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.sidecar import read_study_sidecars, sidecar_facts, to_number

CONSTANT = (
    "MagneticFieldStrength",
    "RepetitionTime",
    "EchoTime",
    "FlipAngle",
    "SliceThickness",
    "Rows",
    "Columns",
)
"""Attributes that have to be the same in all images of a series."""
MOST_SERIES = 6
"""More diffusion series are one that fell apart, or several studies, and are not described."""
_PLANES = ("sagittal", "coronal", "axial")

Reasons = dict[str, str]


def read_dicom(members: StudyMembers) -> Acquisition:
    """Read the facts of a DICOM study."""
    images = read_images(members)
    facts = _series_facts(images.headers)
    completeness = replace(
        facts.completeness,
        diffusion_series=len(images.series),
        series_names=tuple(images.series.values()),
        unreadable_files=images.damaged,
        copies=images.copies,
        left_out=images.left_out,
        missing_instances=tuple(sorted({gap for gaps in images.missing.values() for gap in gaps})),
    )
    demographics = facts.demographics
    if members.sidecars:
        demographics = _completed(demographics, sidecar_facts(read_study_sidecars(members)))
    ordered = _in_order(images.pairs)
    return replace(
        facts,
        images=tuple(member for _, member in ordered),
        sop_uids=tuple(header.sop_uid for header, _ in ordered),
        headers=tuple(header for header, _ in ordered),
        started_at=parse_datetime(first_moment(h.started_at for h in images.headers)),
        demographics=demographics,
        completeness=completeness,
        by_series=_facts_by_series(images),
        patient_id=images.headers[0].patient_id,
    )


def _facts_by_series(images: StudyImages) -> dict[str, Acquisition]:
    """Read the facts of each of a few diffusion series; with one, or with many, of none."""
    if not 2 <= len(images.series) <= MOST_SERIES:
        return {}
    found = {}
    for uid, name in images.series.items():
        facts = _series_facts([one for one in images.headers if one.series_uid == uid])
        missing = images.missing.get(uid, ())
        completeness = replace(facts.completeness, diffusion_series=1, missing_instances=missing)
        found[name] = replace(facts, completeness=completeness)
    return found


def _in_order(pairs: Sequence[tuple[Header, Member]]) -> list[tuple[Header, Member]]:
    """Sort the files of a series in the order of their acquisition."""

    def place(pair: tuple[Header, Member]) -> tuple[int, int, str, Member]:
        header, member = pair
        return header.series_number or 0, header.instance_number or 0, header.sop_uid, member

    return sorted(pairs, key=place)


def _series_facts(headers: Sequence[Header]) -> Acquisition:
    unique = list({header.sop_uid or id(header): header for header in headers}.values())
    first = _most_common(unique)
    every = [frame for header in unique for frame in header.frames]
    frames = [frame for frame in every if not frame.sort] or every
    mosaics = [header for header in unique if header.mosaic_slices]
    slices = mosaic_stack(mosaics) if mosaics else stack(frames)
    demographics, reasons = _demographics(first)
    gradients = GradientTable()
    if slices is None:
        reasons["geometry.n_slices"] = "no slice positions in the headers"
    else:
        gradients = _gradient_table(slices.gradients, reasons)
    declared = Counter(header.declared_directions for header in unique).most_common(1)[0][0]
    others = sum(bool(frame.sort) for frame in every)
    return Acquisition(
        kind=StudyKind.DICOM,
        study_uid=headers[0].study_uid,
        fingerprint=hashlib.sha256(headers[0].study_uid.encode()).hexdigest(),
        demographics=demographics,
        series=_series(headers, first),
        timing=_timing(first, mosaics),
        geometry=_geometry(unique, first, slices, is_mosaic=bool(mosaics)),
        gradients=replace(gradients, n_declared=declared),
        completeness=replace(
            _completeness(headers, unique, slices),
            other_frames=others if len(every) > len(unique) and len(frames) < len(every) else 0,
        ),
        unknown_reasons=reasons,
    )


def _most_common(headers: Sequence[Header]) -> dict[str, Any]:
    """Take each attribute's most frequent value."""
    keywords = {keyword for header in headers for keyword in header.protocol}
    return {keyword: _values(headers, keyword)[0] for keyword in keywords}


def _values(headers: Sequence[Header], keyword: str) -> list[Any]:
    """Collect the different values of an attribute, the most frequent one first."""
    counts = Counter(header.protocol[keyword] for header in headers if keyword in header.protocol)
    return [value for value, _ in counts.most_common()]


def _series(headers: Sequence[Header], first: Mapping[str, Any]) -> Series:
    return Series(
        modality=_text(first.get("Modality")),
        manufacturer=_text(first.get("Manufacturer")),
        field_strength=to_number(first.get("MagneticFieldStrength")),
        sequence=_sequence(first),
        study_description=_text(first.get("StudyDescription")),
        series_description=_text(first.get("SeriesDescription")),
        transfer_syntaxes=tuple(sorted({header.transfer_syntax for header in headers})),
        burned_in=_text(first.get("BurnedInAnnotation")),
    )


def _sequence(first: Mapping[str, Any]) -> str | None:
    """Return the scanning sequence, with EP where another tag states that it is echo-planar."""
    sequence = _text(first.get("ScanningSequence"))
    words = sequence.split("\\") if sequence else []
    if "EP" in words or first.get(ECHO_PLANAR) != "YES":
        return sequence
    return "\\".join([*words, "EP"])


def _text(value: Any) -> str | None:
    """Return a value as text: a damaged header may have several, or numbers."""
    if value is None:
        return None
    return "\\".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _timing(first: Mapping[str, Any], mosaics: Sequence[Header]) -> Timing:
    return Timing(
        repetition_time=to_number(first.get("RepetitionTime")),
        echo_time=to_number(first.get("EchoTime")),
        flip_angle=to_number(first.get("FlipAngle")),
        interleaved=interleaved(next((header.mosaic_times for header in mosaics), ())),
    )


def _geometry(
    headers: Sequence[Header], first: Mapping[str, Any], slices: Stack | None, *, is_mosaic: bool
) -> Geometry:
    thickness = to_number(first.get("SliceThickness"))
    spacing = None if is_mosaic or slices is None else slices.spacing
    if spacing is None:
        spacing = to_number(first.get("SpacingBetweenSlices"))
    known = spacing is not None and thickness is not None
    return Geometry(
        in_plane=next((header.pixel_spacing for header in headers if header.pixel_spacing), None),
        slice_thickness=thickness,
        slice_gap=round(spacing - thickness, 3) if known else None,  # type: ignore[operator]
        n_slices=None if slices is None else slices.n_slices,
        n_volumes=None if slices is None else len(slices.gradients),
        plane=None if slices is None else _plane(headers),
    )


def _plane(headers: Sequence[Header]) -> str | None:
    frames = (frame for header in headers for frame in header.frames)
    orientation = next((frame.orientation for frame in frames if frame.orientation), None)
    if orientation is None:
        return None
    normal = np.cross(orientation[:3], orientation[3:])
    return _PLANES[int(np.argmax(np.abs(normal)))] if np.isfinite(normal).all() else None


def _gradient_table(volumes: tuple[Gradient, ...], reasons: Reasons) -> GradientTable:
    values = [gradient.b_value for gradient in volumes if gradient.b_value is not None]
    if len(values) < len(volumes):
        reasons |= dict.fromkeys(
            (
                "gradients.shells",
                "gradients.n_b0",
                "gradients.n_directions",
                "gradients.n_encoded",
            ),
            "no b-value in some or all headers",
        )
        return GradientTable(volumes=volumes)
    weighted = [gradient for gradient in volumes if not gradient.is_b0]
    with_direction = [gradient for gradient in weighted if gradient.direction]
    n_directions = n_encoded = None
    if not weighted or with_direction:
        n_directions, n_encoded = count_directions(volumes), len(with_direction)
    else:
        reasons |= dict.fromkeys(
            ("gradients.n_directions", "gradients.n_encoded"),
            "no gradient directions in the headers",
        )
    return GradientTable(
        volumes=volumes,
        shells=shells(values),
        n_b0=sum(gradient.is_b0 for gradient in volumes),
        n_directions=n_directions,
        n_encoded=n_encoded,
        n_undirected=len(weighted) - len(with_direction),
    )


def _completeness(
    headers: Sequence[Header], unique: Sequence[Header], slices: Stack | None
) -> Completeness:
    return Completeness(
        patients=len({header.patient_id for header in headers}),
        repeated_instances=len(headers) - len(unique),
        varying=tuple(keyword for keyword in CONSTANT if len(_values(unique, keyword)) > 1),
        orientations=None if slices is None else slices.orientations,
        missing_slices=None if slices is None else slices.missing,
        repeated_slices=None if slices is None else slices.repeated,
        incomplete_volumes=None if slices is None else slices.incomplete,
    )


def _demographics(first: Mapping[str, Any]) -> tuple[Demographics, Reasons]:
    age_text, sex_text = str(first.get("PatientAge", "")), str(first.get("PatientSex", ""))
    age = parse_age(age_text)
    if age is None:
        age = age_between(str(first.get("PatientBirthDate", "")), str(first.get("StudyDate", "")))
    sex = parse_sex(sex_text)
    reasons = {}
    if age is None and age_text:
        reasons["demographics.age"] = f'"{age_text}" is not an age'
    if sex is None and sex_text:
        reasons["demographics.sex"] = f'"{sex_text}" is neither M nor F'
    return Demographics(age=age, sex=sex), reasons


def _completed(found: Demographics, sidecar: Mapping[str, Any]) -> Demographics:
    """Take age and sex from a sidecar where the headers have none."""
    return Demographics(
        age=found.age if found.age is not None else parse_age(sidecar.get("age")),
        sex=found.sex if found.sex is not None else parse_sex(sidecar.get("sex")),
    )
