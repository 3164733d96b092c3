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
    """The facts of one study; None where a fact is unknown.

    Parameters
    ----------
    kind
        DICOM or NIfTI, also where it lies in a zip.
    study_uid
        The Study Instance UID, for DICOM.
    fingerprint
        SHA-256 of the Study Instance UID, or of a NIfTI's first bytes: equal for copies.
    age, sex
        Years; ``"M"`` or ``"F"``. From participants.tsv, else from header or sidecar.
    modality, manufacturer, sequence, study_description, series_description
        As written by the scanner.
    field_strength
        Tesla.
    repetition_time, echo_time
        Milliseconds.
    flip_angle
        Degrees.
    in_plane
        Voxel size within the slice, mm.
    slice_thickness, slice_gap
        Millimetres.
    n_slices, n_volumes
        Slices per volume; volumes.
    interleaved
        Whether neighbouring slices were acquired apart from each other.
    plane
        ``"axial"``, ``"coronal"`` or ``"sagittal"``: the nearest one.
    gradients
        One per volume.
    shells
        The b-values there are, s/mm².
    n_b0, n_directions
        Volumes without weighting; directions up to sign.
    transfer_syntaxes
        The encodings of the DICOM files.
    diffusion_series
        How many of them there are.
    orientations, patients
        How many different ones there are; 1 is right.
    missing_slices, repeated_slices, incomplete_volumes, repeated_instances, unreadable_files
        How many; 0 is right.
    changing
        Parameters that differ between the images of the series.
    burned_in
        What the header says of text burned into the pixels.
    dimensions, spatial_unit, n_bvals, n_bvecs, unit_vectors, finite_gradients
        Of a NIfTI and its gradient files: number of axes, unit of the voxel sizes, entries, whether
        the weighted vectors have length 1, whether all numbers are numbers.
    images
        The files of the diffusion series in order, or the NIfTI.
    begun
        The earliest moment in the headers, to count times from; stays on this disk.
    unread
        For facts that are unknown: what was found in their place.
    """

    kind: StudyKind
    study_uid: str | None = None
    fingerprint: str = ""
    age: float | None = None
    sex: str | None = None
    modality: str | None = None
    manufacturer: str | None = None
    sequence: str | None = None
    study_description: str | None = None
    series_description: str | None = None
    field_strength: float | None = None
    repetition_time: float | None = None
    echo_time: float | None = None
    flip_angle: float | None = None
    in_plane: tuple[float, float] | None = None
    slice_thickness: float | None = None
    slice_gap: float | None = None
    n_slices: int | None = None
    n_volumes: int | None = None
    interleaved: bool | None = None
    plane: str | None = None
    gradients: tuple[Gradient, ...] = ()
    shells: tuple[float, ...] | None = None
    n_b0: int | None = None
    n_directions: int | None = None
    transfer_syntaxes: tuple[str, ...] | None = None
    diffusion_series: int | None = None
    orientations: int | None = None
    patients: int | None = None
    missing_slices: int | None = None
    repeated_slices: int | None = None
    incomplete_volumes: int | None = None
    repeated_instances: int | None = None
    unreadable_files: int | None = None
    changing: tuple[str, ...] | None = None
    burned_in: str | None = None
    dimensions: int | None = None
    spatial_unit: str | None = None
    n_bvals: int | None = None
    n_bvecs: int | None = None
    unit_vectors: bool | None = None
    finite_gradients: bool | None = None
    images: tuple[Member, ...] = ()
    begun: datetime | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


def read_acquisition(study: Study) -> Acquisition:
    """Read how a study was acquired, from its headers alone.

    Parameters
    ----------
    study
        As `find_studies` gives it; its age and sex, where set, win over the header's.

    Returns
    -------
    Acquisition
        The facts.

    Raises
    ------
    StudyError
        Nothing of it can be read.
    """
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
    unread = dict(facts.pop("unread", {}))
    if study.age is not None:
        facts["age"] = study.age
        unread.pop("age", None)
    if study.sex is not None:
        facts["sex"] = parse_sex(study.sex)
        unread.pop("sex", None)
    return Acquisition(kind=members.kind, unread=unread, **facts)
