"""The values that flow through neuroflow: frozen, without behaviour, known to every room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePosixPath

from neuroflow.escaping import for_html, visible

RESULT_FILES = ("aidp.csv", "prediction.txt", "prediction.png")
"""The files of a complete result folder (the SFTP guide of neuropacs)."""
STUDY_KEYS = ("cohort_id", "study_id", "participant_id", "session_id")
"""The columns that identify a study in every table."""


MAX_LABEL = 100
"""Characters of a label in a repr."""
MAX_ROWS = 50
"""Studies of a cohort in a notebook."""


def shortened(text: str, most: int = MAX_LABEL) -> str:
    """Return a text, or its beginning and end where it is long.

    Examples
    --------
    >>> shortened("sub-01/ses-01/dwi", 9)
    'sub-…/dwi'
    """
    text = visible(text)
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def html_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as an HTML table; every cell is escaped."""
    if not rows:
        return ""
    head = "".join(f"<th>{for_html(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{for_html(cell)}</td>" for cell in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _counted(items: Sized, one: str, many: str = "") -> str:
    """Count in words: ``1 file``, ``2 files``."""
    return f"{len(items)} {one if len(items) == 1 else many or one + 's'}"


class StudyKind(StrEnum):
    """The format of a study."""

    DICOM = "dicom"
    NIFTI = "nifti"
    ZIP = "zip"  # DICOM or NIfTI in a zip or tar


class Severity(StrEnum):
    """The severity of a finding; an error blocks submission."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Study:
    """One MRI study on this disk.

    Parameters
    ----------
    label
        Its readable name, unique among the studies found together; never sent.
    kind
        DICOM, NIfTI, or a zip of either.
    root
        The folder it was found in, or the archive itself.
    files
        Every file that belongs to it; one in an archive is named as if the archive were a folder.
    participant_id, session_id
        The participant and the visit, as far as known; never sent.
    age
        Age at the scan in years, from participants.tsv.
    sex
        ``"M"`` or ``"F"``, from participants.tsv.
    study_uid
        The Study Instance UID, for DICOM.
    study_id
        Its UUID on the server; None until it belongs to a cohort.
    image_digest
        The digest of its images, which identifies the scan; None until it belongs to a cohort.
    repeats
        The `study_id` of the study that this one repeats deliberately; None for all others.
    """

    label: str
    kind: StudyKind
    root: Path
    files: tuple[Path, ...]
    participant_id: str | None = None
    session_id: str | None = None
    age: float | None = None
    sex: str | None = None
    study_uid: str | None = None
    study_id: str | None = None
    image_digest: str | None = None
    repeats: str | None = None

    def __repr__(self) -> str:
        return f"<Study {shortened(self.label)}: {self.kind.value}, {_counted(self.files, 'file')}>"

    def _repr_html_(self) -> str:
        return html_table([self._cells])

    @property
    def _cells(self) -> dict[str, str]:
        """The cells of a row in a notebook."""
        return {
            "study": self.label,
            "participant": self.participant_id or "",
            "session": self.session_id or "",
            "age": "" if self.age is None else f"{self.age:g}",
            "sex": self.sex or "",
            "kind": self.kind.value,
            "files": str(len(self.files)),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check of a study.

    Parameters
    ----------
    study
        The study's label.
    rule
        The id of the rule.
    severity
        Error, warning or note.
    measured, accepted
        The measured value and what the service accepts, as text with units.
    advice
        What to do.
    """

    study: str
    rule: str
    severity: Severity
    measured: str
    accepted: str
    advice: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """Studies that are sent to the service together.

    Parameters
    ----------
    cohort_id
        The folder under ``input/`` on the server (neuropacs calls it a study group).
    studies
        Its studies, each with a `study_id`.
    """

    cohort_id: str
    studies: tuple[Study, ...]

    def __repr__(self) -> str:
        count = _counted(self.studies, "study", "studies")
        return f"<Cohort {shortened(self.cohort_id)}: {count}>"

    def _repr_html_(self) -> str:
        rows = [study._cells for study in self.studies[:MAX_ROWS]]
        more = len(self.studies) - len(rows)
        ending = f"<p>and {more} more</p>" if more else ""
        return f"<p><b>Cohort</b> {for_html(self.cohort_id)}</p>{html_table(rows)}{ending}"


@dataclass(frozen=True, slots=True)
class Package:
    """The zip made from a study.

    Parameters
    ----------
    cohort_id, study_id
        The cohort and the study.
    path
        The zip on this disk.
    size
        Its size in bytes.
    sha256
        Its SHA-256 digest, in hexadecimal.
    source_sha256
        The digest of the files it was made from, to detect a study that has changed since.
    study_uid_sha256
        The digest of the original Study Instance UID, to detect a study sent under another id.
    """

    cohort_id: str
    study_id: str
    path: Path
    size: int
    sha256: str
    source_sha256: str
    study_uid_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a long job, for progress bars, forms, logs and the ledger.

    Parameters
    ----------
    stage
        The kind of job: ``"package"``, ``"upload"``, ``"wait"``, ``"collect"``, ...
    study_id
        The study it is about, or None for the whole job.
    done, total
        Progress of that study, or of the whole job, in bytes or items; `total` is 0 where it is
        not known.
    status
        ``"started"``, ``"progress"``, ``"done"``, ``"skipped"`` or ``"failed"``.
    message
        One sentence to show; never contains a patient's name or a secret.
    at
        The time, in UTC.
    """

    stage: str
    study_id: str | None
    done: int
    total: int
    status: str
    message: str
    at: datetime


OnEvent = Callable[[Event], None]
"""What listens to a long job."""


@lru_cache(maxsize=4096)
def utc(seconds: float) -> datetime:
    """Return a time of a listing; the files of a study, written together, share it."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory listing.

    Parameters
    ----------
    folder
        The folder that it is in, relative to the user's home on the server.
    name
        The last part of its path.
    size
        Length in bytes; 0 for folders, and where it is not known.
    is_folder
        True for folders.
    modified
        Time of the last modification by the server's clock, if reported.
    is_sized
        False for a file whose length the server does not report.
    """

    folder: PurePosixPath
    name: str
    size: int
    is_folder: bool
    modified: datetime | None = None
    is_sized: bool = True

    @property
    def path(self) -> PurePosixPath:
        """Its path, relative to the user's home on the server."""
        return self.folder / self.name


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """One folder of results on the server.

    Parameters
    ----------
    study_id
        The part of its name before ``_out``.
    path
        Its path, relative to the user's home on the server.
    files
        The files in it.
    inner
        Result folders inside it, as the folder of a whole cohort may have the suffix, too.
    """

    study_id: str
    path: PurePosixPath
    files: tuple[Entry, ...] = field(default=())
    inner: tuple[PurePosixPath, ...] = field(default=(), compare=False)

    @property
    def is_wrapper(self) -> bool:
        """True if it holds other result folders and no files."""
        return bool(self.inner) and not self.files
