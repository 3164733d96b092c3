"""Names on the server: where a study goes, and which names may come back to this disk."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from neuroflow.errors import IdError

INPUT = PurePosixPath("input")
OUTPUT = PurePosixPath("output")
RESULT_SUFFIX = "_out"
AGGREGATED = "aggregated"
"""The folder, among those of results, for reports of many studies."""
MAX_ID = 100
MAX_NAME_BYTES = 240
"""Disks take 255; while a file arrives, its temporary name is a little longer than its own."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_NOT_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?\Z", re.IGNORECASE)
# Control characters, halves of characters, marks that turn the direction of text, and what means
# something else in a path on some system.
_NOT_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?"<>|]'
)


def check_cohort_id(text: str) -> str:
    """Check a cohort id, which is a folder's name here and on the server.

    Microsoft, *Naming Files, Paths, and Namespaces*; the service's naming is plain ASCII.
    """
    return _checked(text, "cohort id")


def check_study_id(text: str) -> str:
    """Check a study id, which is the zip's stem on the server."""
    return _checked(text, "study id")


def is_uuid(text: str) -> bool:
    """Check whether an id has the form that each workspace gives: a UUID.

    >>> is_uuid("123e4567-e89b-42d3-a456-426614174000"), is_uuid("pilot-1")
    (True, False)
    """
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower()) is not None


def cohort_folder(cohort_id: str) -> PurePosixPath:
    """Return the folder for the zips of a cohort.

    The SFTP guide of neuropacs: uploads go into ``input/<study_id>/input/``.
    """
    return INPUT / check_cohort_id(cohort_id) / "input"


def upload_path(cohort_id: str, study_id: str) -> PurePosixPath:
    """Return the path for the zip of one study.

    >>> str(upload_path("COHORT", "123e4567"))
    'input/COHORT/input/123e4567.zip'
    """
    return cohort_folder(cohort_id) / f"{check_study_id(study_id)}.zip"


def result_study_id(folder: str) -> str:
    """Return the study that a result folder belongs to."""
    return check_study_id(folder.removesuffix(RESULT_SUFFIX))


def report_path(path: PurePosixPath) -> PurePosixPath:
    """Return the path of a report of many studies among the collected results.

    >>> str(report_path(PurePosixPath("output/COHORT/all.csv")))
    'aggregated/COHORT/all.csv'
    """
    parts = path.relative_to(OUTPUT).parts
    return PurePosixPath(AGGREGATED, *map(safe_name, parts))


def safe_name(name: str) -> str:
    """Check that a file's name from the server can be a file's name on this disk, and only that.

    Microsoft, *Naming Files, Paths, and Namespaces*.
    """
    why = ""
    if not name or name.startswith("."):
        why = "It is empty or starts with a dot."
    elif _NOT_IN_NAMES.search(name):
        why = "It has characters that no file name may have everywhere."
    elif name.endswith((".", " ")) or _NOT_ON_WINDOWS.match(name):
        why = "It cannot be a name on Windows."
    elif len(name.encode()) > MAX_NAME_BYTES:
        why = f"It is longer than {MAX_NAME_BYTES} bytes."
    if why:
        raise IdError(
            "A name on the server cannot be a file's name here.",
            why=why,
            advice="Report it to the service's support; nothing was written.",
        )
    return name


def _checked(text: str, kind: str) -> str:
    why = ""
    if not text:
        why = "It is empty."
    elif len(text) > MAX_ID:
        why = f"It has {len(text)} characters; at most {MAX_ID} are allowed."
    elif not text.isascii():
        why = "It has characters outside ASCII."
    elif ".." in text or text.endswith("."):
        why = "It contains '..' or ends with a dot." if "/" not in text else "It contains '/'."
    elif _NOT_ON_WINDOWS.match(text):
        why = "It is a device's name on Windows."
    elif not _ID.match(text):
        bad = next((c for c in text if not _ID.match("a" + c)), text[0])
        why = f"It contains {bad!r}." if bad != text[0] else f"It starts with {bad!r}."
    if why:
        raise IdError(
            f"The {kind} cannot be used.",
            why=why,
            advice="Use letters, digits, '-', '_' and '.', beginning with a letter or digit, "
            "exactly as neuropacs support gave it.",
        )
    return text


SYNTAXES = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5",
)
"""The lossless transfer syntaxes the service reads."""

STUDY_DESCRIPTION = "MRI Brain with DTI Non-Contrast"

SERIES_DESCRIPTION = "neuropacs DTI"

CONTROL_FREE_WATER = {
    "pSN": (0.175282, 0.04196),
    "Putamen": (0.176522, 0.061003),
    "SCP": (0.298924, 0.076232),
    "MCP": (0.073751, 0.02591),
}
"""Mean and SD of free water in the controls of neuropacs, as in its public demo."""
BIOMARKERS = tuple(CONTROL_FREE_WATER)
"""The four regions whose free water the report of neuropacs names."""
