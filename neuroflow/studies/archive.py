"""The files of a study as streams: plain, gzipped or in an archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.containers import Archive, forget_unpacked, open_archive

_PLACEHOLDERS = {
    b"annex/objects/": ("git-annex", "Run `datalad get` (or `git annex get`) for it."),
    b"version https://git-lfs": ("Git LFS", "Run `git lfs pull`."),
}
READ_ERRORS = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    RuntimeError,
    NotImplementedError,
)
"""Exceptions of reading a damaged, locked or encrypted file or archive."""


def reason_of(error: BaseException) -> str:
    """Describe why something could not be read, without naming files or their contents.

    >>> reason_of(FileNotFoundError(2, "No such file", "/scans/MILLER.dcm"))
    'No such file.'
    """
    if isinstance(error, EOFError):
        return "It ends too early."
    if isinstance(error, zipfile.BadZipFile | zlib.error | gzip.BadGzipFile | tarfile.TarError):
        return "Its compressed data are damaged."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"Reading it failed: {type(error).__name__}."


_shared: ContextVar[dict[Path, Archive] | None] = ContextVar("shared", default=None)


@contextmanager
def shared_archives() -> Iterator[None]:
    """Keep each archive open until the end of the block: its directory is read only once."""
    if _shared.get() is not None:  # an outer block keeps them open
        yield
        return
    archives: dict[Path, Archive] = {}
    token = _shared.set(archives)
    try:
        yield
    finally:
        _shared.reset(token)
        for archive in archives.values():
            archive.close()


@contextmanager
def unpacked_archives() -> Iterator[None]:
    """Free, after the block, the space of archives that were uncompressed in it."""
    try:
        yield
    finally:
        forget_unpacked()


def refuse_placeholder(member: Member) -> None:
    """Raise an error for a file whose content was not downloaded: git-annex, or Git LFS."""
    try:
        with member.open_raw() as stream:
            start = stream.read(512)
    except READ_ERRORS:
        start = str(member.path.readlink()).encode() if member.path.is_symlink() else b""
    for mark, (system, advice) in _PLACEHOLDERS.items():
        if mark in start.replace(b"\\", b"/"):
            raise StudyError(
                f"The content of {member.basename} is not on this computer.",
                why=f"The file is a placeholder of {system}.",
                advice=advice,
            )


@contextmanager
def _archive(path: Path) -> Iterator[Archive]:
    archives = _shared.get()
    if archives is None:
        archive = _opened(path)
        try:
            yield archive
        finally:
            archive.close()
        return
    if path not in archives:
        archives[path] = _opened(path)
    yield archives[path]


def _opened(path: Path) -> Archive:
    try:
        return open_archive(path)
    except READ_ERRORS as error:
        raise StudyError(
            "The archive cannot be read.",
            why=reason_of(error),
            advice="Export or copy the study again.",
        ) from error


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One file of a study: a path, and a name inside it where the path is an archive."""

    path: Path  # The file, or the archive it is in
    name: str = ""  # The name inside the archive; empty for a bare file

    @property
    def place(self) -> Path:
        """Where it would be if archives were folders."""
        return self.path / self.name if self.name else self.path

    @property
    def basename(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.name).name if self.name else self.path.name

    @property
    def size(self) -> int:
        """Its length in bytes, unpacked where it is in an archive."""
        if not self.name:
            return self.path.stat().st_size
        with _archive(self.path) as archive:
            return archive.size(self.name)

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


def archive_members(path: Path) -> list[Member]:
    """List the files in an archive, after checking that it is safe to read."""
    with _archive(path) as archive:
        return [Member(path, name) for name in sorted(archive.names)]


def files_of(study: Study) -> list[Member]:
    """List the files of a study; those in an archive are named as if it were a folder."""
    if study.kind is not StudyKind.ZIP:
        return [Member(path) for path in study.files]
    if study.root in study.files:  # cohorts of earlier versions name the archive alone
        return archive_members(study.root)
    return [Member(study.root, path.relative_to(study.root).as_posix()) for path in study.files]


def files_on_disk(studies: Iterable[Study]) -> list[Path]:
    """List the files that hold some studies, each archive once."""
    paths: dict[Path, None] = {}
    for study in studies:
        paths |= dict.fromkeys((study.root,) if study.kind is StudyKind.ZIP else study.files)
    return sorted(paths)


def looks_like_dicom(start: bytes) -> bool:
    """Check by its first bytes whether a file may be DICOM (PS3.10, section 7.1).

    >>> looks_like_dicom(bytes(128) + b"DICM"), looks_like_dicom(b"participant_id")
    (True, False)
    """
    if start[128:132] == b"DICM":
        return True
    # Old exports lack the preamble: they begin with group 0002 or 0008, low byte first.
    return len(start) > 8 and start[:2] in (b"\x02\x00", b"\x08\x00") and start[3] == 0


def sha256_of(path: Path) -> str:
    """Digest a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_member(member: Member, *, unpacked: bool = False) -> str:
    """Digest a file as it is stored, also one in an archive; or what a gzipped one holds."""
    with member.open() if unpacked else member.open_raw() as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
