"""Write files atomically; the only place that renames a temporary file."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path

from neuroflow.errors import NeuroflowError

USUAL_MODE = 0o666  # what the user's umask leaves of it; private in a closed folder
OWNER_ONLY = 0o600
PRIVATE = -1
"""The mode of files of a workspace: the owner's, or those of a folder that a group shares."""

_GROUP = 0o070
_OTHERS = 0o007

_PREFIX = ".new-"
_KEPT = 48  # characters of the name that the temporary one ends in; names are limited in length


@contextmanager
def atomic_write(
    path: Path,
    *,
    mode: int = USUAL_MODE,
    error: type[NeuroflowError] | None = None,  # what an OSError becomes, with advice
    parents: bool = False,  # makes the folder, too
    # after the temporary name, for a folder where others look for the usual endings
    ending: str = "",
    exclusive: bool = False,  # raises FileExistsError where `path` exists, and never replaces it
    # False spares the synchronisation of the folder, for many small files that can be had again
    sync: bool = True,
) -> Iterator[Path]:
    """Yield a temporary file that replaces `path` once the block ended without an exception.

    The file appears complete or not at all: to readers meanwhile, to a second writer, and after a
    loss of power.
    """
    with _explained(path, error):
        temporary = _temporary(path, ending)
        try:
            if parents and (mode == PRIVATE or _is_closed(_nearest(path.parent))):
                make_private_folder(path.parent)
            elif parents:
                path.parent.mkdir(parents=True, exist_ok=True)
            # Beside `path`, with the same ending, created exclusively under a name that cannot be
            # predicted; a link of that name is never followed.
            os.close(_create(temporary, mode))
            yield temporary
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            _publish(temporary, path, exclusive=exclusive, sync=sync)
        finally:
            _discard(temporary)


@contextmanager
def atomic_open(
    path: Path, *, mode: int = USUAL_MODE, ending: str = "", sync: bool = True
) -> Iterator[BufferedWriter]:
    """Yield a file open for writing that replaces `path` as `atomic_write` does."""
    temporary = _temporary(path, ending)
    try:
        # It is opened once only, which counts for thousands of small files.
        with os.fdopen(_create(temporary, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(temporary, path, exclusive=False, sync=sync)
    except BaseException:
        _discard(temporary)
        raise


@contextmanager
def _explained(path: Path, error: type[NeuroflowError] | None) -> Iterator[None]:
    """Turn an OSError into `error`, where one is given."""
    try:
        yield
    except OSError as failed:
        if error is None:
            raise
        raise error(
            f"{path} cannot be written.",
            why=f"{failed.strerror or failed}.",
            advice="Check the folder's permissions, the disk's free space, and whether the file "
            "is open in another program.",
        ) from failed


def _temporary(path: Path, ending: str) -> Path:
    return path.with_name(f"{_PREFIX}{secrets.token_hex(8)}-{path.name[-_KEPT:]}{ending}")


def _create(path: Path, mode: int) -> int:
    """Create a file that does not exist yet; return its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    folder = os.path.dirname(path)  # noqa: PTH120  thousands of small files
    is_private = mode == PRIVATE or (mode == USUAL_MODE and _is_closed(folder))
    wanted = private_mode(folder) if is_private else mode
    descriptor = os.open(path, flags, wanted)
    if is_private and hasattr(os, "fchmod"):
        os.fchmod(descriptor, wanted)  # whatever the umask leaves of it
    return descriptor


def private_mode(folder: str | Path) -> int:
    """Return the mode of private files in a folder: 600, or 660 where a group shares it."""
    # A group shares a folder that it may read and write, and nobody else (2770).
    return 0o660 if _is_shared(folder) else 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder and its parents, which nobody but the owner may enter, whatever the umask.

    Inside a folder that a group shares, the group may enter too. Folders that exist stay as they
    are.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_private_folder(folder.parent)
    mode = 0o2770 if _is_shared(folder.parent) else 0o700
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return  # another process was faster
    if mode != 0o700:
        folder.chmod(mode)


def _nearest(folder: Path) -> Path:
    """Return a folder, or the first above it that is there."""
    return next((place for place in (folder, *folder.parents) if place.is_dir()), folder)


def _is_closed(folder: str | Path) -> bool:
    """Check whether a folder is closed to all but its owner, and a group that shares it."""
    mode = _permissions(folder)
    return mode is not None and (not mode & (_GROUP | _OTHERS) or _is_of_a_group(mode))


def _is_shared(folder: str | Path) -> bool:
    """Check whether a group, and nobody else, shares a folder."""
    mode = _permissions(folder)
    return mode is not None and _is_of_a_group(mode)


def _is_of_a_group(mode: int) -> bool:
    return mode & _GROUP == _GROUP and not mode & _OTHERS


def _permissions(folder: str | Path) -> int | None:
    """Return a folder's permissions; None where there is no folder, or permissions mean nothing."""
    if os.name != "posix":
        return None
    try:
        return stat.S_IMODE(os.stat(folder or ".").st_mode)  # noqa: PTH116
    except OSError:
        return None


def _publish(temporary: Path, path: Path, *, exclusive: bool, sync: bool) -> None:
    """Give a complete file its final name."""
    if exclusive:
        _place_new(temporary, path)
    else:
        os.replace(temporary, path)  # noqa: PTH105  a Path less for each small file
    if sync:
        _sync_folder(path.parent)


def _discard(temporary: Path) -> None:
    with suppress(OSError):  # after a success it is gone already
        temporary.unlink(missing_ok=True)


def _place_new(temporary: Path, path: Path) -> None:
    """Give a file its final name, unless that name is taken."""
    try:
        os.link(temporary, path)  # fails where the name is taken, a symbolic link included
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
    except OSError:  # a disk without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.rename(path)


def write_private(path: Path, data: bytes, *, exclusive: bool = False, mode: int = PRIVATE) -> None:
    """Write a file that nobody but its owner may read, all of it or nothing.

    In a folder that a group shares, the group may too, unless `mode` is `OWNER_ONLY`. On Windows
    the folder's own permissions govern.
    """
    with atomic_write(path, mode=mode, exclusive=exclusive) as temporary:
        temporary.write_bytes(data)


def _sync_folder(folder: Path) -> None:
    """Let the names of new files survive a loss of power, where a folder can be synchronised."""
    if os.name == "nt":
        return
    with suppress(OSError):  # some network disks refuse it
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path, ending: str) -> None:
    """Remove a killed run's temporary files; only while nobody else writes such files there."""
    with suppress(OSError), os.scandir(folder) as entries:  # whoever needs the folder reports why
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(ending):
                Path(entry.path).unlink(missing_ok=True)
