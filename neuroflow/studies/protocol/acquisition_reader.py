"""Read how a study was acquired, whatever its files are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import reason_of, shared_archives
from neuroflow.studies.demographics import parse_sex


def read_acquisition(study: Study) -> Acquisition:
    """Read how a study was acquired, from its headers alone."""
    from neuroflow.studies.dicom import read_dicom
    from neuroflow.studies.members import study_members
    from neuroflow.studies.nifti import read_nifti

    try:
        # A damaged header may have any numbers; the rules judge what comes of them.
        with shared_archives(), np.errstate(all="ignore"):
            members = study_members(study)
            read = read_dicom if members.kind is StudyKind.DICOM else read_nifti
            return _with_participant(read(members), study)
    except OSError as error:
        raise StudyError(
            "The study cannot be read.",
            why=reason_of(error),
            advice="Check that its files are still there.",
        ) from error


def _with_participant(acquisition: Acquisition, study: Study) -> Acquisition:
    """Prefer age and sex from participants.tsv to those of the headers."""
    demographics, reasons = acquisition.demographics, dict(acquisition.unknown_reasons)
    if study.age is not None:
        demographics = replace(demographics, age=study.age)
        reasons.pop("demographics.age", None)
    if study.sex is not None:
        demographics = replace(demographics, sex=parse_sex(study.sex))
        reasons.pop("demographics.sex", None)
    return replace(acquisition, demographics=demographics, unknown_reasons=reasons)
