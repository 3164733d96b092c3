"""How a study was acquired: the facts that the rules check. None stands for an unknown fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from neuroflow.models import StudyKind
from neuroflow.studies.archive import Member
from neuroflow.studies.diffusion import Gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """Age and sex at the scan: from participants.tsv, else from header or sidecar."""

    age: float | None = None  # Years
    sex: str | None = None  # "M" or "F"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The headers' facts about the diffusion series as a whole."""

    modality: str | None = None  # As written by the scanner
    manufacturer: str | None = None
    field_strength: float | None = None  # Tesla
    sequence: str | None = None  # Scanning Sequence, its values joined by "\\"
    study_description: str | None = None
    series_description: str | None = None
    transfer_syntaxes: tuple[str, ...] | None = None  # UIDs of the encodings of the DICOM files
    burned_in: str | None = None  # Burned In Annotation: whether the pixels may show text


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Times and angles of the sequence."""

    repetition_time: float | None = None  # Milliseconds
    echo_time: float | None = None  # Milliseconds
    flip_angle: float | None = None  # Degrees
    interleaved: bool | None = None  # Whether adjacent slices were acquired apart in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Voxels, slices and volumes."""

    in_plane: tuple[float, float] | None = None  # Voxel size within the slice, mm
    slice_thickness: float | None = None  # Millimetres
    slice_gap: float | None = None  # Millimetres between adjacent slices
    n_slices: int | None = None  # Per volume
    n_volumes: int | None = None
    plane: str | None = None  # The nearest of "axial", "coronal" and "sagittal"
    dimensions: int | None = None  # Number of axes of a NIfTI
    spatial_unit: str | None = None  # Unit of the voxel sizes in the header of a NIfTI


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientTable:
    """Diffusion weighting of the volumes."""

    volumes: tuple[Gradient, ...] = ()  # One per volume
    shells: tuple[float, ...] | None = None  # The different b-values, s/mm²
    n_b0: int | None = None  # Volumes with b = 0
    n_directions: int | None = None  # Different directions, opposite ones counted once
    n_encoded: int | None = None  # Weighted volumes with a direction
    n_undirected: int | None = None  # Weighted volumes without one: isotropic or trace images
    n_declared: int | None = None  # Directions as a private attribute of the maker counts them
    n_bvals: int | None = None  # Entries in the .bval file
    n_bvecs: int | None = None  # Entries in the .bvec file
    unit_vectors: bool | None = None  # Whether the vectors of weighted volumes have length 1
    finite: bool | None = None  # Whether all entries are finite numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Images that are missing, repeated, damaged or mixed up; the right number is 0 or 1."""

    diffusion_series: int | None = None  # Diffusion series in the study; 1 is right
    series_names: tuple[str, ...] = ()  # Number, description and files of each of them
    patients: int | None = None  # Different patient ids; 1 is right
    orientations: int | None = None  # Different slice orientations; 1 is right
    missing_slices: int | None = None
    repeated_slices: int | None = None
    incomplete_volumes: int | None = None
    repeated_instances: int | None = None  # Files with a SOP Instance UID seen before
    unreadable_files: tuple[str, ...] | None = None  # Their names, and why
    trailing_bytes: int | None = None  # After the last voxel of a NIfTI
    missing_instances: tuple[int, ...] | None = None  # Gaps in the instance numbers
    copies: int | None = None  # Files left out, since they are the same as another, byte by byte
    left_out: tuple[str, ...] | None = None  # Images of other sorts left out, as "64 ADC map"
    other_frames: int | None = None  # Frames of other sorts inside of files that are kept
    varying: tuple[str, ...] | None = None  # Parameters that differ between images of the series


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """The facts of one study."""

    kind: StudyKind  # DICOM or NIfTI, also where the study is a zip
    study_uid: str | None = None  # The Study Instance UID of DICOM
    # SHA-256 of the Study Instance UID, or of samples of a NIfTI: equal for copies.
    fingerprint: str = ""
    images: tuple[Member, ...] = ()  # Files of the diffusion series in order, or the NIfTI
    sop_uids: tuple[str, ...] = ()  # SOP Instance UIDs of these DICOM files
    headers: tuple[Any, ...] = ()  # Their headers, as the reader of DICOM returns them
    started_at: datetime | None = None  # The earliest time in the headers; stays on this computer
    demographics: Demographics = field(default_factory=Demographics)
    series: Series = field(default_factory=Series)
    timing: Timing = field(default_factory=Timing)
    geometry: Geometry = field(default_factory=Geometry)
    gradients: GradientTable = field(default_factory=GradientTable)
    completeness: Completeness = field(default_factory=Completeness)
    # Why a fact is unknown, by its dotted name, such as "geometry.n_slices".
    unknown_reasons: Mapping[str, str] = field(default_factory=dict)
    # Of a study with several diffusion series, the facts of each by its name.
    by_series: Mapping[str, Acquisition] = field(default_factory=dict)
    patient_id: str = ""  # As the headers have it; stays on this computer
