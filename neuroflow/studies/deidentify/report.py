"""Report what de-identification changes in a study: each attribute before and after."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydicom import dcmread
from pydicom.dataset import Dataset

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import reason_of, shared_archives
from neuroflow.studies.deidentify.deidentifier import Deidentifier, Identity
from neuroflow.studies.deidentify.nifti_writer import TEXTS
from neuroflow.studies.dicom import READ_ERRORS
from neuroflow.studies.members import StudyMembers, study_members
from neuroflow.studies.nifti import read_header
from neuroflow.studies.protocol import read_acquisition
from neuroflow.studies.sidecar import read_study_sidecars, safe_sidecar

COLUMNS = ("attribute", "tag", "before", "after", "action")
MAX_CHARACTERS = 64
"""Longer values are shortened."""
PER_FRAME = 0x52009230
EXAMPLE = "00000000-0000-4000-8000-000000000000"
"""The study id shown for a study that is not in a cohort yet."""


def deidentification_report(study: Study, *, salt: bytes = b"") -> pd.DataFrame:
    """Show what de-identification changes, and what it cannot check.

    The values before are the patient's own: show them on the screen, never in a log.
    """
    with shared_archives():
        members = study_members(study)
        facts = read_acquisition(study)
        if members.kind is StudyKind.DICOM:
            rows = _dicom_rows(study, facts, salt)
        else:
            rows = _nifti_rows(members, facts.completeness.trailing_bytes or 0)
    rows += _caveats(facts)
    return pd.DataFrame(rows, columns=list(COLUMNS))


Row = tuple[str, str, str, str, str]


def _dicom_rows(study: Study, facts: Acquisition, salt: bytes) -> list[Row]:
    identity = Identity(study.study_id or EXAMPLE, facts.demographics.age, facts.demographics.sex)
    deidentify = Deidentifier(identity, salt=salt, origin=facts.started_at)
    try:
        with facts.images[0].open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(stream, stop_before_pixels=True, force=True)
            before = dict(_flat(dataset))
            deidentify(dataset)
            after = dict(_flat(dataset))
    except (*READ_ERRORS, *STREAM_ERRORS) as error:
        raise StudyError(
            f"{study.label} cannot be read.", why=reason_of(error), advice="Export the study again."
        ) from error
    rows = []
    for tag in sorted({*before, *after}):
        name = (before.get(tag) or after[tag])[0]
        old = before[tag][1] if tag in before else None
        new = after[tag][1] if tag in after else None
        rows.append((name, tag, old or "", new or "", _action(old, new)))
    return rows


def _action(old: str | None, new: str | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "kept" if old == new else "replaced"


def _flat(dataset: Dataset, path: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield every attribute with its path, name and value as text."""
    for element in dataset:
        place = f"{path}{element.tag}"
        if element.VR == "SQ":
            yield place, (element.name, f"{len(element.value)} items")
            # All frames have the same attributes: the first one is shown.
            items = element.value[:1] if element.tag == PER_FRAME else element.value
            for number, item in enumerate(items):
                yield from _flat(item, f"{place}[{number}].")
        else:
            yield place, (element.name, _short(element.value))


def _short(value: Any) -> str:
    text = (
        f"{len(value)} bytes"
        if isinstance(value, bytes) and len(value) > MAX_CHARACTERS
        else str(value)
    )
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def _nifti_rows(members: StudyMembers, trailing_bytes: int) -> list[Row]:
    header = read_header(members.images[0]).fields
    rows: list[Row] = []
    for name in TEXTS:
        if name in header.structarr.dtype.names:
            text = bytes(header[name].item()).decode("latin-1").strip("\0 ")
            if text:
                rows.append((name, "NIfTI header", _short(text), "", "removed"))
    extensions = "present" if int(header["vox_offset"]) > len(header.binaryblock) + 4 else ""
    if extensions:
        rows.append(("extensions", "NIfTI header", extensions, "", "removed"))
    if trailing_bytes:
        rows.append(("after the image", "NIfTI file", f"{trailing_bytes} bytes", "", "removed"))
    if members.sidecars:
        beside = read_study_sidecars(members)
        kept = safe_sidecar(beside)
        for key, value in beside.items():
            new = _short(kept[key]) if key in kept else ""
            action = _action(_short(value), new if key in kept else None)
            if key in ("PatientAge", "PatientSex"):
                new, action = "as in participants.tsv, else as before", "kept"
            rows.append((key, "sidecar", _short(value), new, action))
    return rows


def _caveats(facts: Acquisition) -> list[Row]:
    """List what cannot be checked from a header."""
    rows: list[Row] = [
        (
            "Face",
            "pixels",
            "visible in the images, coarsely",
            "the same",
            "warning",
        )
    ]
    if facts.kind is StudyKind.DICOM:
        burned_in = facts.series.burned_in or "not stated in the header"
        rows.append(("Text burned into the pixels", "pixels", burned_in, "the same", "warning"))
        text = "numbers and short codes are kept; texts that contain a known name are removed"
        rows.append(("Private attributes", "private", text, "as listed above", "warning"))
    return rows
