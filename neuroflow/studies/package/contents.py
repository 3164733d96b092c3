"""The files of a package: neutral names, de-identified contents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from neuroflow.errors import StudyError
from neuroflow.models import StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.deidentify import Deidentifier, DicomWriter, Identity, deidentify_nifti
from neuroflow.studies.demographics import age_string
from neuroflow.studies.members import StudyMembers
from neuroflow.studies.nifti import read_gradients
from neuroflow.studies.package.zip_writer import Content
from neuroflow.studies.sidecar import read_study_sidecars, safe_sidecar

ZIP64_FROM = 2**30
"""Bytes; larger files get the fields of Zip64, which some readers do not support."""


def study_contents(
    study_id: str, members: StudyMembers, facts: Acquisition, salt: bytes
) -> Iterator[Content]:
    """Yield the files of the package of a study."""
    if facts.completeness.unreadable_files:
        raise StudyError(
            f"{len(facts.completeness.unreadable_files)} of the study's files are damaged or "
            "truncated.",
            advice="Copy or export the study again.",
        )
    if members.kind is StudyKind.DICOM:
        yield from _dicom_contents(study_id, facts, salt)
    else:
        yield from _nifti_contents(members, facts)


def _dicom_contents(study_id: str, facts: Acquisition, salt: bytes) -> Iterator[Content]:
    identity = Identity(study_id, facts.demographics.age, facts.demographics.sex)
    write = DicomWriter(Deidentifier(identity, salt=salt, origin=facts.started_at))
    for number, member in enumerate(facts.images, 1):
        blocks = partial(write, member)
        yield Content(f"IM{number:06d}.dcm", blocks, is_large=member.size > ZIP64_FROM)
    yield _json("sidecar.json", _demographics(facts))


def _demographics(facts: Acquisition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if facts.demographics.age is not None:
        found["PatientAge"] = age_string(facts.demographics.age)
    if facts.demographics.sex is not None:
        found["PatientSex"] = facts.demographics.sex
    return found


def _json(name: str, content: dict[str, Any]) -> Content:
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    return _bytes(name, text.encode("ascii"))


def _bytes(name: str, text: bytes) -> Content:
    return Content(name, lambda: iter((text,)))


def _nifti_contents(members: StudyMembers, facts: Acquisition) -> Iterator[Content]:
    image = members.images[0]
    yield Content(
        "dwi.nii.gz",
        partial(deidentify_nifti, image),
        compress=False,
        is_large=image.size > ZIP64_FROM,
    )
    if members.bval is not None and members.bvec is not None:
        b_values, vectors = read_gradients(members.bval, members.bvec)
        yield _bytes("dwi.bval", _rows([b_values]))
        # Some converters write NaN as the direction of a volume with b = 0.
        known = np.where(np.isfinite(vectors).all(axis=1, keepdims=True), vectors, 0.0)
        yield _bytes("dwi.bvec", _rows(known.T))
    beside = safe_sidecar(read_study_sidecars(members))
    yield _json("dwi.json", beside | _demographics(facts))


def _rows(rows: Iterable[np.ndarray]) -> bytes:
    """Write numbers as FSL does, with as many digits as needed to read the same numbers."""
    lines = (" ".join(np.format_float_positional(x, trim="-") for x in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("ascii")
