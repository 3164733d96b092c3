"""Archives as folders of files: zips and tars, checked before anything in them is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, TypeVar, cast

from neuroflow.errors import StudyError
from neuroflow.io import in_unicode

MAX_UNPACKED_BYTES = 20 * 1024**3
"""No study is larger than this once unpacked."""
MAX_COMPRESSION_RATIO = 200
"""Images compress three to tenfold; a large archive that compresses better holds no study."""
BOMB_MIN_BYTES = 256 * 1024**2
ZIP_MAGIC, TAR_MAGIC, TAR_MAGIC_AT = b"PK\x03\x04", b"ustar", 257
_BLOCK = 1 << 20
Info = TypeVar("Info")
_UNPACKERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}


class Archive(Protocol):
    """The files in an archive, by their names with plain slashes."""

    @property
    def names(self) -> Iterable[str]:
        """The names of the files."""

    def size(self, name: str) -> int:
        """Return the length of a file in bytes."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""

    def close(self) -> None:
        """Close the archive."""


def is_tar(start: bytes) -> bool:
    """Check by its first bytes whether a file is a tar."""
    return start[TAR_MAGIC_AT : TAR_MAGIC_AT + len(TAR_MAGIC)] == TAR_MAGIC


def open_archive(path: Path) -> Archive:
    """Open a zip or tar that is safe to read."""
    with path.open("rb") as stream:
        start = stream.read(TAR_MAGIC_AT + len(TAR_MAGIC))
    packed = next((kind for kind in _UNPACKERS if start.startswith(kind)), None)
    return _Tar(path, packed) if packed or is_tar(start) else _Zip(path)


class _Zip:
    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        try:
            infos = [info for info in self._archive.infolist() if not info.is_dir()]
            for info in infos:
                _refuse(_unsafe_name(info.filename) or _unsafe_zip(info))
            _refuse_bomb(path, sum(info.file_size for info in infos))
        except BaseException:
            self.close()
            raise
        self._infos = {_plain(info.filename): info for info in infos}

    @property
    def names(self) -> Iterable[str]:
        return self._infos

    def size(self, name: str) -> int:
        return _found(self._infos, name).file_size

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(_found(self._infos, name))

    def close(self) -> None:
        self._archive.close()


class _Tar:
    """A tar; a compressed one has no directory, and is uncompressed first."""

    def __init__(self, path: Path, packed: bytes | None) -> None:
        self._unpacked = None if packed is None else _unpacked_once(path, packed)
        self._file = path.open("rb") if self._unpacked is None else self._unpacked.file
        try:
            self._archive = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115
            infos = [info for info in self._archive.getmembers() if not info.isdir()]
            for info in infos:
                _refuse(_unsafe_name(info.name) or _unsafe_tar(info))
            _refuse_bomb(path, sum(info.size for info in infos))
        except BaseException:
            self._close_file()
            raise
        self._infos = {in_unicode(_plain(info.name)): info for info in infos}

    @property
    def names(self) -> Iterable[str]:
        return self._infos

    def size(self, name: str) -> int:
        return _found(self._infos, name).size

    def open(self, name: str) -> IO[bytes]:
        return cast("IO[bytes]", self._archive.extractfile(_found(self._infos, name)))

    def close(self) -> None:
        self._archive.close()
        self._close_file()

    def _close_file(self) -> None:
        if self._unpacked is None:
            self._file.close()
        self._unpacked = None


class _Unpacked:
    """An uncompressed tar in a temporary file without a name, until nobody reads it."""

    def __init__(self, path: Path, packed: bytes) -> None:
        self.file = _uncompress(path, packed)

    def __del__(self) -> None:
        if file := getattr(self, "file", None):
            file.close()


class _Last(threading.local):
    """What a thread uncompressed last: reading it again costs nothing."""

    key: tuple[str, int, int] | None = None
    unpacked: _Unpacked | None = None


_last = _Last()


def _unpacked_once(path: Path, packed: bytes) -> _Unpacked:
    """Uncompress a file, unless it is the one that this thread uncompressed last."""
    now = path.stat()
    key = (str(path), now.st_size, now.st_mtime_ns)
    if _last.unpacked is None or _last.key != key:
        forget_unpacked()
        _last.unpacked, _last.key = _Unpacked(path, packed), key
    _last.unpacked.file.seek(0)
    return _last.unpacked


def forget_unpacked() -> None:
    """Free the space of what this thread uncompressed last, as soon as nobody reads it."""
    _last.key = _last.unpacked = None


def _uncompress(path: Path, packed: bytes) -> IO[bytes]:
    """Uncompress a file into a temporary one that has no name."""
    target = tempfile.TemporaryFile(prefix="neuroflow-")  # noqa: SIM115
    length = 0
    try:
        with path.open("rb") as file, _UNPACKERS[packed](file) as plain:
            while block := plain.read(_BLOCK):
                length += len(block)
                _refuse_bomb(path, length)
                target.write(block)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _found(infos: dict[str, Info], name: str) -> Info:
    try:
        return infos[name]
    except KeyError:
        raise FileNotFoundError(2, "No such file in the archive", name) from None


def _plain(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).as_posix()


def _unsafe_name(name: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or (parts and (parts[0] == "/" or parts[0].endswith(":"))):
        return "A name in it points outside of the archive."
    return ""


def _unsafe_zip(info: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It contains a link."
    return "It is encrypted." if info.flag_bits & 0x1 else ""


def _unsafe_tar(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "It contains a link."
    return "" if info.isreg() else "It contains a device."


def _refuse(why: str) -> None:
    if why:
        raise StudyError(
            "The archive is not safe to unpack.", why=why, advice="Pack the study again."
        )


def _refuse_bomb(path: Path, unpacked: int) -> None:
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > BOMB_MIN_BYTES and unpacked > MAX_COMPRESSION_RATIO * packed
    ):
        raise StudyError(
            f"The archive would unpack to {unpacked / 1024**3:.1f} GiB.",
            why="No study is that large.",
            advice="Check its contents; if they are right, unpack it and use the folder.",
        )
