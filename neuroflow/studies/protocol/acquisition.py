"""How a study was acquired: the facts that the rules are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.archive import Member, reason_of, shared_archives
from neuroflow.studies.demographics import parse_sex
from neuroflow.studies.diffusion import Gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """The facts of one study; None where a fact is unknown."""

    kind: StudyKind  # DICOM or NIfTI, also where it lies in a zip
    study_uid: str | None = None  # The Study Instance UID, for DICOM
    # SHA-256 of the Study Instance UID, or of a NIfTI's first bytes: equal for copies.
    fingerprint: str = ""
    # Years; ``"M"`` or ``"F"``. From participants.tsv, else from header or sidecar.
    age: float | None = None
    sex: str | None = None
    modality: str | None = None  # As written by the scanner
    manufacturer: str | None = None
    sequence: str | None = None
    study_description: str | None = None
    series_description: str | None = None
    field_strength: float | None = None  # Tesla
    repetition_time: float | None = None  # Milliseconds
    echo_time: float | None = None
    flip_angle: float | None = None  # Degrees
    in_plane: tuple[float, float] | None = None  # Voxel size within the slice, mm
    slice_thickness: float | None = None  # Millimetres
    slice_gap: float | None = None
    n_slices: int | None = None  # Slices per volume; volumes
    n_volumes: int | None = None
    # Whether neighbouring slices were acquired apart from each other.
    interleaved: bool | None = None
    plane: str | None = None  # ``"axial"``, ``"coronal"`` or ``"sagittal"``: the nearest one
    gradients: tuple[Gradient, ...] = ()  # One per volume
    shells: tuple[float, ...] | None = None  # The b-values there are, s/mm²
    n_b0: int | None = None  # Volumes without weighting; directions up to sign
    n_directions: int | None = None
    transfer_syntaxes: tuple[str, ...] | None = None  # The encodings of the DICOM files
    diffusion_series: int | None = None  # How many of them there are
    orientations: int | None = None  # How many different ones there are; 1 is right
    patients: int | None = None
    missing_slices: int | None = None  # How many; 0 is right
    repeated_slices: int | None = None
    incomplete_volumes: int | None = None
    repeated_instances: int | None = None
    unreadable_files: int | None = None
    # Parameters that differ between the images of the series.
    changing: tuple[str, ...] | None = None
    burned_in: str | None = None  # What the header says of text burned into the pixels
    # Of a NIfTI and its gradient files: number of axes, unit of the voxel sizes, entries, whether
    # the weighted vectors have length 1, whether all numbers are numbers.
    dimensions: int | None = None
    spatial_unit: str | None = None
    n_bvals: int | None = None
    n_bvecs: int | None = None
    unit_vectors: bool | None = None
    finite_gradients: bool | None = None
    images: tuple[Member, ...] = ()  # The files of the diffusion series in order, or the NIfTI
    # The earliest moment in the headers, to count times from; stays on this disk.
    started_at: datetime | None = None
    # For facts that are unknown: what was found in their place.
    unknown_reasons: Mapping[str, str] = field(default_factory=dict)


def read_acquisition(study: Study) -> Acquisition:
    """Read how a study was acquired, from its headers alone."""
    from neuroflow.studies.dicom import dicom_facts
    from neuroflow.studies.members import study_members
    from neuroflow.studies.nifti import nifti_facts

    try:
        with shared_archives():
            members = study_members(study)
            is_dicom = members.kind is StudyKind.DICOM
            facts = dicom_facts(members) if is_dicom else nifti_facts(members)
    except OSError as error:
        raise StudyError(
            "The study cannot be read.",
            why=reason_of(error),
            advice="Look whether its files are still there.",
        ) from error
    unknown_reasons = dict(facts.pop("unknown_reasons", {}))
    if study.age is not None:
        facts["age"] = study.age
        unknown_reasons.pop("age", None)
    if study.sex is not None:
        facts["sex"] = parse_sex(study.sex)
        unknown_reasons.pop("sex", None)
    return Acquisition(kind=members.kind, unknown_reasons=unknown_reasons, **facts)
