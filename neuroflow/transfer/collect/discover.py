"""Find what is below ``output/``: result folders at any depth, and aggregated reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from neuroflow.contract import OUTPUT, RESULT_SUFFIX, result_study_id, safe_name
from neuroflow.errors import FolderError, IdError, RemoteMissingError, RemoteRefusedError
from neuroflow.io import garbage_stays
from neuroflow.models import RESULT_FILES, Entry, ResultFolder
from neuroflow.transfer.collect.folder_contents import usable_files
from neuroflow.transfer.local_files import is_newer
from neuroflow.transfer.remote import Remote, do_nothing

MAX_DEPTH = 6
MAX_FOUND = 200_000
"""Entries of all folders below ``output/`` together, result folders apart."""
_TOGETHER = 256  # folders listed at a time
REPORT_KINDS = (".csv", ".tsv", ".xlsx", ".pdf", ".html", ".txt")
"""Endings of files beside result folders that are reports of many studies."""

OnSkipped = Callable[[str], object]
"""Called with one sentence for everything that is skipped."""


@dataclass(slots=True)
class Output:
    """What is below ``output/``, judged by names."""

    # One result folder per study, sorted by study id. The files of one with the suffix ``_out``
    # are not listed yet.
    folders: list[ResultFolder] = field(default_factory=list)
    # Files beside result folders: aggregated reports.
    reports: list[Entry] = field(default_factory=list)


@garbage_stays()
def scan_output(
    remote: Remote, *, known: Collection[str] = (), on_skipped: OnSkipped = do_nothing
) -> Output:
    """Find result folders and aggregated reports, without listing folders with the suffix."""
    output = Output()
    found: dict[str, ResultFolder] = {}
    for path, files in _walk(remote, output.reports, on_skipped):
        try:
            folder = ResultFolder(result_study_id(path.name), path, files)
        except IdError as error:
            on_skipped(f"A result folder was skipped: {error}")
            continue
        earlier = found.setdefault(folder.study_id, folder)
        if earlier is not folder:
            used, other = (earlier, folder) if _has_suffix(earlier.path) else (folder, earlier)
            found[folder.study_id] = used
            on_skipped(_unused(folder.study_id, used.path, other.path))
    for study_id in sorted(_drop_ambiguous_ids(found, known, on_skipped)):
        output.folders.append(found[study_id])
    output.reports.sort(key=lambda entry: str(entry.path))
    return output


@garbage_stays()
def find_results(
    remote: Remote, *, known: Collection[str] = (), on_skipped: OnSkipped = do_nothing
) -> list[ResultFolder]:
    """List every result folder below ``output/`` with its files."""
    folders = scan_output(remote, known=known, on_skipped=on_skipped).folders
    taken = {folder.study_id.casefold(): folder.path for folder in folders}
    found: dict[str, ResultFolder] = {}
    while folders:
        inside: list[ResultFolder] = []
        for old, new in zip(folders, list_folders(remote, folders), strict=True):
            one = old if isinstance(new, RemoteRefusedError) else new
            if isinstance(new, RemoteRefusedError):
                on_skipped(f"A result folder was skipped: {new}")
            for sentence in usable_files(one)[1]:
                on_skipped(sentence)
            inside += inner_folders(one, taken, on_skipped)
            if not one.is_wrapper:
                found[one.study_id] = one
        folders = inside
    return [found[study_id] for study_id in sorted(found)]


def inner_folders(
    folder: ResultFolder, taken: dict[str, PurePosixPath], on_skipped: OnSkipped = do_nothing
) -> list[ResultFolder]:
    """Return the result folders inside another one; their files are not listed yet."""
    inside: list[ResultFolder] = []
    if folder.inner and len(folder.path.parts) > MAX_DEPTH:
        on_skipped(f"Folders more than {MAX_DEPTH} levels below {OUTPUT} were skipped.")
        return inside
    for path in folder.inner:
        if len(taken) >= MAX_FOUND:
            on_skipped(_too_many())
            return inside
        try:
            study_id = result_study_id(path.name)
        except IdError as error:
            on_skipped(f"A result folder was skipped: {error}")
            continue
        used = taken.get(study_id.casefold())
        if used is None:
            taken[study_id.casefold()] = path
            inside.append(ResultFolder(study_id, path))
        elif used != path:
            on_skipped(_unused(study_id, used, path))
    return inside


def _unused(study_id: str, used: PurePosixPath, other: PurePosixPath) -> str:
    return (
        f"Two result folders are of study {study_id}: {used} is used, {other} is not. "
        "Report it to neuropacs support."
    )


def find_folders(remote: Remote) -> list[ResultFolder]:
    """Find every result folder below ``output/``, without listing those with the suffix."""
    return scan_output(remote).folders


def list_folder(remote: Remote, folder: ResultFolder) -> ResultFolder:
    """List the files of one result folder; none if it is gone."""
    return _with_files(folder, _list_or_empty(remote, folder.path))


def list_folders(
    remote: Remote, folders: Sequence[ResultFolder]
) -> Iterator[ResultFolder | RemoteRefusedError]:
    """List the files of many result folders in a few round trips."""
    listings = remote.list_many([folder.path for folder in folders])
    for folder, entries in zip(folders, listings, strict=True):
        if isinstance(entries, RemoteRefusedError):
            yield _may_not_list(folder.path, entries, folder.study_id)
        else:
            yield _with_files(folder, entries)


def collected_ids(folder: Path) -> set[str]:
    """Return the studies that have a result folder on this disk."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise FolderError(
            f"The folder of results {folder} cannot be read.",
            why=f"{error.strerror}.",
            advice="Check its permissions.",
        ) from error
    return {name.removesuffix(RESULT_SUFFIX) for name in names if name.endswith(RESULT_SUFFIX)}


def changed_ids(folder: Path, found: Iterable[ResultFolder], here: Collection[str]) -> set[str]:
    """Return the collected studies of which the server has newer or further files."""
    changed, above = set(), str(folder)  # text, for there may be thousands
    for one in found:
        if one.study_id in here:
            place = f"{above}/{one.study_id}{RESULT_SUFFIX}"
            files = usable_files(one)[0]
            if any(is_newer(entry, f"{place}/{entry.name}") for entry in files):
                changed.add(one.study_id)
    return changed


def _walk(
    remote: Remote, reports: list[Entry], on_skipped: OnSkipped
) -> Iterator[tuple[PurePosixPath, tuple[Entry, ...]]]:
    """Yield result folders, found by suffix or content; level by level, to save round trips."""
    level = [OUTPUT]
    try:
        listings: Iterable[Sequence[Entry] | RemoteRefusedError] = [_list_or_empty(remote, OUTPUT)]
    except RemoteRefusedError as error:
        raise _may_not_list(OUTPUT, error) from error
    found = 0
    for depth in range(MAX_DEPTH + 1):
        deeper: list[PurePosixPath] = []
        for path, entries in zip(level, listings, strict=True):
            if isinstance(entries, RemoteRefusedError):
                on_skipped(f"A folder below {OUTPUT} was skipped: {entries}")
                continue
            found += len(entries)
            if found > MAX_FOUND:
                on_skipped(_too_many())
                return
            inside = sorted((entry for entry in entries if entry.is_folder), key=_by_name)
            folders = [entry.path for entry in inside]
            files = _files(entries)
            results = [folder for folder in folders if _has_suffix(folder)]
            if path != OUTPUT and not results and {e.name for e in files} & set(RESULT_FILES):
                yield path, files
            else:
                reports += [entry for entry in files if entry.name.lower().endswith(REPORT_KINDS)]
            yield from ((folder, ()) for folder in results)
            deeper += _enterable((f for f in folders if not _has_suffix(f)), on_skipped)
        if not deeper:
            return
        if depth == MAX_DEPTH:
            on_skipped(
                f"{len(deeper)} folders more than {MAX_DEPTH} levels below {OUTPUT} were skipped."
            )
            return
        level, listings = deeper, _list_in_parts(remote, deeper)


def _by_name(entry: Entry) -> str:
    return entry.name


def _list_in_parts(
    remote: Remote, paths: Sequence[PurePosixPath]
) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
    """List many folders, a few at a time, so that no more of them is held than is needed."""
    for start in range(0, len(paths), _TOGETHER):
        yield from remote.list_many(paths[start : start + _TOGETHER])


def _too_many() -> str:
    return (
        f"There is more than {MAX_FOUND} files and folders below {OUTPUT}; the rest was skipped. "
        "Report it to neuropacs support."
    )


def _enterable(folders: Iterable[PurePosixPath], on_skipped: OnSkipped) -> Iterator[PurePosixPath]:
    """Skip folders whose names are unsafe as paths."""
    for folder in folders:
        try:
            safe_name(folder.name)
        except IdError as error:
            on_skipped(f"A folder below {OUTPUT} was skipped: {error}")
        else:
            yield folder


def _drop_ambiguous_ids(
    found: Collection[str], known: Collection[str], on_skipped: OnSkipped
) -> Iterator[str]:
    """Skip study ids that differ in case only, except the one that the ledger knows."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for study_id in found:
        alike[study_id.casefold()].append(study_id)
    for ids in alike.values():
        ours = [study_id for study_id in ids if study_id in known]
        kept = ids if len(ids) == 1 else ours if len(ours) == 1 else []
        yield from kept
        for study_id in sorted(set(ids) - set(kept)):
            on_skipped(
                f"The result folder of {study_id} was skipped: another one differs from it in "
                "case only. Report it to neuropacs support."
            )


def _with_files(folder: ResultFolder, entries: Sequence[Entry]) -> ResultFolder:
    inner = tuple(e.path for e in entries if e.is_folder and e.name.endswith(RESULT_SUFFIX))
    return ResultFolder(folder.study_id, folder.path, _files(entries), inner)


def _has_suffix(path: PurePosixPath) -> bool:
    return path.name.endswith(RESULT_SUFFIX)


def _list_or_empty(remote: Remote, path: PurePosixPath) -> list[Entry]:
    try:
        return list(remote.list(path))
    except RemoteMissingError:
        return []


def _may_not_list(
    path: PurePosixPath, error: RemoteRefusedError, study_id: str | None = None
) -> RemoteRefusedError:
    """Return the error of a folder that this account may not list."""
    return RemoteRefusedError(
        f"The folder {path} on the server may not be listed.",
        why=error.why,
        advice="Results in it cannot be found or collected; ask neuropacs support to let "
        "this account list it. Nothing needs to be sent again.",
        study_id=study_id,
    )


def _files(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted((e for e in entries if not e.is_folder), key=_by_name))
