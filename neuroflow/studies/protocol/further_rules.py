"""Rules that need more than one fact, or more than one study."""

from __future__ import annotations

from neuroflow.models import Severity
from neuroflow.studies.protocol.criteria import AtLeast, OneOf
from neuroflow.studies.protocol.rule import Rule
from neuroflow.studies.protocol.wording import (
    CONVERT_AGAIN,
    DIRECTIONS,
    EXPORT_AGAIN,
    FSL,
    ONLY_DICOM,
    ONLY_NIFTI,
    OWN,
    SFTP,
)

WARNING = Severity.WARNING

GRADIENT_COUNT = Rule(
    "gradient_count",
    "b-values and b-vectors per volume",
    "",
    OneOf(("one of each per volume",)),
    source=FSL,
    advice=CONVERT_AGAIN,
    kinds=ONLY_NIFTI,
    can_be_overridden=False,
)
DISTINCT_DIRECTIONS = Rule(
    "distinct_directions",
    "Different axes of the gradients",
    "",
    AtLeast(DIRECTIONS),
    advice="Directions within 1° count as one. neuropacs counts the volumes; ask them if in doubt.",
    severity=WARNING,
)
SAME_VISIT = Rule(
    "same_visit",
    "Several studies of one participant and visit",
    "",
    OneOf(("one study for each participant and visit",)),
    source=OWN,
    advice="Keep one: write a line with its path and use = no for each of the others (or for their "
    "folder) into studies.tsv, or exclude them. Where they are different visits, write "
    "participant_id and session_id there.",
)
PLACEHOLDER_ID = Rule(
    "placeholder_id",
    "PatientID that names nobody",
    "",
    OneOf(("an id of each participant",)),
    source=OWN,
    advice="Check whose study it is; write participant_id into studies.tsv where it is not right.",
    severity=WARNING,
    kinds=ONLY_DICOM,
)
READABLE = Rule(
    "readable",
    "Readable study",
    "",
    OneOf(("a readable study",)),
    source=OWN,
    advice="Copy or export the study again.",
    can_be_overridden=False,
)
DUPLICATE = Rule(
    "duplicate",
    "The same study twice in this cohort",
    "",
    OneOf(("each study once",)),
    source=SFTP,
    advice="neuropacs would overwrite one with the other: exclude one of them.",
)
ALREADY_SENT = Rule(
    "already_sent",
    "The same study sent before",
    "",
    OneOf(("studies not sent yet",)),
    source=SFTP,
    advice="Its results exist or are being computed: exclude it, or replace it on purpose.",
)
CONVERSION = Rule(
    "conversion",
    "Conversion with dcm2niix",
    "",
    OneOf(("the values in the headers",)),
    source="dcm2niix (Li et al. 2016)",
    advice="Check the converted image, or " + EXPORT_AGAIN[0].lower() + EXPORT_AGAIN[1:],
    kinds=ONLY_DICOM,
)
FURTHER_RULES: tuple[Rule, ...] = (
    GRADIENT_COUNT,
    DISTINCT_DIRECTIONS,
    SAME_VISIT,
    PLACEHOLDER_ID,
    READABLE,
    DUPLICATE,
    ALREADY_SENT,
    CONVERSION,
)
"""Rules that need more than one fact, or more than one study."""
