"""SFTP as AWS Transfer Family speaks it over S3: whole files, written from front to back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import posixpath
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Any, BinaryIO, cast

import asyncssh
from asyncssh.sftp import SFTPAttrs, SFTPName

_READ, _WRITE, _APPEND, _EXCLUSIVE = (
    asyncssh.FXF_READ,
    asyncssh.FXF_WRITE,
    asyncssh.FXF_APPEND,
    asyncssh.FXF_EXCL,
)
_numbers = itertools.count()


class _Writing:
    """A file that exists for nobody until it is closed."""

    def __init__(self, target: Path, staged: Path) -> None:
        self.target, self.staged = target, staged
        self.file = staged.open("wb")
        self.size = 0
        self.refused = False


class S3Home(asyncssh.SFTPServer):
    """One user's home, with the refusals of an object store (AWS Transfer Family user guide).

    An upload is published when its handle is closed, also when the connection broke: then it holds
    what had arrived. Permissions, times, links, appending and writing at an offset are refused.
    """

    # AWS Transfer Family user guide, "Supported SFTP operations" and its troubleshooting of SFTP.
    def __init__(
        self,
        channel: Any,
        home: Path,
        staging: Path,
        on_file: Callable[[Path], None],
        on_exit: Callable[[], None],
        *,
        kept: Collection[str] = ("", "input", "output"),
        latency: float = 0.0,
    ) -> None:
        self._kept = kept
        super().__init__(channel, chroot=os.fsencode(home))
        self._home, self._staging = home, staging
        self._on_file, self._on_exit, self._latency = on_file, on_exit, latency

    # ------------------------------------------------------------ files

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:  # noqa: ARG002
        """Open a file to read it, or to write it whole."""
        await asyncio.sleep(self._latency)
        if pflags & _APPEND or (pflags & _READ and pflags & _WRITE):
            raise asyncssh.SFTPOpUnsupported("Cannot open file in mode: READ_WRITE or APPEND")
        local = self._local(path)
        if not pflags & _WRITE:
            return local.open("rb")
        if local.is_dir():
            raise asyncssh.SFTPFailure("Is a directory")
        if pflags & _EXCLUSIVE and local.exists():
            raise asyncssh.SFTPFailure("File already exists")
        if not local.parent.is_dir():
            raise asyncssh.SFTPNoSuchFile("No such folder")
        return _Writing(local, self._staging / f"upload-{os.getpid()}-{next(_numbers)}")

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Take the next bytes; refuse any others."""
        if not isinstance(file_obj, _Writing):
            raise asyncssh.SFTPPermissionDenied("The file is open for reading")
        if offset != file_obj.size:
            file_obj.refused = True
            raise asyncssh.SFTPOpUnsupported(
                "AWS Transfer does not support random access writes to S3 objects"
            )
        file_obj.file.write(data)
        file_obj.size += len(data)
        return len(data)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read some bytes."""
        if isinstance(file_obj, _Writing):
            raise asyncssh.SFTPPermissionDenied("The file is open for writing")
        file = cast(BinaryIO, file_obj)
        file.seek(offset)
        return file.read(size)

    async def close(self, file_obj: object) -> None:
        """Close a file; an upload appears now, and is processed from now on."""
        if not isinstance(file_obj, _Writing):
            cast(BinaryIO, file_obj).close()
            return
        file_obj.file.close()
        if file_obj.refused:
            # The parts of an upload that went wrong are never put together.
            file_obj.staged.unlink()
            return
        file_obj.staged.replace(file_obj.target)
        self._on_file(file_obj.target)
        await asyncio.sleep(self._latency)

    async def fstat(self, file_obj: object) -> os.stat_result:
        """Return the size of a file that is open for reading."""
        await asyncio.sleep(self._latency)
        if isinstance(file_obj, _Writing):
            raise asyncssh.SFTPOpUnsupported("FSTAT unsupported on a file open for writing")
        return os.fstat(cast(BinaryIO, file_obj).fileno())

    # ------------------------------------------------------------ names

    async def stat(self, path: bytes) -> os.stat_result:
        """Return the attributes of a file."""
        await asyncio.sleep(self._latency)
        return self._local(path).stat()

    lstat = stat

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder."""
        await asyncio.sleep(self._latency)
        async for name in super().scandir(path):
            yield name

    async def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:  # noqa: ARG002
        """Make a folder, with the permissions the server likes."""
        await asyncio.sleep(self._latency)
        self._local(path).mkdir()

    async def remove(self, path: bytes) -> None:
        """Delete a file."""
        await asyncio.sleep(self._latency)
        self._local(path).unlink()

    async def rmdir(self, path: bytes) -> None:
        """Delete an empty folder, but not the home's own."""
        await asyncio.sleep(self._latency)
        if self._shown(path) in self._kept:
            raise asyncssh.SFTPPermissionDenied("This folder stays")
        self._local(path).rmdir()

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, onto no other; it is processed under its new name."""
        await asyncio.sleep(self._latency)
        old, new = self._local(oldpath), self._local(newpath)
        if old.is_dir():
            raise asyncssh.SFTPOpUnsupported("Renaming of folders is not supported")
        if new.exists():
            raise asyncssh.SFTPFailure("File already exists")
        old.rename(new)
        self._on_file(new)

    posix_rename = rename

    # ------------------------------------------------------------ refusals

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:  # noqa: ARG002
        """Refuse to change permissions, owners, times and sizes."""
        raise asyncssh.SFTPOpUnsupported("SETSTAT unsupported")

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:  # noqa: ARG002
        """Refuse the same for an open file."""
        raise asyncssh.SFTPOpUnsupported("SETSTAT unsupported")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refuse links."""
        raise asyncssh.SFTPOpUnsupported("Links are not supported")

    link = symlink

    def readlink(self, path: bytes) -> bytes:  # noqa: ARG002
        """Refuse links."""
        raise asyncssh.SFTPOpUnsupported("Links are not supported")

    def statvfs(self, path: bytes) -> Any:  # noqa: ARG002
        """Refuse: there is no file system to describe."""
        raise asyncssh.SFTPOpUnsupported("STATVFS unsupported")

    def fstatvfs(self, file_obj: object) -> Any:  # noqa: ARG002
        """Refuse: there is no file system to describe."""
        raise asyncssh.SFTPOpUnsupported("STATVFS unsupported")

    def fsync(self, file_obj: object) -> None:  # noqa: ARG002
        """Refuse to flush what exists only once it is closed."""
        raise asyncssh.SFTPOpUnsupported("FSYNC unsupported")

    # ------------------------------------------------------------ details

    def format_user(self, uid: int | None) -> str:  # noqa: ARG002
        """Return a dash: nobody learns who runs the demo."""
        return "-"

    def format_group(self, gid: int | None) -> str:  # noqa: ARG002
        """Return a dash: nobody learns who runs the demo."""
        return "-"

    def exit(self) -> None:
        """End the session."""
        self._on_exit()

    def _local(self, path: bytes) -> Path:
        local = self._home / self._shown(path)
        if not local.is_relative_to(self._home):  # "C:" in a name, on Windows
            raise asyncssh.SFTPPermissionDenied("There is no such place")
        return local

    def _shown(self, path: bytes) -> str:
        """Return a path below the home, without a slash in front; empty for the home itself."""
        text = os.fsdecode(path).replace(os.sep, "/")
        return posixpath.normpath(posixpath.join("/", text)).lstrip("/")


def discard_staged(staging: Path) -> None:
    """Delete what an earlier run left unfinished."""
    for path in staging.iterdir():
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
