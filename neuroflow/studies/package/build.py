"""Make the packages to upload: de-identified, deterministic and verified zips."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path

from neuroflow.errors import NeuroflowError, PackageError, StudyError
from neuroflow.events import Reporter, warn_user
from neuroflow.io import PRIVATE, atomic_write, make_private_folder, remove_leftovers
from neuroflow.models import Cohort, Event, OnEvent, Package, Study
from neuroflow.studies.archive import files_on_disk, shared_archives, unpacked_archives
from neuroflow.studies.members import study_members
from neuroflow.studies.package.contents import study_contents
from neuroflow.studies.package.proof import prove
from neuroflow.studies.package.zip_writer import Content, write_zip
from neuroflow.studies.parallel import map_chunks
from neuroflow.studies.protocol import read_acquisition
from neuroflow.studies.source_digest import (
    is_unchanged,
    save_stat_digest,
    source_digest,
    stat_digest,
)

RESERVED_BYTES = 64 * 1024**2
"""Free space on the disk that packages do not use."""
SIZE_FACTOR = 1.15
"""Upper bound of the size of a package, relative to its files."""


class PackageWarning(UserWarning):
    """A study could not be packaged; the others were."""


def make_package(study: Study, cohort_id: str, folder: Path, *, salt: bytes) -> Package:
    """Make the zip of one study; the same study and salt give the same bytes."""
    study_id = _id_of(study)
    folder = Path(folder)
    try:
        make_private_folder(folder)
        _require_space([study], folder)
        digest = stat_digest(study)  # first: a file replaced from now on counts as a change
        source_sha256 = source_digest(study)
        with shared_archives():
            facts = read_acquisition(study)
            members = study_members(study)
            contents = study_contents(study_id, members, facts, salt)
            # The zip gets its name only after it was read back and compared with the study.
            path, sha256 = _write(
                study_id, contents, folder, partial(prove, members=members, facts=facts)
            )
        package = Package(
            cohort_id=cohort_id,
            study_id=study_id,
            path=path,
            size=path.stat().st_size,
            sha256=sha256,
            source_sha256=source_sha256,
            study_uid_sha256=facts.fingerprint,
        )
        save_stat_digest(digest, package)
    except (StudyError, PackageError) as error:
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
    return package


def _id_of(study: Study) -> str:
    if study.study_id is None:
        raise PackageError(
            f"{study.label} has no study id.", advice="Add it to a cohort of a workspace first."
        )
    return study.study_id


def _require_space(studies: Iterable[Study], folder: Path) -> None:
    needed = sum(map(_size, files_on_disk(studies))) * SIZE_FACTOR
    free = shutil.disk_usage(folder).free
    if needed + RESERVED_BYTES > free:
        raise PackageError(
            "There is not enough free space for the packages.",
            why=f"They need up to {needed / 1e9:.2f} GB, but {free / 1e9:.2f} GB are free.",
            advice="Free some space, or move the workspace to another disk.",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the study it belongs to states that it is missing


def _write(
    study_id: str, contents: Iterable[Content], folder: Path, verify: Callable[[Path], str]
) -> tuple[Path, str]:
    final = folder / f"{study_id}.zip"
    remove_leftovers(folder, final.name)
    with atomic_write(final, mode=PRIVATE) as temporary:
        write_zip(temporary, contents)
        sha256 = verify(temporary)
    return final, sha256


def package_studies(
    cohort: Cohort,
    folder: Path,
    *,
    salt: bytes | Mapping[str, bytes],
    known: Mapping[str, Package] | None = None,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
    on_package: Callable[[Package], None] | None = None,
    stop: threading.Event | None = None,
) -> list[Package]:
    """Make the zips of a cohort; packages of unchanged studies are kept."""
    labels = {study.study_id: study.label for study in cohort.studies}
    made: dict[str, Package] = {}
    for piece in iter_packages(
        cohort, folder, salt=salt, known=known, executor=executor, stop=stop
    ):
        if isinstance(piece, Package):
            made[piece.study_id] = piece
            if on_package is not None:
                on_package(piece)
        elif on_event is not None:
            on_event(piece)
        elif piece.status == "failed":
            text = f"{labels[piece.study_id]}: {piece.message}"
            warn_user(text, PackageWarning)
    return [made[str(study_id)] for study_id in labels if study_id in made]


def iter_packages(
    cohort: Cohort,
    folder: Path,
    *,
    # Keys the de-identification of all studies, or of each by its id.
    salt: bytes | Mapping[str, bytes],
    known: Mapping[str, Package] | None = None,
    # Not packaged again because de-identification changed.
    sent: Collection[str] = (),
    executor: Executor | None = None,
    stop: threading.Event | None = None,
) -> Generator[Package | Event, None, None]:
    """Make the zips of a cohort, and yield each package and event as soon as it is ready."""
    folder = Path(folder)
    known = known or {}
    items = [(study, known.get(study.study_id or "")) for study in cohort.studies]
    _prepare(folder, [study for study, before in items if before is None])
    events: list[Event] = []
    reporter = Reporter("package", len(items), events.append)
    work = partial(_package_chunk, cohort.cohort_id, folder, salt, frozenset(sent))
    errors: list[NeuroflowError] = []
    cost = 1 + max((len(study.files) for study in cohort.studies), default=0) * 4
    with unpacked_archives():
        for index, (result,) in map_chunks(work, items, executor=executor, cost=cost):
            study, before = items[index]
            if isinstance(result, NeuroflowError):
                errors.append(result)
                reporter.step(study_id=study.study_id, status="failed", message=str(result))
            else:
                yield result
                status, message = (
                    ("skipped", "Unchanged.") if result == before else ("done", "Made.")
                )
                reporter.step(study_id=study.study_id, status=status, message=message)
            yield from events
            events.clear()
            if stop is not None and stop.is_set():
                return
    if items and len(errors) == len(items):
        raise errors[0]


def _prepare(folder: Path, new: Sequence[Study]) -> None:
    try:
        make_private_folder(folder)
        _require_space(new, folder)
    except OSError as error:
        raise PackageError(
            "The packages cannot be made.",
            why=f"{error.strerror}.",
            advice="Check that the scans are still there and that the workspace is writable.",
        ) from error


def _package_chunk(
    cohort_id: str,
    folder: Path,
    salt: bytes | Mapping[str, bytes],
    sent: frozenset[str],
    items: Sequence[tuple[Study, Package | None]],
) -> list[Package | NeuroflowError]:
    results: list[Package | NeuroflowError] = []
    for study, before in items:
        try:
            if before is not None and is_unchanged(study, before, was_sent=before.study_id in sent):
                results.append(replace(before, cohort_id=cohort_id))
            else:
                own = salt if isinstance(salt, bytes) else salt[_id_of(study)]
                results.append(make_package(study, cohort_id, folder, salt=own))
        except NeuroflowError as error:
            results.append(error)
        except Exception as error:  # noqa: BLE001  one study's fault never stops the others
            results.append(_unexpected(study, error))
    return results


def _unexpected(study: Study, error: Exception) -> PackageError:
    """Turn an exception of a library into one of ours, without values, which may be a person's."""
    return PackageError(
        "The study cannot be packaged.",
        why=f"Reading its files failed unexpectedly ({type(error).__name__}).",
        advice="Export the study again; if that does not help, exclude it and report the problem.",
        study_id=study.study_id,
    )
