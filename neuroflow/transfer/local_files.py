"""Local files of a transfer: read packages in blocks, write downloads atomically."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from neuroflow.errors import TransferError
from neuroflow.io import PRIVATE, atomic_open, in_megabytes, make_private_folder, remove_leftovers
from neuroflow.models import Entry

PARTIAL = ".part"
"""Ending of the temporary name of a download."""
KEPT_FREE = 20_000_000
"""Bytes of a disk that a download does not take; the ledger needs some of them."""
CLOCK_STEP = 2.0
"""Seconds to which the coarsest disks (FAT) round a file's time."""


class Block(NamedTuple):
    """A block of a file: its bytes, how many are done after it, and how many are left."""

    data: bytes
    done: int
    left: int


@contextmanager
def reading(local: Path, block_size: int) -> Iterator[tuple[Iterator[Block], int]]:
    """Open a file to send it: yield its blocks, and its size in bytes."""
    try:
        source = local.open("rb")
    except OSError as error:
        raise _failed(local, "read", error) from error
    with source:
        size = os.fstat(source.fileno()).st_size
        yield _blocks(local, source, size, block_size), size


def _blocks(local: Path, source: BinaryIO, size: int, block_size: int) -> Iterator[Block]:
    done = 0
    while done < size:
        try:
            data = source.read(min(block_size, max(size - done - 1, 1)))
        except OSError as error:
            raise _failed(local, "read", error) from error
        done += len(data)
        if not data:
            raise TransferError(
                f"{local.name} became shorter while it was being sent.",
                advice="Do not change the packages of the workspace; submit again.",
            )
        yield Block(data, done, size - done)


@contextmanager
def atomic_download(local: Path) -> Iterator[Callable[[bytes], object]]:
    """Yield a function that writes a file, which appears once the block ends without an error."""
    of_caller: OSError | None = None  # of the connection, for instance: not of this disk
    try:
        # To synchronise the folder would cost half as much time again for small files.
        with atomic_open(local, mode=PRIVATE, ending=PARTIAL, sync=False) as file:

            def write(data: bytes) -> object:
                try:
                    return file.write(data)
                except OSError as error:
                    raise _failed(local, "written", error) from error

            try:
                yield write
            except OSError as error:
                of_caller = error
                raise
    except OSError as error:
        if error is of_caller:
            raise
        raise _failed(local, "written", error) from error


def make_folder(folder: Path) -> None:
    """Make a folder for downloads, free of what a killed run left in it."""
    try:
        if folder.is_dir():
            remove_leftovers(folder, PARTIAL)
        else:
            make_private_folder(folder)
    except OSError as error:
        raise TransferError(
            "The folder of results cannot be created on this disk.",
            why=f"{error.strerror}.",
            advice="Check the disk's free space and the folder's permissions.",
        ) from error


def lack_of_space(folder: Path, size: int) -> str:
    """Return why so many bytes should not be written to a disk; empty if there is room."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
    try:
        free = shutil.disk_usage(there).free
    except OSError:  # writing reports it
        return ""
    if size + KEPT_FREE <= free:
        return ""
    return f"{in_megabytes(size)} are needed; free on this disk: {in_megabytes(free)}"


def is_here(entry: Entry, local: Path) -> bool:
    """Check whether a file was fetched before and is unchanged."""
    try:
        facts = local.stat()
    except OSError:
        return False  # fetching it reports what is wrong, if anything
    is_same_time = entry.modified is None or int(facts.st_mtime) == int(entry.modified.timestamp())
    return facts.st_size == entry.size and is_same_time


def is_newer(entry: Entry, local: str | Path) -> bool:
    """Check whether the server has other or later content than this disk."""
    try:
        facts = os.stat(local)  # noqa: PTH116  thousands of them
    except OSError:
        return True
    if facts.st_size != entry.size or entry.modified is None:
        return facts.st_size != entry.size
    # Unlike in `is_here`, a copy made on this disk may have a later time.
    return entry.modified.timestamp() - facts.st_mtime > CLOCK_STEP


def stamp(local: Path, entry: Entry) -> None:
    """Set a file's time to that of the server, to recognise it later."""
    if entry.modified is not None:
        seconds = entry.modified.timestamp()
        try:
            os.utime(local, (seconds, seconds))
        except OSError as error:
            raise _failed(local, "written", error) from error


def _failed(local: Path, verb: str, error: OSError) -> TransferError:
    return TransferError(
        f"{local.name} cannot be {verb} on this disk.",
        why=f"{error.strerror}.",
        advice="Check the disk's free space and the folder's permissions.",
    )
