"""Zips whose bytes depend on their contents alone, and reading them back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from neuroflow.errors import PackageError
from neuroflow.studies.archive import READ_ERRORS, sha256_of

LEVEL = 1
"""Of deflate: images are noise in their low bits; level 6 takes six times as long for 4 per cent.

zlib itself packs, as faster libraries give other bytes on other processors.
"""
TIMESTAMP = (2000, 1, 1, 0, 0, 0)
"""What every file in a package is dated."""
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a package."""

    name: str  # Its name in the zip
    blocks: Callable[[], Iterable[bytes]]  # Gives its bytes, piece by piece
    shrinks: bool = True  # False where it is compressed already
    is_large: bool = False  # True where it may exceed 2 GiB


def write_zip(path: Path, contents: Iterable[Content]) -> None:
    """Write a zip; memory does not grow with what goes into it."""
    with zipfile.ZipFile(path, "w", compresslevel=LEVEL, allowZip64=True) as archive:
        for content in contents:
            info = zipfile.ZipInfo(content.name, TIMESTAMP)
            info.create_system = _UNIX  # else the platform would show
            info.external_attr = 0o600 << 16
            # A ZipInfo made by hand ignores the archive's level: the attribute is the only way.
            info._compresslevel = LEVEL  # type: ignore[attr-defined]
            info.compress_type = zipfile.ZIP_DEFLATED if content.shrinks else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=content.is_large) as stream:
                for block in content.blocks():
                    stream.write(block)


def verify_zip(path: Path) -> str:
    """Read a zip back, every byte of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except READ_ERRORS as error:
        broken = str(error)
    if broken is not None:
        raise PackageError(
            "The zip does not read back.", why=f"{broken}.", advice="Check the disk, and try again."
        )
    return sha256_of(path)
