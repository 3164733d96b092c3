"""Find the studies in a folder, however it is organised."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from neuroflow.errors import FolderError
from neuroflow.events import Reporter
from neuroflow.io import in_unicode, is_unicode
from neuroflow.models import OnEvent, Study
from neuroflow.studies.archive import Member, shared_archives, unpacked_archives
from neuroflow.studies.discovery.classify import ClassifiedFile, FileKind, classify_files
from neuroflow.studies.discovery.dicom_studies import dicom_studies
from neuroflow.studies.discovery.grouping import FoundStudy, Skipped
from neuroflow.studies.discovery.nifti_studies import nifti_studies
from neuroflow.studies.discovery.participants import with_participants
from neuroflow.studies.discovery.studies_tsv import apply_overrides
from neuroflow.studies.discovery.walk import STUDIES_TABLE, walk
from neuroflow.studies.filenames import printable, unique_labels
from neuroflow.studies.parallel import map_chunks
from neuroflow.wording import counted

CHUNK = 256


@dataclass(frozen=True, slots=True)
class Survey:
    """The studies in a folder, and what was skipped.

    Parameters
    ----------
    studies
        The studies, sorted by label.
    skipped
        One row per skipped file or folder. Columns: path (below the folder), files (how many),
        reason.
    """

    studies: tuple[Study, ...]
    skipped: pd.DataFrame

    @property
    def summary(self) -> str:
        """One sentence: how many studies, how many files skipped, and why."""
        text = f"{counted(len(self.studies), 'study', 'studies')} found"
        if self.skipped.empty:
            return text + "; no file skipped."
        # After a colon there may be the name of a series or a message of the system.
        reason = self.skipped["reason"].str.partition(":")[0]
        reasons = self.skipped["files"].groupby(reason, sort=False).sum()
        parts = [f"{count} {reason}" for reason, count in reasons.items()]
        skipped = counted(int(self.skipped["files"].sum()), "file", "files")
        return f"{text}; {skipped} skipped ({'; '.join(parts)})."


def find_studies(
    folder: str | Path,
    *,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
) -> list[Study]:
    """Find the studies in a folder and all folders below it.

    DICOM files are grouped by Study Instance UID, and only the diffusion series is kept; a study
    without one is no study of the list, but stands in the table of `survey`. A NIfTI is grouped
    with the b-values, b-vectors and sidecar beside it, or above it in a BIDS dataset. A zip or tar
    is read as if it were a folder. A ``studies.tsv`` in the folder overrides what was found. Only
    headers are read.

    Parameters
    ----------
    folder
        The folder to search.
    executor
        Any `concurrent.futures.Executor`; None uses processes on the local cores.
    on_event
        Called with each `Event`; the message of the last one summarises what was skipped.

    Returns
    -------
    list of Study
        Sorted by label.

    Raises
    ------
    FolderError
        The folder is missing, cannot be read, or contains no study; or its studies.tsv is wrong.

    See Also
    --------
    survey : Also returns what was skipped, and why.

    Examples
    --------
    >>> import tempfile
    >>> from neuroflow.demo.cohort import make_cohort
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = make_cohort(folder, n_studies=1)
    >>> [(study.label, study.kind.value) for study in find_studies(folder / "scans")]
    [('D001_01', 'dicom')]
    """
    found = survey(folder, executor=executor, on_event=on_event)
    if not found.studies:
        raise FolderError(
            f"There is no study in {folder}.",
            why=found.summary,
            advice="Studies are DICOM files, or NIfTI images with b-values and b-vectors.",
        )
    return list(found.studies)


def survey(
    folder: str | Path,
    *,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
) -> Survey:
    """Find the studies in a folder, and list what was skipped.

    Parameters
    ----------
    folder
        The folder to search.
    executor
        Any `concurrent.futures.Executor`; None uses processes on the local cores.
    on_event
        Called with each `Event`.

    Returns
    -------
    Survey
        The studies and the files that were skipped.

    Raises
    ------
    FolderError
        The folder is missing or cannot be read, or its studies.tsv is wrong.

    Examples
    --------
    >>> import tempfile
    >>> from neuroflow.demo.cohort import make_cohort
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = make_cohort(folder, n_studies=1)
    >>> _ = (folder / "scans" / "notes.txt").write_text("scanned in May")
    >>> survey(folder / "scans").skipped["reason"].tolist()
    ['neither DICOM nor NIfTI']
    """
    # Absolute: worker processes may have been started in another working folder.
    root = Path(os.path.abspath(os.path.expanduser(folder)))  # noqa: PTH100, PTH111  as in a shell
    _must_be_readable(root)
    with unpacked_archives():
        return _survey(root, executor, on_event)


def _survey(root: Path, executor: Executor | None, on_event: OnEvent | None) -> Survey:
    skipped: list[Skipped] = []
    paths = sorted(walk(root, skipped))
    reporter = Reporter("find", len(paths), on_event)
    seen: dict[int, list[tuple[FileKind, ...]]] = {}
    for start, chunk in map_chunks(classify_files, paths, executor=executor, chunk=CHUNK):
        seen[start] = chunk
        reporter.step(len(chunk), message="Reading files")
    in_order = (one for start in sorted(seen) for one in seen[start])
    files = [
        ClassifiedFile(Member(Path(path), one.name), *one[:-1])
        for path, kinds in zip(paths, in_order, strict=True)
        for one in kinds
    ]
    skipped += [Skipped(f.place, f.reason) for f in files if f.kind in ("skip", "damaged")]
    with shared_archives():
        found = dicom_studies(root, files, skipped, executor) + nifti_studies(root, files, skipped)
    found = apply_overrides(root / STUDIES_TABLE, root, with_participants(found, root), skipped)
    skipped += [
        Skipped(one.study.root, one.without_diffusion, len(one.study.files))
        for one in found
        if one.without_diffusion
    ]
    studies = _labelled([one for one in found if not one.without_diffusion])
    result = Survey(tuple(studies), _skipped_table(root, skipped))
    # For an empty folder, find_studies raises an error with this summary.
    reporter.step(0, status="done", message=result.summary if studies else "")
    return result


def _must_be_readable(root: Path) -> None:
    try:
        is_folder = root.is_dir()  # Python 3.11 raises an error below an unreadable folder
        if is_folder:
            with os.scandir(root):
                pass
    except OSError as error:
        raise FolderError(
            f"{root} cannot be read.",
            why=f"{error.strerror}.",
            advice="Check the permissions of the folder and of those above it.",
        ) from error
    if not is_folder:
        raise FolderError(
            f"{root} is not a folder.", advice="Name the folder that contains your scans."
        )
    if not is_unicode(str(root)):
        raise FolderError(
            f"The name of the folder {in_unicode(str(root))} is not Unicode.",
            why="A cohort's table cannot hold it.",
            advice="Rename the folder, or the one above it.",
        )


def _labelled(found: Sequence[FoundStudy]) -> list[Study]:
    """Label the studies by participant and session, else by their folder."""
    visits: dict[str | None, list[FoundStudy]] = defaultdict(list)
    for one in found:
        visits[one.study.participant_id].append(one)
    studies = []
    for one in found:
        study = one.study
        several = study.participant_id is not None and len(visits[study.participant_id]) > 1
        if several and study.session_id is None and _dates_differ(visits[study.participant_id]):
            study = replace(study, session_id=one.study_date)
        studies.append(study)
    wanted = [printable(_preferred_label(study)) for study in studies]
    counts = Counter(wanted)
    wanted = [
        printable(f"{label} {one.detail}") if counts[label] > 1 and one.detail else label
        for label, one in zip(wanted, found, strict=True)
    ]
    labels = unique_labels(wanted)
    named = [replace(study, label=label) for study, label in zip(studies, labels, strict=True)]
    return sorted(named, key=lambda study: study.label)


def _dates_differ(visits: Sequence[FoundStudy]) -> bool:
    dates = {one.study_date for one in visits}
    return len(dates) > 1 and "" not in dates


def _preferred_label(study: Study) -> str:
    if study.participant_id is None:
        return study.label
    return "_".join(part for part in (study.participant_id, study.session_id) if part)


def _skipped_table(root: Path, skipped: Sequence[Skipped]) -> pd.DataFrame:
    rows = [
        {"path": printable(_relative(one.path, root)), "files": one.files, "reason": one.reason}
        for one in sorted(skipped)
    ]
    return pd.DataFrame(rows, columns=["path", "files", "reason"])


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
