"""The protocol of a place to send studies to: a few operations."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol, Self

from neuroflow.errors import NeuroflowError, RemoteRefusedError
from neuroflow.models import Entry

OnBytes = Callable[[int], None]
"""Called with the number of bytes done so far; first with 0, once the file is open."""

BeforeLast = Callable[[], None]
"""Called before the last byte leaves: from then on the server may hold the whole file."""


class Receipt(StrEnum):
    """What the server showed after it acknowledged a whole file."""

    CONFIRMED = "sent whole; the size on the server agrees"
    TAKEN = "sent whole; taken into processing at once"
    UNSEEN = "sent whole; the server does not show what it holds"


def do_nothing(*_: object) -> None:
    """Do nothing; the default for callbacks.

    Examples
    --------
    >>> do_nothing(3)
    """


class Wanted(NamedTuple):
    """A file to fetch: its remote path, local path, size in bytes, and progress callback."""

    path: PurePosixPath
    local: Path
    size: int
    on_bytes: OnBytes = do_nothing


class Remote(Protocol):
    """A place with folders and files; its paths start at the user's home.

    Implementations raise only errors of `neuroflow.errors`. One Remote belongs to one thread;
    only `close` may be called from another one.
    """

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder: files and folders, neither links nor devices.

        Raises
        ------
        RemoteMissingError
            There is no such folder.
        RemoteRefusedError
            It may not be listed.
        ConnectionLostError
            The connection was lost.
        """

    def list_many(
        self, paths: Sequence[PurePosixPath]
    ) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
        """Yield what is in each of many folders, in order.

        A missing folder is empty; a folder that may not be listed yields the error.

        Raises
        ------
        ConnectionLostError
            The connection was lost.
        """

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Return the entry of one path; None if there is nothing.

        Raises
        ------
        RemoteRefusedError
            It may not be read.
        ConnectionLostError
            The connection was lost.
        """

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = do_nothing,
        before_last: BeforeLast = do_nothing,
    ) -> Receipt:
        """Write a whole file under its final name, overwriting; its folder exists.

        Returns once all bytes and the closing were acknowledged, with what the server showed
        afterwards. Whatever ends it before every byte is acknowledged ends the connection
        too: a file is closed, and so declared complete, only when it is whole.

        Raises
        ------
        RemoteMissingError, RemoteRefusedError
            The server refused; where `on_bytes` was never called, nothing was sent.
        SizeMismatchError
            The server holds another length than was sent.
        ConnectionLostError
            The connection was lost; what the server holds is not known.
        TransferError
            The local file cannot be read.
        """

    def get(
        self, path: PurePosixPath, local: Path, size: int, on_bytes: OnBytes = do_nothing
    ) -> None:
        """Fetch a file of `size` bytes; the local name appears only when it is whole.

        Raises
        ------
        SizeMismatchError
            The file does not have `size` bytes; nothing appears.
        RemoteMissingError, RemoteRefusedError
            It is gone, or may not be read.
        ConnectionLostError
            The connection was lost; nothing appears.
        TransferError
            This disk is full or may not be written.
        """

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Fetch many files, each as `get`.

        Yields in order why a file could not be fetched, or None once it is there; if closed early,
        files that were not yielded do not appear.

        Raises
        ------
        ConnectionLostError
            The connection was lost.
        TransferError
            This disk is full or may not be written.
        """

    def mkdirs(self, path: PurePosixPath) -> None:
        """Create a folder and its parents, where missing.

        Raises
        ------
        RemoteRefusedError
            The server refused.
        ConnectionLostError
            The connection was lost.
        """

    def close(self) -> None:
        """End the session; harmless when repeated."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
