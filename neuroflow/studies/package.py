"""Make the zips that go to the service: de-identified, deterministic, read back."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path

from neuroflow.errors import NeuroflowError, PackageError, StudyError
from neuroflow.models import Cohort, OnEvent, Package, Study
from neuroflow.studies.acquisition import read_acquisition
from neuroflow.studies.contents import Content, study_contents
from neuroflow.studies.events import Reporter
from neuroflow.studies.jobs import run
from neuroflow.studies.members import study_members
from neuroflow.studies.sources import READ_ERRORS, shared_archives

LEVEL = 1
"""Of deflate: images are noise in their low bits, more effort gains a few per cent."""
MOMENT = (2000, 1, 1, 0, 0, 0)
"""What every file in a package is dated."""
FORMAT = "neuroflow package 1"
"""Part of the source digest: studies are packaged anew where what is written changes."""
_BLOCK = 1 << 20


class PackageWarning(UserWarning):
    """A study could not be packaged; the others were."""


def make_package(study: Study, cohort_id: str, folder: Path, *, salt: bytes) -> Package:
    """Make the zip of one study.

    The same study and salt give the same bytes. The zip appears under its name only when it is
    whole and was read back.

    Parameters
    ----------
    study
        With a `study_id`.
    cohort_id
        Where it belongs.
    folder
        Where the zip goes; made where missing.
    salt
        A secret of the workspace.

    Returns
    -------
    Package
        The zip's facts.

    Raises
    ------
    PackageError
        The study has no id or cannot be read, or the zip cannot be written.
    """
    study_id = _id_of(study)
    try:
        with shared_archives():
            facts = read_acquisition(study)
            contents = study_contents(study_id, study_members(study), facts, salt)
            path, sha256 = _write(study_id, contents, Path(folder))
        return Package(
            cohort_id=cohort_id,
            study_id=study_id,
            path=path,
            size=path.stat().st_size,
            sha256=sha256,
            source_sha256=source_digest(study),
            study_uid_sha256=facts.fingerprint,
        )
    except StudyError as error:
        raise PackageError(
            error.what, why=error.why, advice=error.advice, study_id=study_id
        ) from error
    except OSError as error:
        raise PackageError(
            "The zip cannot be written.",
            why=f"{error.strerror}.",
            advice="Check the free space and the permissions of the workspace.",
            study_id=study_id,
        ) from error


def _id_of(study: Study) -> str:
    if study.study_id is None:
        raise PackageError(
            f"{study.label} has no study id.", advice="Put it into a cohort of a workspace first."
        )
    return study.study_id


def _write(study_id: str, contents: Iterable[Content], folder: Path) -> tuple[Path, str]:
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{study_id}.zip"
    temporary = folder / f".{study_id}.zip.part"
    try:
        write_zip(temporary, contents)
        sha256 = read_back(temporary)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
    return final, sha256


def write_zip(path: Path, contents: Iterable[Content]) -> None:
    """Write a zip whose bytes depend on its contents alone.

    Parameters
    ----------
    path
        The new file.
    contents
        What goes into it, in this order.
    """
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for content in contents:
            info = zipfile.ZipInfo(content.name, MOMENT)
            info.create_system = 3  # else the platform would show
            info.external_attr = 0o600 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if content.shrinks else zipfile.ZIP_STORED
            info._compresslevel = LEVEL  # type: ignore[attr-defined]
            with archive.open(info, "w", force_zip64=content.is_large) as stream:
                for block in content.blocks():
                    stream.write(block)


def read_back(path: Path) -> str:
    """Read a zip back, every byte of it.

    Parameters
    ----------
    path
        The zip.

    Returns
    -------
    str
        Its SHA-256, in hexadecimal.

    Raises
    ------
    PackageError
        It does not hold what was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except READ_ERRORS as error:
        broken = str(error)
    if broken is not None:
        raise PackageError(
            "The zip does not read back.", why=f"{broken}.", advice="Check the disk, and try again."
        )
    return _sha256(_file_blocks(path))


def _file_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


def _sha256(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def source_digest(study: Study) -> str:
    """Digest what a package is made from, to notice a study that changed.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    str
        SHA-256 over its files' contents, its age and sex, in hexadecimal; names and dates of files
        do not matter.
    """
    digest = hashlib.sha256(f"{FORMAT}|{study.age}|{study.sex}|{study.study_uid}".encode())
    for path in sorted(study.files):
        digest.update(_sha256(_file_blocks(path)).encode())
    return digest.hexdigest()


def package_studies(
    cohort: Cohort,
    folder: Path,
    *,
    salt: bytes,
    known: Mapping[str, Package] | None = None,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
) -> list[Package]:
    """Make the zips of a cohort; those already made are left as they are.

    Parameters
    ----------
    cohort
        Studies with ids.
    folder
        Where the zips go.
    salt
        A secret of the workspace.
    known
        Packages made before, by study id: where zip and study are unchanged, nothing is done.
    executor
        Where to do it: any `concurrent.futures.Executor`; None for processes on the local cores.
    on_event
        Listens to the progress. A study that cannot be packaged is told as ``"failed"``, and the
        others go on; without a listener it is a `PackageWarning`.

    Returns
    -------
    list of Package
        In the order of the cohort, without those that failed.

    Raises
    ------
    PackageError
        No study could be packaged.
    """
    reporter = Reporter("package", len(cohort.studies), on_event)
    known = known or {}
    items = [(study, known.get(study.study_id or "")) for study in cohort.studies]
    work = partial(_package_chunk, cohort.cohort_id, Path(folder), salt)
    made: dict[int, Package] = {}
    errors: list[NeuroflowError] = []
    cost = max((len(study.files) for study in cohort.studies), default=1) * 4
    for index, (result,) in run(work, items, executor=executor, cost=cost):
        study = cohort.studies[index]
        if isinstance(result, NeuroflowError):
            errors.append(result)
            reporter.step(study_id=study.study_id, status="failed", message=str(result))
            if on_event is None:
                warnings.warn(f"{study.label}: {result}", PackageWarning, stacklevel=2)
            continue
        made[index] = result
        unchanged = result == items[index][1]
        status = "skipped" if unchanged else "done"
        message = "Unchanged, packaged before." if unchanged else "Packaged."
        reporter.step(study_id=study.study_id, status=status, message=message)
    if errors and not made:
        raise errors[0]
    return [made[index] for index in sorted(made)]


def _package_chunk(
    cohort_id: str,
    folder: Path,
    salt: bytes,
    items: Sequence[tuple[Study, Package | None]],
) -> list[Package | NeuroflowError]:
    results: list[Package | NeuroflowError] = []
    for study, before in items:
        try:
            if before is not None and is_unchanged(study, before):
                results.append(replace(before, cohort_id=cohort_id))
            else:
                results.append(make_package(study, cohort_id, folder, salt=salt))
        except NeuroflowError as error:
            results.append(error)
    return results


def is_unchanged(study: Study, package: Package) -> bool:
    """Tell whether a package is still what its study would give.

    Parameters
    ----------
    study
        The study.
    package
        Made from it before.

    Returns
    -------
    bool
        True where the zip is there whole, and the study's files are the same.
    """
    try:
        whole = package.path.stat().st_size == package.size
        return whole and source_digest(study) == package.source_sha256
    except OSError:
        return False
