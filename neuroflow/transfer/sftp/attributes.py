"""Convert attributes of SFTP files to `Entry`."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath

from paramiko import SFTPAttributes

from neuroflow.models import Entry


def entries_of(folder: PurePosixPath, found: Iterable[SFTPAttributes]) -> Iterator[Entry]:
    """Keep the files and folders of a listing; neither links nor devices."""
    for attributes in found:
        mode = attributes.st_mode or stat.S_IFREG  # optional in SFTP
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            # No name may have a slash; one that has must not become a path by itself.
            yield entry_of(folder / attributes.filename.replace("/", "\\"), attributes)


def entry_of(path: PurePosixPath, attributes: SFTPAttributes) -> Entry:
    """Make an entry of one file's attributes.

    Examples
    --------
    >>> attributes = SFTPAttributes()
    >>> attributes.st_size, attributes.st_mode = 9, stat.S_IFREG
    >>> entry_of(PurePosixPath("output/x"), attributes).size
    9
    """
    is_folder = stat.S_ISDIR(attributes.st_mode or 0)
    seconds = attributes.st_mtime
    modified = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return Entry(path, 0 if is_folder else attributes.st_size or 0, is_folder, modified)
