"""The rules that studies are checked against, as data: the only place where they are written.

Findings, docs/protocol.md and the help of the form derive from `RULES`.
"""

from __future__ import annotations

import pandas as pd

from neuroflow.contract import SYNTAXES
from neuroflow.models import Severity
from neuroflow.studies.protocol.criteria import (
    AtLeast,
    Between,
    Contains,
    NoneOf,
    Nothing,
    OneOf,
    Shells,
    WithinTolerance,
)
from neuroflow.studies.protocol.further_rules import FURTHER_RULES
from neuroflow.studies.protocol.rule import ACQUIRED_THIS_WAY, Rule
from neuroflow.studies.protocol.wording import (
    CONVERT_AGAIN,
    DICOM,
    DIRECTIONS,
    EXPORT_AGAIN,
    FORMAT,
    FSL,
    GRADIENTS,
    NIFTI,
    ONLY_DICOM,
    ONLY_NIFTI,
    OWN,
    PORTAL,
    SELECT_SERIES,
    SFTP,
    USE_NIFTI,
)

WARNING, NOTE, ERROR = Severity.WARNING, Severity.NOTE, Severity.ERROR

RULES: tuple[Rule, ...] = (
    Rule("modality", "Modality", "series.modality", OneOf(("MR",)), kinds=ONLY_DICOM),
    Rule("field_strength", "Field strength", "series.field_strength", WithinTolerance(3, 0.2), "T"),
    Rule(
        "repetition_time", "Repetition time", "timing.repetition_time", Between(6000, 17000), "ms"
    ),
    Rule("echo_time", "Echo time", "timing.echo_time", Between(55, 104), "ms"),
    Rule(
        "echo_time_older",
        "Echo time, older page",
        "timing.echo_time",
        Between(0, 100),
        "ms",
        advice="An older page of the documentation ends at 100 ms, the current one at 104 ms.",
        severity=NOTE,
        unknown=None,
    ),
    Rule("flip_angle", "Flip angle", "timing.flip_angle", WithinTolerance(90, 0.5), "°"),
    Rule(
        "sequence",
        "Sequence",
        "series.sequence",
        Contains(("EP",)),
        advice="neuropacs accepts single-shot spin-echo echo-planar imaging.",
    ),
    Rule("in_plane", "In-plane resolution", "geometry.in_plane", Between(1.85, 2.15), "mm"),
    Rule(
        "slice_thickness",
        "Slice thickness",
        "geometry.slice_thickness",
        WithinTolerance(2, 0.05),
        "mm",
    ),
    Rule("slice_gap", "Gap between slices", "geometry.slice_gap", WithinTolerance(0, 0.05), "mm"),
    Rule("slices", "Slices", "geometry.n_slices", Between(64, 86)),
    Rule("slice_order", "Slices interleaved", "timing.interleaved", OneOf((True,))),
    Rule(
        "plane",
        "Slice orientation",
        "geometry.plane",
        OneOf(("axial",)),
        source=OWN,
        advice="Whole-brain diffusion is acquired axially: check that this is the right series.",
        severity=WARNING,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "b_values",
        "b-values",
        "gradients.shells",
        Shells((0, 1000), 50),
        "s/mm²",
        advice=GRADIENTS,
        unknown=ERROR,
    ),
    Rule(
        "b0_images",
        "Images with b = 0",
        "gradients.n_b0",
        AtLeast(2),
        advice=GRADIENTS,
        unknown=ERROR,
    ),
    Rule(
        "directions",
        "Gradient directions",
        "gradients.n_encoded",
        AtLeast(DIRECTIONS),
        advice=GRADIENTS,
        unknown=ERROR,
    ),
    Rule(
        "declared_directions",
        "Directions that the headers declare",
        "gradients.n_declared",
        AtLeast(DIRECTIONS),
        source=SFTP,
        advice="neuropacs reads this number from (2005,1415) or (0019,10E0). " + ACQUIRED_THIS_WAY,
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "undirected",
        "Weighted volumes without a direction",
        "gradients.n_undirected",
        Nothing(),
        source=FSL,
        advice="Isotropic or trace images are among the volumes: remove them, or ask neuropacs.",
        severity=WARNING,
        unknown=None,
    ),
    Rule(
        "age",
        "Age",
        "demographics.age",
        Between(0, 130),
        "years",
        source=FORMAT,
        advice="Enter the age in participants.tsv (column age, in years).",
        unknown=ERROR,
    ),
    Rule(
        "age_40",
        "Age",
        "demographics.age",
        AtLeast(40),
        "years",
        source=PORTAL,
        advice="The portal requires patients of 40 or older; neuropacs may refuse the study.",
        severity=WARNING,
        unknown=None,
    ),
    Rule(
        "sex",
        "Sex",
        "demographics.sex",
        OneOf(("M", "F")),
        source=FORMAT,
        advice="Enter the sex in participants.tsv (column sex, M or F), or fill in M or F for "
        "sending only.",
        unknown=ERROR,
    ),
    Rule(
        "transfer_syntax",
        "Transfer syntax",
        "series.transfer_syntaxes",
        OneOf(SYNTAXES),
        source=FORMAT,
        advice="Export the study without compression, or with lossless compression.",
        kinds=ONLY_DICOM,
    ),
    Rule(
        "diffusion_series",
        "Diffusion series",
        "completeness.diffusion_series",
        OneOf((1,)),
        source=OWN,
        advice=SELECT_SERIES + " Where there is none: " + USE_NIFTI[0].lower() + USE_NIFTI[1:],
        kinds=ONLY_DICOM,
    ),
    Rule(
        "other_frames",
        "Maps, phase or isotropic images inside the file",
        "completeness.other_frames",
        Nothing(),
        source=DICOM,
        advice="They are not volumes, but cannot be removed from a multi-frame file. "
        "Convert the study with dcm2niix, and use the NIfTI image.",
        severity=WARNING,
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "left_out",
        "Images excluded from the series",
        "completeness.left_out",
        Nothing(),
        source=OWN,
        advice="They are not sent, since neuropacs expects diffusion images alone.",
        severity=NOTE,
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "copies",
        "Identical copies of files",
        "completeness.copies",
        Nothing(),
        source=OWN,
        advice="Each image is sent once; nothing has to be done.",
        severity=NOTE,
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "patients",
        "Patients in the study",
        "completeness.patients",
        OneOf((1,)),
        source=DICOM,
        advice="Files of different patients share a Study Instance UID: export them again.",
        kinds=ONLY_DICOM,
    ),
    Rule(
        "orientations",
        "Orientations in the series",
        "completeness.orientations",
        OneOf((1,)),
        source=DICOM,
        advice=EXPORT_AGAIN,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "changing",
        "Parameters that change within the series",
        "completeness.varying",
        Nothing(),
        source=DICOM,
        advice="Several series are mixed: export them separately.",
        kinds=ONLY_DICOM,
    ),
    Rule(
        "repeated_instances",
        "Files with the same SOP Instance UID",
        "completeness.repeated_instances",
        Nothing(),
        source=DICOM,
        advice="Different files have the same identifier: export the study again.",
        kinds=ONLY_DICOM,
    ),
    Rule(
        "missing_instances",
        "Gaps in the instance numbers",
        "completeness.missing_instances",
        NoneOf(8),
        source=DICOM,
        advice="Files may be missing. " + EXPORT_AGAIN + " If the scanner left the numbers out, "
        "override the rule.",
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "missing_slices",
        "Missing slices",
        "completeness.missing_slices",
        Nothing(),
        source=DICOM,
        advice=EXPORT_AGAIN,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "repeated_slices",
        "Repeated slices",
        "completeness.repeated_slices",
        Nothing(),
        source=DICOM,
        advice=EXPORT_AGAIN,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "incomplete_volumes",
        "Incomplete volumes",
        "completeness.incomplete_volumes",
        Nothing(),
        source=DICOM,
        advice=EXPORT_AGAIN,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "unreadable_files",
        "Damaged or truncated files",
        "completeness.unreadable_files",
        NoneOf(3),
        source=OWN,
        advice="Copy or export the study again.",
        can_be_overridden=False,
    ),
    Rule(
        "trailing_bytes",
        "Bytes after the image",
        "completeness.trailing_bytes",
        Nothing(),
        "bytes",
        source=NIFTI,
        advice="They are not sent: no reader of NIfTI uses them. Convert the study again to be "
        "rid of them.",
        severity=WARNING,
        unknown=None,
        kinds=ONLY_NIFTI,
    ),
    Rule(
        "burned_in",
        "Text burned into the pixels",
        "series.burned_in",
        OneOf(("NO",)),
        source="DICOM PS3.15, annex E",
        advice="The pixels may show a name; such images must not leave this computer.",
        unknown=None,
        kinds=ONLY_DICOM,
    ),
    Rule(
        "dimensions",
        "Axes of the image",
        "geometry.dimensions",
        OneOf((4,)),
        source=NIFTI,
        advice="Diffusion images have four axes, the last for the volumes. " + CONVERT_AGAIN,
        kinds=ONLY_NIFTI,
    ),
    Rule(
        "spatial_unit",
        "Unit of the voxel sizes",
        "geometry.spatial_unit",
        OneOf(("mm",)),
        source=NIFTI,
        advice="The header does not state millimetres; check that the voxel sizes are right.",
        severity=WARNING,
        kinds=ONLY_NIFTI,
    ),
    Rule(
        "unit_vectors",
        "b-vectors of length 1",
        "gradients.unit_vectors",
        OneOf((True,)),
        source=FSL,
        advice=CONVERT_AGAIN,
        unknown=None,
        kinds=ONLY_NIFTI,
    ),
    Rule(
        "finite_gradients",
        "b-values and b-vectors are numbers",
        "gradients.finite",
        OneOf((True,)),
        source=FSL,
        advice=CONVERT_AGAIN,
        unknown=None,
        kinds=ONLY_NIFTI,
    ),
)
"""Rules that test one fact of one study."""

ALL_RULES = (*RULES, *FURTHER_RULES)


def rules_table() -> pd.DataFrame:
    """List the rules that `check` applies.

    Returns
    -------
    pandas.DataFrame
        One row per rule. Columns: rule (its id), parameter, accepted, severity (of a violation),
        unknown (severity if the parameter cannot be read), applies_to, source, advice.

    Examples
    --------
    >>> rules_table().set_index("rule").loc["echo_time", "accepted"]
    '55–104 ms'
    """
    return pd.DataFrame(
        [
            {
                "rule": rule.id,
                "parameter": rule.parameter,
                "accepted": rule.criterion.describe(rule.unit),
                "severity": str(rule.severity),
                "unknown": str(rule.unknown) if rule.unknown else "",
                "applies_to": ", ".join(sorted(rule.kinds)),
                "source": rule.source,
                "advice": rule.advice,
            }
            for rule in ALL_RULES
        ]
    )
