"""What the service makes of an uploaded zip: a study it can process, or the reason why not."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pydicom
from pydicom.errors import InvalidDicomError

from neuroflow.errors import StudyError

_TAGS = ["StudyInstanceUID", "PatientAge", "PatientSex"]
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F"}


@dataclass(frozen=True, slots=True)
class Upload:
    """What a readable upload holds."""

    age: float  # In years
    sex: str  # ``"M"`` or ``"F"``
    study_uid: str = ""  # Its Study Instance UID; empty for NIfTI


def read_upload(path: Path) -> Upload:
    """Read an uploaded zip as the service does before it processes it.

    The service's SFTP guide: one study per zip, complete DICOM or NIfTI with b-values, b-vectors
    and a JSON sidecar with PatientAge and PatientSex.
    """
    if path.is_dir():
        files = {
            each.relative_to(path).as_posix(): each.read_bytes()
            for each in path.rglob("*")
            if each.is_file()
        }
    else:
        files = _unzipped(path)
    if not files:
        raise StudyError("The study is empty." if path.is_dir() else "The zip is empty.")
    sidecars = [_sidecar(name, data) for name, data in files.items() if name.endswith(".json")]
    headers = [header for data in files.values() if (header := _header(data)) is not None]
    stems = [stem for name in files if (stem := _nifti_stem(name)) is not None]
    _one_study(headers, stems, sidecars)
    if stems:
        _gradients_match(stems, files)
    return _upload(sidecars, headers)


def _unzipped(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                info.filename: archive.read(info)
                for info in archive.infolist()
                if not info.is_dir() and "__MACOSX" not in info.filename
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise StudyError("The zip is broken.", why=f"{error}.") from error


def _header(data: bytes) -> pydicom.Dataset | None:
    try:
        return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=_TAGS)
    except (InvalidDicomError, EOFError, OSError, ValueError, struct.error):
        return None


def _sidecar(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(data)
    except ValueError as error:
        raise StudyError("The JSON sidecar cannot be read.", why=f"{error}.") from error
    if not isinstance(content, dict):
        raise StudyError("The JSON sidecar holds no fields.", why=PurePosixPath(name).suffix)
    return {re.sub("[^a-z]", "", key.lower()): value for key, value in content.items()}


def _nifti_stem(name: str) -> str | None:
    found = re.fullmatch(r"(.*)\.nii(\.gz)?", name)
    return found.group(1) if found else None


def _one_study(
    headers: Sequence[pydicom.Dataset], stems: Sequence[str], sidecars: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a zip without a study, and one with several."""
    if not headers and not stems:
        raise StudyError("The zip holds neither DICOM nor NIfTI files.")
    uids = {str(header.get("StudyInstanceUID")) for header in headers}
    people = {(str(fields.get("patientage")), str(fields.get("patientsex"))) for fields in sidecars}
    if len(uids) > 1 or (headers and stems) or len(people) > 1:
        raise StudyError("The zip holds more than one study.", advice="Send each in its own zip.")


def _gradients_match(stems: Sequence[str], files: Mapping[str, bytes]) -> None:
    """Refuse NIfTI without b-values and b-vectors of equal number."""
    for stem in stems:
        texts = [files.get(stem + suffix) for suffix in (".bval", ".bvec")]
        if None in texts:
            raise StudyError("A NIfTI volume has no b-values and b-vectors beside it.")
        b_values, b_vectors = (len((text or b"").split()) for text in texts)
        if not b_values or b_vectors != 3 * b_values:
            raise StudyError(
                "b-values and b-vectors do not agree.",
                why=f"There are {b_values} b-values and {b_vectors} components of b-vectors.",
            )


def _upload(sidecars: Sequence[Mapping[str, Any]], headers: Sequence[pydicom.Dataset]) -> Upload:
    """Find age and sex; the sidecar wins over the headers."""
    ages = [fields.get("patientage") for fields in sidecars]
    ages += [header.get("PatientAge") for header in headers[:1]]
    sexes = [fields.get("patientsex") for fields in sidecars]
    sexes += [header.get("PatientSex") for header in headers[:1]]
    age = next((years for value in ages if (years := _years(value)) is not None), None)
    sex = next((_SEXES[text] for value in sexes if (text := str(value).lower()) in _SEXES), None)
    if age is None or sex is None:
        raise StudyError(
            "Age and sex are not both known.", advice="Name PatientAge and PatientSex in a sidecar."
        )
    uid = str(headers[0].get("StudyInstanceUID") or "") if headers else ""
    return Upload(age, sex, uid)


def _years(value: object) -> float | None:
    """Read an age such as "045Y", "45" or "18M"; None where it is none."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([YyMmWwDd]?)\s*", str(value))
    if found is None:
        return None
    per_year = {"m": 12.0, "w": 52.18, "d": 365.25}.get(found.group(2).lower(), 1.0)
    return float(found.group(1)) / per_year
