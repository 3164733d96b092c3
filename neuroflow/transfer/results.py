"""Result folders on the server: where they are and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from neuroflow.errors import IdError, RemoteMissingError, RemoteRefusedError
from neuroflow.models import RESULT_FILES, Entry, ResultFolder
from neuroflow.transfer.paths import OUTPUT, RESULT_SUFFIX, result_study_id
from neuroflow.transfer.remote import Remote, nothing

MAX_DEPTH = 6


def find_results(remote: Remote) -> list[ResultFolder]:
    """List every result folder below ``output/`` with its files.

    Parameters
    ----------
    remote
        The server.

    Returns
    -------
    list of ResultFolder
        One per study, sorted by study id; a folder ``<study_id>_out`` is preferred to one without
        the suffix. Folders whose name cannot be a study id are left out.

    Raises
    ------
    RemoteRefusedError
        ``output/`` may not be listed.
    ConnectionLostError
        The line broke.
    """
    folders = find_folders(remote)
    return [_allowed(found) for found in list_folders(remote, folders)]


def find_folders(remote: Remote, on_odd: Callable[[str], object] = nothing) -> list[ResultFolder]:
    """List every result folder below ``output/``, without looking into those with the suffix.

    Parameters
    ----------
    remote
        The server.
    on_odd
        Told in one sentence of every folder that is left out for its name.

    Returns
    -------
    list of ResultFolder
        As `find_results`, with the files unknown where the name was enough.

    Raises
    ------
    RemoteRefusedError, ConnectionLostError
        As `find_results`.
    """
    found: dict[str, ResultFolder] = {}
    for path, files in _walk(remote, OUTPUT, MAX_DEPTH):
        try:
            folder = ResultFolder(result_study_id(path.name), path, files)
        except IdError as error:
            on_odd(f"A result folder was left out: {error}")
            continue
        earlier = found.get(folder.study_id)
        if earlier is None or not earlier.path.name.endswith(RESULT_SUFFIX):
            found[folder.study_id] = folder
    return [found[study_id] for study_id in sorted(found)]


def list_folder(remote: Remote, folder: ResultFolder) -> ResultFolder:
    """Look into a result folder.

    Parameters
    ----------
    remote
        The server.
    folder
        As found.

    Returns
    -------
    ResultFolder
        With its files as they are now; none where it is gone.

    Raises
    ------
    RemoteRefusedError, ConnectionLostError
        As `find_results`.
    """
    return ResultFolder(folder.study_id, folder.path, _files(_entries(remote, folder.path)))


def list_folders(
    remote: Remote, folders: Sequence[ResultFolder]
) -> Iterator[ResultFolder | RemoteRefusedError]:
    """Look into many result folders in a few round trips.

    Parameters
    ----------
    remote
        The server.
    folders
        As found.

    Yields
    ------
    ResultFolder or RemoteRefusedError
        Each in order with its files as they are now, or the server's refusal.

    Raises
    ------
    ConnectionLostError
        The line broke.
    """
    listings = remote.list_many([folder.path for folder in folders])
    for folder, entries in zip(folders, listings, strict=True):
        if isinstance(entries, RemoteRefusedError):
            yield entries
        else:
            yield ResultFolder(folder.study_id, folder.path, _files(entries))


def _allowed(found: ResultFolder | RemoteRefusedError) -> ResultFolder:
    if isinstance(found, RemoteRefusedError):
        raise found
    return found


def _walk(
    remote: Remote, path: PurePosixPath, depth: int
) -> Iterator[tuple[PurePosixPath, tuple[Entry, ...]]]:
    """Yield result folders: by their suffix, or by what is in them."""
    entries = _entries(remote, path)
    files = _files(entries)
    if path != OUTPUT and {entry.name for entry in files} & set(RESULT_FILES):
        yield path, files
    for entry in entries:
        if entry.is_folder and entry.name.endswith(RESULT_SUFFIX):
            yield entry.path, ()
        elif entry.is_folder and depth:
            yield from _walk(remote, entry.path, depth - 1)


def _entries(remote: Remote, path: PurePosixPath) -> list[Entry]:
    try:
        return list(remote.list(path))
    except RemoteMissingError:
        return []


def _files(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted((e for e in entries if not e.is_folder), key=lambda entry: entry.name))
