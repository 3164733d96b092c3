"""Convert attributes of SFTP files to `Entry`; some servers do not send what a path is."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from paramiko import SFTPAttributes

from neuroflow.errors import RemoteRefusedError
from neuroflow.models import Entry, utc

FindFolders = Callable[[Sequence[PurePosixPath]], Sequence[bool | None]]
"""Asks the server which paths are folders; None where it does not answer that either."""
FindSizes = Callable[[Sequence[PurePosixPath]], Sequence[int | None]]
"""Asks the server for the sizes of files; None where it does not answer that either."""

_LONG_NAME = re.compile(r"([-dlbcps])[-rwxsStTlL]{9}[.+@]?\s")
"""How a line of `ls -l` begins: the type, then nine permissions."""
_TYPES = {"-": stat.S_IFREG, "d": stat.S_IFDIR, "l": stat.S_IFLNK}


def entries_of(
    folder: PurePosixPath,
    found: Iterable[SFTPAttributes],
    find_folders: FindFolders,
    find_sizes: FindSizes,
) -> list[Entry]:
    """Return the files and folders of a listing, neither links nor devices, whatever is not sent.

    Type and size are optional (draft-ietf-secsh-filexfer-02, sections 5 and 7): the long name has
    the type, else the server is asked. A file without a size is not `is_sized`.
    """
    typed: list[tuple[str, SFTPAttributes, int]] = []
    for attributes in found:
        # No name may have a slash; one that has must not become a path by itself.
        name = attributes.filename.replace("/", "\\")
        typed.append((name, attributes, file_type(attributes)))
    unknown = [folder / name for name, _, kind in typed if not kind]
    folders = dict(zip(unknown, find_folders(unknown), strict=True)) if unknown else {}
    entries = []
    for name, attributes, kind in typed:
        is_folder = folders.get(folder / name) if not kind else stat.S_ISDIR(kind)
        if is_folder is None:
            raise unreadable_type(folder / name)
        if is_folder or not kind or stat.S_ISREG(kind):
            entries.append(_entry(folder, name, attributes, is_folder=is_folder))
    unsized = {entry.path for entry in entries if not entry.is_sized}
    if not unsized:
        return entries
    sizes = dict(zip(unsized, find_sizes([*unsized]), strict=True))
    return [sized(entry, sizes.get(entry.path)) for entry in entries]


def sized(entry: Entry, size: int | None) -> Entry:
    """Return an entry with the size that was asked for, if it is known now."""
    return entry if size is None else replace(entry, size=size, is_sized=True)


def file_type(attributes: SFTPAttributes) -> int:
    """Return the type bits of a mode, from the long name if need be; 0 where neither has them."""
    kind = stat.S_IFMT(attributes.st_mode or 0)
    if kind:
        return kind
    found = _LONG_NAME.match(str(getattr(attributes, "longname", "")))
    return _TYPES.get(found[1], stat.S_IFIFO) if found else 0


def entry_of(path: PurePosixPath, attributes: SFTPAttributes, *, is_folder: bool) -> Entry:
    """Make an entry of one file's attributes."""
    return _entry(path.parent, path.name, attributes, is_folder=is_folder)


def _entry(
    folder: PurePosixPath, name: str, attributes: SFTPAttributes, *, is_folder: bool
) -> Entry:
    seconds = attributes.st_mtime
    modified = None if seconds is None else utc(seconds)
    size = 0 if is_folder else attributes.st_size
    return Entry(folder, sys.intern(name), size or 0, is_folder, modified, size is not None)


def unreadable_type(path: PurePosixPath) -> RemoteRefusedError:
    """Make the error of a path that may be a file or a folder."""
    return RemoteRefusedError(
        f"The server does not report whether {path} is a file or a folder.",
        why="It sends no file type, and opens the path neither as a folder nor as a file.",
        advice="Nothing was taken for missing. Ask neuropacs support what this account may "
        "read there.",
    )


def unreadable_size(path: PurePosixPath) -> RemoteRefusedError:
    """Make the error of a file that may be whole, a part or empty."""
    return RemoteRefusedError(
        f"The server does not report the size of {path}.",
        why="It sends none with its name, by its path or of the open file, and does not let it be "
        "read.",
        advice="The file was not taken for empty. Ask neuropacs support what this account may "
        "read there.",
    )
