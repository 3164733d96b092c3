"""What neuroflow needs of a place to send studies to: six operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol, Self

from neuroflow.models import Entry

OnBytes = Callable[[int], None]
"""Called with the number of bytes done so far."""


class Remote(Protocol):
    """A place with folders and files; its paths start at the user's home.

    Implementations raise only errors of `neuroflow.errors`. One Remote belongs to one thread.
    """

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder; `RemoteMissingError` where there is none."""

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Look at one name; None where there is nothing."""

    def put(self, local: Path, path: PurePosixPath, on_bytes: OnBytes) -> None:
        """Write a whole file under its final name, overwriting; return once the server took it."""

    def get(self, path: PurePosixPath, local: Path, size: int, on_bytes: OnBytes) -> None:
        """Fetch a file of `size` bytes; the local name appears only when it is whole."""

    def mkdirs(self, path: PurePosixPath) -> None:
        """Make a folder and those above it, where missing."""

    def close(self) -> None:
        """End the session; harmless when repeated."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
