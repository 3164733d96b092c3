"""JSON sidecars, with the keys in all their spellings."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from neuroflow.errors import StudyError
from neuroflow.models import StudyKind
from neuroflow.studies.archive import READ_ERRORS, Member, reason_of, refuse_placeholder
from neuroflow.studies.filenames import bids_entities
from neuroflow.studies.makers import known_maker
from neuroflow.studies.members import StudyMembers

_SPELLINGS = {
    "age": ("patientage", "age", "ageatscan"),
    "sex": ("patientsex", "sex", "gender"),
    "study_uid": ("studyinstanceuid",),
    "modality": ("modality",),
    "manufacturer": ("manufacturer",),
    "field_strength": ("magneticfieldstrength", "fieldstrength"),
    "repetition_time": ("repetitiontime", "tr"),
    "echo_time": ("echotime", "te"),
    "flip_angle": ("flipangle",),
    "slice_thickness": ("slicethickness",),
    "slice_spacing": ("spacingbetweenslices",),
    "slice_timing": ("slicetiming",),
    "sequence": ("scanningsequence",),
    "study_description": ("studydescription",),
    "series_description": ("seriesdescription",),
}
_NUMBERS = (
    "AcquisitionDuration AcquisitionMatrixPE BandwidthPerPixelPhaseEncode BaseResolution "
    "DwellTime EchoTime EchoTrainLength EffectiveEchoSpacing FlipAngle ImagingFrequency "
    "MagneticFieldStrength MultibandAccelerationFactor ParallelReductionFactorInPlane "
    "PartialFourier PercentPhaseFOV PercentSampling PhaseEncodingSteps PixelBandwidth "
    "ReconMatrixPE RepetitionTime SliceThickness SliceTiming SpacingBetweenSlices "
    "TotalReadoutTime ImageOrientationPatientDICOM WaterFatShift"
)
SAFE_NUMBERS = frozenset(_NUMBERS.split())
"""Keys of BIDS sidecars whose numbers describe the acquisition."""
LISTS = frozenset(("EchoTime", "ImageOrientationPatientDICOM", "SliceTiming"))
"""Those that may have several numbers."""
MAX_NUMBER = 100_000
"""A larger number may be a date (YYYYMMDD) or a time of day (HHMMSS); none of the above is."""
SAFE_WORDS = {
    "InPlanePhaseEncodingDirectionDICOM": "ROW|COL",
    "MRAcquisitionType": "2D|3D",
    "Modality": "MR",
    "PhaseEncodingAxis": "[ijk]",
    "PhaseEncodingDirection": "[ijk]-?",
    "PatientPosition": "[HF]F[SPD][LR]?",
    "ScanningSequence": r"[A-Z]{2}([\\\\_][A-Z]{2})*",
    "SliceEncodingDirection": "[ijk]-?",
}
"""Keys whose values come from fixed lists, as patterns."""
_NO_NUMBER = re.compile(r"(?<=[:\[,\s])[-+]?(inf|nan)(?=\s*[,\]}])", re.I)
MAX_BYTES = 16 * 1024**2
"""No sidecar is longer."""


def read_sidecar(member: Member) -> dict[str, Any]:
    """Read a sidecar."""
    try:
        with member.open_raw() as stream:
            text = stream.read(MAX_BYTES).decode("utf-8-sig")
        # NaN and Infinity, which some converters write, are no JSON and no values.
        content = json.loads(_NO_NUMBER.sub("null", text), parse_constant=lambda _: None)
    except (*READ_ERRORS, ValueError) as error:
        refuse_placeholder(member)
        raise StudyError(
            "The sidecar is not readable JSON.",
            why=f"{error}." if isinstance(error, json.JSONDecodeError) else reason_of(error),
            advice="Correct the file, or remove it.",
        ) from error
    if not isinstance(content, dict):
        raise StudyError(
            "The sidecar is not a JSON object.",
            advice='It should look like {"PatientAge": "045Y"}.',
        )
    return content


def read_study_sidecars(members: StudyMembers) -> dict[str, Any]:
    """Read the sidecars of a study as one: of a value that several hold, the nearest is taken."""
    merged: dict[str, Any] = {}
    image = members.images[0].place
    for sidecar in members.sidecars:
        content = read_sidecar(sidecar)
        # A file further up in a dataset applies to several people, so its age and sex are nobody's:
        # BIDS specification, "The Inheritance Principle".
        is_shared = sidecar.place.parent != image.parent and not bids_entities(sidecar.place)
        if members.kind is StudyKind.NIFTI and is_shared:
            content = {key: value for key, value in content.items() if not _is_personal(key)}
        merged |= content
    return merged


def _is_personal(key: str) -> bool:
    return _plain(key) in (*_SPELLINGS["age"], *_SPELLINGS["sex"])


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def sidecar_facts(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that checks need, whatever the spelling of their keys.

    >>> sidecar_facts({"patient_age": "045Y", "EchoTime": 0.09, "PatientSex": ""})
    {'age': '045Y', 'echo_time': 0.09}
    """
    plain = {_plain(key): value for key, value in content.items()}
    facts = {}
    for name, spellings in _SPELLINGS.items():
        value = next((plain[spelling] for spelling in spellings if spelling in plain), None)
        if value not in (None, "", []):
            facts[name] = value
    return facts


def milliseconds(value: Any, longest_seconds: float) -> float | None:
    """Read a time that may be in seconds, as in BIDS, or in milliseconds.

    >>> milliseconds(0.09, 1.0), milliseconds("90", 1.0), milliseconds("long", 1.0)
    (90.0, 90.0, None)
    """
    number = to_number(value)
    if number is None:
        return None
    return round(number * 1000, 6) if number <= longest_seconds else number


def to_number(value: Any) -> float | None:
    """Read a finite number; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124


def _is_finite(value: Any) -> bool:
    """Check for a number; NaN and Infinity are no JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def safe_sidecar(content: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what describes the acquisition, and nothing that may identify someone."""
    kept = {}
    for key in sorted(SAFE_NUMBERS & set(content)):
        value = content[key]
        numbers = value if isinstance(value, list) else [value]
        is_single = key in LISTS or not isinstance(value, list)
        if is_single and all(_is_finite(n) and abs(n) < MAX_NUMBER for n in numbers):
            kept[key] = value
    for key, pattern in SAFE_WORDS.items():
        value = content.get(key)
        if isinstance(value, str) and re.fullmatch(pattern, value, re.I):
            kept[key] = value
    maker = content.get("Manufacturer")
    if isinstance(maker, str) and maker.strip():
        kept["Manufacturer"] = known_maker(maker)
    return kept
