"""A folder as a `Remote`: a mounted share, or a test."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import FileIO
from pathlib import Path, PurePosixPath
from stat import S_ISDIR
from typing import Self

from neuroflow.errors import (
    NeuroflowError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
)
from neuroflow.models import Entry, utc
from neuroflow.transfer.local_files import atomic_download, reading
from neuroflow.transfer.remote import (
    FILE_ERRORS,
    BeforeLast,
    OnBytes,
    Receipt,
    Wanted,
    check_unchanged,
    do_nothing,
)

_CHUNK = 1 << 20


class LocalRemote:
    """A folder of this computer in place of the user's home on the server."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _place(self, path: PurePosixPath) -> str:
        return os.path.join(self.root, path)  # noqa: PTH118  quicker for thousands of files

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder, as `Remote.list`."""
        with _translated(path), os.scandir(self._place(path)) as found:
            yield from [
                _entry(path, each.name, each.stat(follow_symlinks=False), each.is_dir())
                for each in found
                if not each.is_symlink()
            ]

    def list_many(
        self, paths: Sequence[PurePosixPath]
    ) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
        """Yield what is in each of many folders, as `Remote.list_many`."""
        for path in paths:
            try:
                yield tuple(self.list(path))
            except RemoteMissingError:
                yield ()
            except RemoteRefusedError as error:
                yield error

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Return the entry of one path, as `Remote.stat`."""
        try:
            with _translated(path):
                facts = os.stat(self._place(path))  # noqa: PTH116
        except RemoteMissingError:
            return None
        return _entry(path.parent, path.name, facts, S_ISDIR(facts.st_mode))

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = do_nothing,
        before_last: BeforeLast = do_nothing,
    ) -> Receipt:
        """Write a whole file under its final name, as `Remote.put`."""
        with reading(local, _CHUNK) as (blocks, size):
            with _translated(path):
                target = (self.root / path).open("wb")
            with target:
                on_bytes(0)
                for block in blocks:
                    if not block.left:
                        before_last()
                    with _translated(path):
                        target.write(block.data)
                    on_bytes(block.done)
                with _translated(path):
                    target.flush()
                    os.fsync(target.fileno())
        entry = self.stat(path)
        if entry is not None and entry.size != size:
            raise SizeMismatchError(
                f"{path.name} has a different size than was written.",
                why=f"Written: {size} bytes; there: {entry.size}.",
                advice="It is not sent again automatically: wait for its result, or ask support.",
            )
        return Receipt.CONFIRMED if entry else Receipt.TAKEN

    def get(
        self,
        path: PurePosixPath,
        local: Path,
        size: int,
        on_bytes: OnBytes = do_nothing,
        modified: datetime | None = None,
    ) -> None:
        """Fetch a file of `size` bytes, as `Remote.get`."""
        with _translated(path):
            source = FileIO(self._place(path))
        done = 0
        on_bytes(done)
        with source, atomic_download(local) as write:
            while done <= size:
                with _translated(path):
                    data = source.read(min(_CHUNK, size - done + 1))
                if not data:
                    break
                write(data)
                done += len(data)
                on_bytes(min(done, size))
            if done != size:
                raise SizeMismatchError(
                    f"{path.name} has a different size than was listed.",
                    why=f"Listed: {size} bytes; read: {done}.",
                    advice="It may still be being written; collect again later.",
                )
            if (now := self.stat(path)) is not None:
                check_unchanged(now, size, modified)

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Fetch many files one after the other, as `Remote.get_many`."""
        for each in wanted:
            try:
                self.get(*each)
            except FILE_ERRORS as error:
                yield error
            else:
                yield None

    def mkdirs(self, path: PurePosixPath) -> None:
        """Create a folder and its parents, as `Remote.mkdirs`."""
        with _translated(path):
            (self.root / path).mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Do nothing: there is no session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def _translated(path: PurePosixPath) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RemoteMissingError(
            f"There is no {path.name} in the shared folder.",
            advice="Check the cohort id, and whether the share is mounted.",
        ) from error
    except OSError as error:
        raise RemoteRefusedError(
            f"The shared folder refused {path.name}.",
            why=f"{error.strerror}.",
            advice="Check the share's permissions and free space.",
        ) from error


def _entry(folder: PurePosixPath, name: str, facts: os.stat_result, is_folder: bool) -> Entry:
    modified = utc(int(facts.st_mtime))
    size = 0 if is_folder else facts.st_size
    return Entry(folder, sys.intern(name), size, is_folder, modified)
