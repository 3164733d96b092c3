"""The files of a study as streams: plain, gzipped or in a zip."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from neuroflow.errors import StudyError

MAX_UNPACKED_BYTES = 20 * 1024**3
"""No study is larger than this once unpacked."""
MAX_COMPRESSION_RATIO = 200
"""Images compress three to tenfold; a large zip that compresses better than this is not a study."""
BOMB_MIN_BYTES = 256 * 1024**2
READ_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""Exceptions of reading a damaged, locked or encrypted file or archive."""


def reason_of(error: BaseException) -> str:
    """Describe why something could not be read, without naming files or their contents.

    Examples
    --------
    >>> reason_of(FileNotFoundError(2, "No such file", "/scans/MILLER.dcm"))
    'No such file.'
    """
    if isinstance(error, EOFError):
        return "It ends too early."
    if isinstance(error, zipfile.BadZipFile | zlib.error | gzip.BadGzipFile):
        return "Its compressed data are damaged."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"Reading it failed: {type(error).__name__}."


_shared: ContextVar[dict[Path, zipfile.ZipFile] | None] = ContextVar("shared", default=None)


@contextmanager
def shared_archives() -> Iterator[None]:
    """Keep each zip open until the end of the block, so that its directory is read only once."""
    archives: dict[Path, zipfile.ZipFile] = {}
    token = _shared.set(archives)
    try:
        yield
    finally:
        _shared.reset(token)
        for archive in archives.values():
            archive.close()


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    archives = _shared.get()
    if archives is None:
        with zipfile.ZipFile(path) as archive:
            yield archive
        return
    if path not in archives:
        archives[path] = zipfile.ZipFile(path)
    yield archives[path]


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One file of a study: a path, and a name inside it where the path is a zip."""

    path: Path  # The file, or the zip it is in
    name: str = ""  # The name inside the zip; empty for a bare file

    @property
    def basename(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.name).name if self.name else self.path.name

    @property
    def size(self) -> int:
        """Its length in bytes, unpacked where it is in a zip."""
        if not self.name:
            return self.path.stat().st_size
        with _archive(self.path) as archive:
            return archive.getinfo(self.name).file_size

    @property
    def unpacked_size(self) -> int | None:
        """How many bytes `open` yields; None where only uncompressing would show."""
        return None if self.basename.lower().endswith(".gz") else self.size

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open for reading; gzipped DICOM is uncompressed."""
        with self.open_raw() as raw:
            if self.basename.lower().endswith(".gz") and raw.read(2) == b"\x1f\x8b":
                raw.seek(0)
                with gzip.GzipFile(fileobj=raw) as plain:
                    yield plain  # type: ignore[misc]
            else:
                raw.seek(0)
                yield raw

    @contextmanager
    def open_raw(self) -> Iterator[IO[bytes]]:
        """Open for reading the bytes as they are stored."""
        if self.name:
            with _archive(self.path) as archive, archive.open(self.name) as stream:
                yield io.BufferedReader(stream, 1 << 16)  # type: ignore[type-var]
        else:
            with self.path.open("rb") as stream:
                yield stream


def zip_members(path: Path) -> list[Member]:
    """List the files in a zip, after checking that it is safe to read."""
    try:
        with _archive(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except READ_ERRORS as error:
        raise StudyError(
            "The zip cannot be read.",
            why=reason_of(error),
            advice="Export or copy the study again.",
        ) from error
    for info in infos:
        why = _unsafe_reason(info)
        if why:
            raise StudyError(
                "The zip is not safe to unpack.", why=why, advice="Zip the study again."
            )
    _refuse_bomb(path, infos)
    kept = [info.filename for info in infos if not _is_system_file(info.filename)]
    return [Member(path, name) for name in sorted(kept)]


def _unsafe_reason(info: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    if ".." in parts or (parts and (parts[0] == "/" or parts[0].endswith(":"))):
        return "A name in it points outside of the zip."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It contains a link."
    if info.flag_bits & 0x1:
        return "It is encrypted."
    return ""


def _refuse_bomb(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > BOMB_MIN_BYTES and unpacked > MAX_COMPRESSION_RATIO * packed
    ):
        raise StudyError(
            f"The zip would unpack to {unpacked / 1024**3:.1f} GiB.",
            why="No study is that large.",
            advice="Check its contents; if they are right, unpack it and use the folder.",
        )


def _is_system_file(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def looks_like_dicom(start: bytes) -> bool:
    """Check by its first bytes whether a file may be DICOM.

    Examples
    --------
    >>> looks_like_dicom(bytes(128) + b"DICM"), looks_like_dicom(b"participant_id")
    (True, False)

    References
    ----------
    DICOM PS3.10, section 7.1.
    """
    if start[128:132] == b"DICM":
        return True
    # Old exports lack the preamble: they begin with group 0002 or 0008, low byte first.
    return len(start) > 8 and start[:2] in (b"\x02\x00", b"\x08\x00") and start[3] == 0


def sha256_of(path: Path) -> str:
    """Digest a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
