"""Advice that fits the kind of input: DICOM or NIfTI, an archive, a dataset, the manufacturer."""

from __future__ import annotations

from dataclasses import replace

from neuroflow.models import Finding, Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.filenames import bids_entities, role
from neuroflow.studies.protocol.causes import GRADIENT_RULES
from neuroflow.studies.protocol.rule import ACQUIRED_THIS_WAY
from neuroflow.studies.protocol.wording import (
    EXPORT_AGAIN,
    GRADIENTS,
    GRADIENTS_OF_DATASET,
    PACK_AGAIN,
    SELECT_SERIES,
    USE_NIFTI,
    WHERE_CONVERTERS_LOOK,
)

_MAKERS = {
    "CANON": "Canon",
    "TOSHIBA": "Toshiba",
    "UIH": "UIH",
    "UNITED IMAGING": "UIH",
    "HITACHI": "Hitachi",
    "FUJIFILM": "Fujifilm",
    "ESAOTE": "Esaote",
    "BRUKER": "Bruker",
}
"""Manufacturers whose gradients are read by converters alone."""


def with_fitting_advice(one: Finding, study: Study, facts: Acquisition) -> Finding:
    """Return a finding with the advice for this kind of input."""
    advice = _advice(one, study, facts)
    if study.kind is StudyKind.ZIP:
        advice = advice.replace(EXPORT_AGAIN, PACK_AGAIN)
    return one if advice == one.advice else replace(one, advice=advice)


def _advice(one: Finding, study: Study, facts: Acquisition) -> str:
    is_dicom = facts.kind is StudyKind.DICOM
    if one.rule == "diffusion_series":
        several = (facts.completeness.diffusion_series or 0) > 1
        return SELECT_SERIES if several else _convert(facts)
    if one.rule in GRADIENT_RULES and is_dicom:
        return _convert(facts) if one.measured.startswith("unknown") else ACQUIRED_THIS_WAY
    if one.advice == GRADIENTS and not is_dicom and _is_in_dataset(study):
        return GRADIENTS_OF_DATASET
    return one.advice


def _convert(facts: Acquisition) -> str:
    """Advise users of manufacturers whose gradients are not read to convert the study."""
    text = (facts.series.manufacturer or "").upper()
    maker = next((name for word, name in _MAKERS.items() if word in text), None)
    if maker is None:
        return USE_NIFTI
    return WHERE_CONVERTERS_LOOK.format(maker=maker)


def _is_in_dataset(study: Study) -> bool:
    """Check for names as in BIDS, where gradient files may stand further up."""
    images = [place for place in study.files if role(place.name) == "image"]
    return any("sub" in bids_entities(image) for image in images)
