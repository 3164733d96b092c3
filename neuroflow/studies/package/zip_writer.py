"""Write deterministic zips."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

LEVEL = 1
"""Of deflate: the low bits of images are noise; level 6 takes six times as long to save 4 per cent.

zlib compresses, because faster libraries give different bytes on different processors.
"""
TIMESTAMP = (2000, 1, 1, 0, 0, 0)
"""The date of every file in a package."""
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a package."""

    name: str  # Its name in the zip
    blocks: Callable[[], Iterable[bytes]]  # Yields its bytes
    compress: bool = True  # False where it is compressed already
    is_large: bool = False  # True where it may exceed 2 GiB


def _compressor() -> object:
    """Compress runs of a value, and nothing else that repeats: images have little of that."""
    # A third faster than looking for all repetitions, and, of noise, no larger.
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -15, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)


def write_zip(path: Path, contents: Iterable[Content]) -> None:
    """Write a zip in constant memory."""
    with zipfile.ZipFile(path, "w", compresslevel=LEVEL, allowZip64=True) as archive:
        for content in contents:
            info = zipfile.ZipInfo(content.name, TIMESTAMP)
            info.create_system = _UNIX  # the same on every platform
            info.external_attr = 0o600 << 16
            # A ZipInfo made by hand ignores the archive's level: the attribute is the only way.
            info._compresslevel = LEVEL  # type: ignore[attr-defined]
            info.compress_type = zipfile.ZIP_DEFLATED if content.compress else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=content.is_large) as stream:
                if content.compress:
                    stream._compressor = _compressor()  # type: ignore[attr-defined]
                for block in content.blocks():
                    stream.write(block)
