"""What several rules share: the documents they come from, and advice."""

from __future__ import annotations

from neuroflow.models import StudyKind

FORMAT = "neuropacs documentation, supported file formats"
PORTAL = "neuropacs portal, order form"
SFTP = "neuropacs SFTP guide"
DICOM = "DICOM PS3.3"
NIFTI = "NIfTI-1 data format (Cox et al. 2004)"
FSL = "FSL user guide, bvals and bvecs"
OWN = "neuroflow"
NOT_CHECKED = "not checked yet"
"""The measured value of a study that was never checked."""
CHECK_FIRST = "Check the study."
"""What to do about it."""
ONLY_DICOM = frozenset({StudyKind.DICOM})
ONLY_NIFTI = frozenset({StudyKind.NIFTI})
DIRECTIONS = 30
EXPORT_AGAIN = "Export the whole series again from the scanner or PACS."
GRADIENTS = (
    "Check that b-values and b-vectors are beside the image (.bval, .bvec), or use the DICOM "
    "files. If the study was acquired this way, exclude it or ask neuropacs."
)
GRADIENTS_OF_DATASET = (
    "Check the .bval and .bvec of the image, beside it or further up in the dataset, or use the "
    "DICOM files. If the study was acquired this way, exclude it or ask neuropacs."
)
WHERE_CONVERTERS_LOOK = (
    "Convert the study with dcm2niix, and use the NIfTI image with its .bval and .bvec: {maker} "
    "writes gradients where only converters look."
)
USE_NIFTI = WHERE_CONVERTERS_LOOK.format(
    maker="the maker of the scanner (Canon, Toshiba, UIH and others)"
)
SELECT_SERIES = (
    "Select the diffusion series to process: write its number into studies.tsv (column series). "
    "The other findings state which series they are of."
)
PACK_AGAIN = "Pack all files of the series into the archive again, or export the study again."
CONVERT_AGAIN = "Convert the study again, e.g. with dcm2niix, or use its DICOM files."
