"""The protocol of a place to send studies to: a few operations."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol, Self

from neuroflow.errors import (
    FileChangedError,
    NeuroflowError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
)
from neuroflow.models import Entry

OnBytes = Callable[[int], None]
"""Called with the number of bytes done so far; first with 0, once the file is open."""

BeforeLast = Callable[[], None]
"""Called before the last byte leaves: from then on the server may hold the whole file."""


class Receipt(StrEnum):
    """What the server showed after it acknowledged a whole file."""

    CONFIRMED = "sent; the size on the server is correct"
    TAKEN = "sent; already in processing"
    UNSEEN = "sent; the server does not show the file"
    UNSIZED = "sent; the server does not report the size of the file"


def do_nothing(*_: object) -> None:
    """Do nothing; the default for callbacks."""


class Wanted(NamedTuple):
    """A file to fetch."""

    path: PurePosixPath
    local: Path
    size: int  # As listed, in bytes
    on_bytes: OnBytes = do_nothing
    modified: datetime | None = None  # As listed; None if it does not matter


FILE_ERRORS = (RemoteMissingError, RemoteRefusedError, SizeMismatchError, FileChangedError)
"""What keeps one file from being fetched, and no other."""


def check_unchanged(now: Entry, size: int, modified: datetime | None) -> None:
    """Raise an error for a file with another size or time on the server after it was fetched."""
    is_same_time = None in (modified, now.modified) or modified == now.modified
    if now.size != size or not is_same_time:
        # Written over meanwhile, it could be old at its begin and new at its end.
        raise FileChangedError(
            f"{now.name} was changed on the server while it was fetched.",
            advice="It is fetched again; if that does not help, collect again later.",
        )


class Remote(Protocol):
    """A place with folders and files; its paths start at the user's home.

    Implementations raise only errors of `neuroflow.errors`. One Remote belongs to one thread;
    only `close` may be called from another one.

    Examples
    --------
    >>> import tempfile
    >>> from neuroflow.transfer.local import LocalRemote
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a.zip").write_bytes(b"abc")
    3
    >>> place, file = PurePosixPath("input/C/input"), PurePosixPath("input/C/input/a.zip")
    >>> with LocalRemote(folder / "home") as remote:
    ...     remote.mkdirs(place)
    ...     receipt = remote.put(folder / "a.zip", file)
    ...     names = [entry.path.name for entry in remote.list(place)]
    ...     sizes = [entry.size for found in remote.list_many([place]) for entry in found]
    ...     size = remote.stat(file).size
    ...     remote.get(file, folder / "b.zip", size)
    ...     failures = list(remote.get_many([Wanted(file, folder / "c.zip", size)]))
    ...     remote.close()
    >>> names, sizes, failures, receipt.name
    (['a.zip'], [3], [None], 'CONFIRMED')
    """

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder: files and folders, neither links nor devices.

        Parameters
        ----------
        path
            The folder.

        Yields
        ------
        Entry
            One per name, in any order.

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
        """List many folders, with several requests in flight at a time.

        Parameters
        ----------
        paths
            The folders.

        Yields
        ------
        sequence of Entry, or RemoteRefusedError
            One per folder, in the order of `paths`: what is in it, nothing if it does not exist,
            or the error if it may not be listed.

        Raises
        ------
        ConnectionLostError
            The connection was lost.
        """

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Return the entry of one path.

        Parameters
        ----------
        path
            A file or folder.

        Returns
        -------
        Entry or None
            None if nothing has this path.

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
        """Write a whole file under its final name, replacing an existing one.

        Whatever ends the upload before every byte is acknowledged ends the connection, too: a
        file is closed, and so declared complete, only when it is whole.

        Parameters
        ----------
        local
            The file on this disk.
        path
            Its path on the server; the folder exists.
        on_bytes
            Called with the number of bytes acknowledged so far; first with 0.
        before_last
            Called before the last byte leaves.

        Returns
        -------
        Receipt
            What the server showed after it acknowledged all bytes and the closing.

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
        self,
        path: PurePosixPath,
        local: Path,
        size: int,
        on_bytes: OnBytes = do_nothing,
        modified: datetime | None = None,
    ) -> None:
        """Download a file; the local name appears only when the file is complete.

        Parameters
        ----------
        path
            The file on the server.
        local
            Where to write it.
        size
            Its length in bytes, as listed.
        on_bytes
            Called with the number of bytes received so far.
        modified
            The time of its last modification, as listed; the server must still show it after the
            download. None for no such check.

        Raises
        ------
        SizeMismatchError
            The file does not have `size` bytes; nothing appears.
        FileChangedError
            The server shows another size or time after the last byte; nothing appears.
        RemoteMissingError, RemoteRefusedError
            It is gone, or may not be read.
        ConnectionLostError
            The connection was lost; nothing appears.
        TransferError
            This disk is full or may not be written.
        """

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Download many files, each as `get` does, with several requests in flight at a time.

        If the generator is closed early, files that were not yielded do not appear.

        Parameters
        ----------
        wanted
            The files.

        Yields
        ------
        NeuroflowError or None
            One per file, in the order of `wanted`: why it could not be downloaded, or None.

        Raises
        ------
        ConnectionLostError
            The connection was lost.
        TransferError
            This disk is full or may not be written.
        """

    def mkdirs(self, path: PurePosixPath) -> None:
        """Create a folder and its parents, where missing.

        Parameters
        ----------
        path
            The folder.

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
