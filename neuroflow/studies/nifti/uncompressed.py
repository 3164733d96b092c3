"""The bytes of a NIfTI, whether it is compressed or not."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from neuroflow.studies.archive import Member

GZIP = b"\x1f\x8b"
_BLOCK = 1 << 18


@contextmanager
def open_uncompressed(member: Member) -> Iterator[IO[bytes]]:
    """Open a NIfTI for reading its uncompressed bytes."""
    with member.open_raw() as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        yield io.BufferedReader(GzipReader(raw), _BLOCK) if packed else raw


class GzipReader(io.RawIOBase):
    """The contents of a gzip, of one part or several; what follows the last part is not read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        # `gzip.GzipFile` takes bytes after the last part for damage.
        self._part = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.end = 0
        """Where the last part ended, once all is read."""

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Put the next bytes into a buffer; return their number, 0 at the end."""
        view = memoryview(buffer).cast("B")
        found = b""
        while not found:
            if self._part.eof:
                stored = self._after_zeros(self._part.unused_data)
                if not stored.startswith(GZIP):
                    self.end = self._raw.tell() - len(stored)
                    break
                self._part = zlib.decompressobj(zlib.MAX_WBITS | 16)
            else:
                stored = self._part.unconsumed_tail or self._raw.read(_BLOCK)
            found = self._part.decompress(stored, len(view))  # zlib compares the checksum
            if not (stored or found or self._part.eof):
                raise EOFError("it ends before the end of the gzip")
        view[: len(found)] = found
        return len(found)

    def _after_zeros(self, stored: bytes) -> bytes:
        """Skip the zeros that may fill up a part; return what follows, at least two bytes of it."""
        while len(stored := stored.lstrip(b"\0")) < len(GZIP):
            more = self._raw.read(_BLOCK)
            if not more:
                break
            stored += more
        return stored
