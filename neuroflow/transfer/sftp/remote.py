"""The service as a `Remote`: SFTP over SSH."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Self, TypeVar

import paramiko

from neuroflow.errors import (
    NeuroflowError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
)
from neuroflow.models import Entry
from neuroflow.transfer.local_files import Block, arriving, reading
from neuroflow.transfer.remote import BeforeLast, OnBytes, Receipt, Wanted, nothing
from neuroflow.transfer.sftp.attributes import entries_of, entry_of
from neuroflow.transfer.sftp.client import PipelinedClient
from neuroflow.transfer.sftp.reader import Piece, read_files
from neuroflow.transfer.sftp.writer import BLOCK, Upload
from neuroflow.transfer.ssh import HostKeys, Profile, Watchdog, enter, find_route, session
from neuroflow.transfer.translate import FOREIGN, lost, operation_error

T = TypeVar("T")

CLOSING = 8.0
"""How many times the usual time-out a server may take to store a whole file when it is closed."""


def connect(
    profile: Profile,
    *,
    hostkeys: HostKeys,
    passphrase: str | None = None,
    timeout: float = session.TIMEOUT,
    ssh_config: Path | None = None,
) -> SftpRemote:
    """Connect to the service."""
    transport = enter(find_route(profile, ssh_config), hostkeys, passphrase, timeout)
    try:
        return SftpRemote(transport, timeout)
    except BaseException:
        session.hang_up(transport)
        raise


class SftpRemote:
    """One connection to an SFTP server.

    Writes whole files from the first byte to the last, under their final names; never changes
    modes or times, never appends, never resumes: a store of objects behind SFTP refuses all that.

    References
    ----------
    AWS Transfer Family user guide, *Using SFTP with Amazon S3* (what such a server refuses).
    """

    def __init__(self, transport: paramiko.Transport, timeout: float = session.TIMEOUT) -> None:
        self._transport = transport
        self._timeout = timeout
        self._channel = session.open_channel(transport, timeout)
        self._dog = Watchdog(lambda: session.hang_up(transport), timeout)
        try:
            with self._dog:
                self._client = PipelinedClient(self._channel, self._dog.feed)
        except FOREIGN as error:
            self._dog.stop()
            raise lost("opening the SFTP session", error) from error

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder, as `Remote.list`."""
        # All of it before the first is handed out: other requests may come in between.
        (found,) = self._ask(f"listing {path}", lambda: list(self._client.listings([str(path)])))
        with self._watched(f"listing {path}"):
            if isinstance(found, OSError):
                raise found
        yield from entries_of(path, found)

    def list_many(
        self, paths: Sequence[PurePosixPath]
    ) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
        """Yield what is in each of many folders, as `Remote.list_many`, in a few round trips."""
        names = [str(path) for path in paths]
        listings = self._ask("listing folders", lambda: list(self._client.listings(names)))
        for path, found in zip(paths, listings, strict=True):
            try:
                with self._watched(f"listing {path}"):
                    if isinstance(found, OSError):
                        raise found
            except RemoteMissingError:
                yield ()
            except RemoteRefusedError as error:
                yield error
            else:
                yield tuple(entries_of(path, found))

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Look at one name, as `Remote.stat`."""
        try:
            attributes = self._ask(f"looking at {path.name}", lambda: self._client.stat(str(path)))
        except RemoteMissingError:
            return None
        return entry_of(path, attributes)

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = nothing,
        before_last: BeforeLast = nothing,
    ) -> Receipt:
        """Write a whole file under its final name, as `Remote.put`."""
        with reading(local, BLOCK) as (blocks, size):
            doing = f"opening {path.name}"
            handle = self._ask(doing, lambda: self._client.create(str(path)))
            try:
                on_bytes(0)
                self._write(handle, blocks, path.name, on_bytes, before_last)
            except BaseException:
                # To close the file would tell the server that it is complete.
                self.close()
                raise
        self._close(handle, path.name)
        return self._receipt(path, size)

    def get(self, path: PurePosixPath, local: Path, size: int, on_bytes: OnBytes = nothing) -> None:
        """Fetch a file of `size` bytes, as `Remote.get`."""
        (error,) = self.get_many([Wanted(path, local, size, on_bytes)])
        if error is not None:
            raise error

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Fetch many files with many requests under way, as `Remote.get_many`."""
        pieces = read_files(self._client, [(str(each.path), each.size) for each in wanted])
        try:
            for each in wanted:
                try:
                    self._fetch(pieces, each)
                except (RemoteMissingError, RemoteRefusedError, SizeMismatchError) as error:
                    yield error
                else:
                    yield None
        finally:
            self._ask("putting files down", pieces.close)

    def mkdirs(self, path: PurePosixPath) -> None:
        """Make a folder and those above it, as `Remote.mkdirs`."""
        if self._is_folder(path):
            return
        for folder in [*reversed(path.parents[:-1]), path]:
            if self._is_folder(folder):
                continue
            try:
                self._ask(f"making the folder {folder}", partial(self._client.mkdir, str(folder)))
            except RemoteRefusedError:
                # Somebody made it meanwhile, or the account may not look: the upload will tell.
                if self._is_folder(folder) is False:
                    raise

    def close(self) -> None:
        """End the session; harmless when repeated."""
        self._dog.stop()
        session.hang_up(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _fetch(self, pieces: Iterator[Piece], wanted: Wanted) -> None:
        """Write the next file of those being read."""
        doing = f"fetching {wanted.path.name}"
        done = 0
        wanted.on_bytes(0)
        with arriving(wanted.local) as write:
            while (data := self._ask(doing, lambda: next(pieces))) is not None:
                if isinstance(data, OSError):
                    with self._watched(doing):
                        raise data
                done += len(data)
                write(data)
                wanted.on_bytes(min(done, wanted.size))
            if done != wanted.size:
                raise SizeMismatchError(
                    f"{wanted.path.name} has another length than the server listed.",
                    why=f"Listed: {wanted.size} bytes; "
                    f"arrived: {done}{' or more' * (done > wanted.size)}.",
                    advice="It may still be in the making; collect again later.",
                )

    def _write(
        self,
        handle: bytes,
        blocks: Iterator[Block],
        name: str,
        on_bytes: OnBytes,
        before_last: BeforeLast,
    ) -> None:
        """Send every block; each answer of the server has been heard when this returns."""
        upload = Upload(self._client, handle)
        for block in blocks:
            if not block.left:
                # The last byte leaves only when everything before it is known to have arrived.
                self._ask(f"sending {name}", upload.drain)
                before_last()
            with self._watched(f"sending {name}"):
                upload.write(block.data)
                if not block.left:
                    upload.drain()
            on_bytes(block.done)

    def _close(self, handle: bytes, name: str) -> None:
        """Close a whole file: the store behind the server may take its time now."""
        with self._watched(f"closing {name}"):
            self._dog.feed(CLOSING)
            self._channel.settimeout(CLOSING * self._timeout)
            self._client.close_file(handle)
            self._channel.settimeout(self._timeout)

    def _receipt(self, path: PurePosixPath, size: int) -> Receipt:
        try:
            entry = self.stat(path)
        except RemoteRefusedError:
            return Receipt.UNSEEN  # an account that may only write
        if entry is None:
            return Receipt.TAKEN
        if entry.size != size:
            raise SizeMismatchError(
                f"{path.name} has another length on the server than was sent.",
                why=f"Sent: {size} bytes; there: {entry.size}.",
                advice="It is looked at again before anything is sent.",
            )
        return Receipt.CONFIRMED

    def _is_folder(self, path: PurePosixPath) -> bool | None:
        """Tell whether a folder is there; None where the account may not look."""
        try:
            entry = self.stat(path)
        except RemoteRefusedError:
            return None
        return entry is not None and entry.is_folder

    def _ask(self, doing: str, ask: Callable[[], T]) -> T:
        with self._watched(doing):
            return ask()

    @contextmanager
    def _watched(self, doing: str) -> Iterator[None]:
        try:
            with self._dog:
                yield
        except FOREIGN as error:
            is_silent = self._dog.barked or isinstance(error, TimeoutError)
            if is_silent:
                self.close()  # after a time-out nothing on this connection can be trusted
                raise lost(doing, TimeoutError()) from error
            is_alive = self._transport.is_active()
            raise operation_error(error, doing, is_alive=is_alive) from error
