"""What neuroflow needs of a place to send studies to: seven operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Protocol, Self

from neuroflow.models import Entry

OnBytes = Callable[[int], None]
"""Called with the number of bytes done so far; first with 0, once the file is open."""

BeforeLast = Callable[[], None]
"""Called before the last byte leaves: from then on the server may hold the whole file."""


class Receipt(StrEnum):
    """What the server showed after it had acknowledged a whole file."""

    CONFIRMED = "sent whole; the size on the server agrees"
    TAKEN = "sent whole; taken into processing at once"
    UNSEEN = "sent whole; the server does not show what it holds"


def nothing(*_: object) -> None:
    """Do nothing; for those who do not listen.

    Examples
    --------
    >>> nothing(3)
    """


class Remote(Protocol):
    """A place with folders and files; its paths start at the user's home.

    Implementations raise only errors of `neuroflow.errors`. One Remote belongs to one thread;
    only `close` may be called from another one.
    """

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder; `RemoteMissingError` where there is none."""

    def list_many(self, paths: Sequence[PurePosixPath]) -> Iterator[Sequence[Entry]]:
        """Yield what is in each of many folders, in order; nothing for one that is not there."""

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Look at one name; None where there is nothing."""

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = nothing,
        before_last: BeforeLast = nothing,
    ) -> Receipt:
        """Write a whole file under its final name, overwriting; return once the server took it."""

    def get(self, path: PurePosixPath, local: Path, size: int, on_bytes: OnBytes = nothing) -> None:
        """Fetch a file of `size` bytes; the local name appears only when it is whole."""

    def mkdirs(self, path: PurePosixPath) -> None:
        """Make a folder and those above it, where missing."""

    def close(self) -> None:
        """End the session; harmless when repeated."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
