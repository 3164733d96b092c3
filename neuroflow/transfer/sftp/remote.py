"""The service as a `Remote`: SFTP over SSH."""

from __future__ import annotations

import copy
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Self, TypeVar

import paramiko

from neuroflow.errors import (
    ConnectError,
    ConnectionLostError,
    HostNotFoundError,
    KeyFileError,
    LoginRefusedError,
    NeuroflowError,
    PortError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
)
from neuroflow.models import Entry
from neuroflow.transfer.local_files import Block, atomic_download, reading
from neuroflow.transfer.remote import (
    FILE_ERRORS,
    BeforeLast,
    OnBytes,
    Receipt,
    Wanted,
    check_unchanged,
    do_nothing,
)
from neuroflow.transfer.sftp.attributes import (
    entries_of,
    entry_of,
    file_type,
    sized,
    unreadable_size,
    unreadable_type,
)
from neuroflow.transfer.sftp.client import PipelinedClient
from neuroflow.transfer.sftp.pace import TooSlowError
from neuroflow.transfer.sftp.packets import NoSftpError, StatusError
from neuroflow.transfer.sftp.reader import Chunk, FileEnd, read_files
from neuroflow.transfer.sftp.sizes import find_sizes
from neuroflow.transfer.sftp.writer import BLOCK, FileWriter
from neuroflow.transfer.ssh import (
    LIBRARY_ERRORS,
    HostKeys,
    Profile,
    Route,
    Tunnel,
    Watchdog,
    connection_lost,
    find_route,
    operation_error,
    session,
)

T = TypeVar("T")

CLOSE_PATIENCE = 8.0
"""Factor of the time-out that a server may take to store a whole file when it is closed."""


def connect(
    profile: Profile,
    *,
    hostkeys: HostKeys,
    passphrase: str | None = None,
    timeout: float = session.TIMEOUT,
    ssh_config: Path | None = None,
) -> SftpRemote:
    """Connect to the service."""
    route = find_route(profile, ssh_config)
    try:
        transport = Tunnel(route, hostkeys, passphrase, timeout).connect()
    except (HostNotFoundError, PortError, KeyFileError, LoginRefusedError) as error:
        raise _with_notes(error, route) from error
    try:
        return SftpRemote(transport, timeout)
    except BaseException:
        session.disconnect(transport)
        raise


def _with_notes(error: ConnectError, route: Route) -> ConnectError:
    """Return an error with what of ssh_config was not followed: it may be the cause."""
    notes = dict.fromkeys(note for hop in route.hops for note in hop.notes)
    if not notes:
        return error
    found = copy.copy(error)
    found.why = " ".join([error.why, *notes]).strip()
    return found


class SftpRemote:
    """One connection to an SFTP server.

    Writes whole files in order under their final names; never changes modes or times, appends or
    resumes: S3 refuses that (AWS Transfer Family user guide, *Using SFTP with Amazon S3*).
    """

    def __init__(self, transport: paramiko.Transport, timeout: float = session.TIMEOUT) -> None:
        self._transport = transport
        self._timeout = timeout
        self._channel = session.open_channel(transport, timeout)
        self._watchdog = Watchdog(lambda: session.disconnect(transport), timeout)
        try:
            with self._watchdog:
                self._client = PipelinedClient(self._channel, self._watchdog.reset)
        except LIBRARY_ERRORS as error:
            self._watchdog.stop()
            silence = TimeoutError() if self._watchdog.expired else error
            received = error.received if isinstance(error, NoSftpError) else b""
            raise session.start_error(silence, transport, self._channel, received) from error

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder, as `Remote.list`."""
        # Read to the end before the first is yielded: other requests may come in between.
        with self._paced():
            (found,) = self._call(
                f"listing {path}", lambda: list(self._client.listings([str(path)]))
            )
        with self._watched(f"listing {path}"):
            if isinstance(found, OSError):
                raise found
        yield from self._entries(path, found)

    def list_many(
        self, paths: Sequence[PurePosixPath]
    ) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
        """Yield what is in each of many folders, as `Remote.list_many`, in a few round trips."""
        names = [str(path) for path in paths]
        with self._paced():
            listings = self._call("listing folders", lambda: list(self._client.listings(names)))
        for path, found in zip(paths, listings, strict=True):
            try:
                with self._watched(f"listing {path}"):
                    if isinstance(found, OSError):
                        raise found
                entries = self._entries(path, found)
            except RemoteMissingError:
                yield ()
            except RemoteRefusedError as error:
                yield error
            else:
                yield entries

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Return the entry of one path, as `Remote.stat`."""
        attributes = self._attributes(path)
        if attributes is None:
            return None
        kind = file_type(attributes)
        (is_folder,) = [stat.S_ISDIR(kind)] if kind else self._find_folders([path])
        if is_folder is None:
            raise unreadable_type(path)
        entry = self._sized(entry_of(path, attributes, is_folder=is_folder))
        if not entry.is_sized:
            raise unreadable_size(path)
        return entry

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = do_nothing,
        before_last: BeforeLast = do_nothing,
    ) -> Receipt:
        """Write a whole file under its final name, as `Remote.put`."""
        with reading(local, BLOCK) as (blocks, size):
            action = f"opening {path.name}"
            handle = self._call(action, lambda: self._client.create(str(path)))
            try:
                on_bytes(0)
                self._write(handle, blocks, path.name, on_bytes, before_last)
            except BaseException:
                # To close the file would signal to the server that it is complete.
                self.close()
                raise
        self._close(handle, path.name)
        return self._receipt(path, size)

    def get(
        self,
        path: PurePosixPath,
        local: Path,
        size: int,
        on_bytes: OnBytes = do_nothing,
        modified: datetime | None = None,
    ) -> None:
        """Fetch a file of `size` bytes, as `Remote.get`."""
        (error,) = self.get_many([Wanted(path, local, size, on_bytes, modified)])
        if error is not None:
            raise error

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Fetch many files with many requests in flight, as `Remote.get_many`."""
        chunks = read_files(self._client, [(str(each.path), each.size) for each in wanted])
        try:
            for each in wanted:
                try:
                    self._fetch(chunks, each)
                except FILE_ERRORS as error:
                    yield error
                else:
                    yield None
        finally:
            self._call("closing files", chunks.close)

    def mkdirs(self, path: PurePosixPath) -> None:
        """Create a folder and its parents, as `Remote.mkdirs`."""
        if self._is_folder(path):
            return
        for folder in [*reversed(path.parents[:-1]), path]:
            if self._is_folder(folder):
                continue
            try:
                self._call(
                    f"creating the folder {folder}", partial(self._client.mkdir, str(folder))
                )
            except RemoteRefusedError:
                # It was created meanwhile, or the account may not list: the upload will show it.
                if self._is_folder(folder) is False:
                    raise

    def close(self) -> None:
        """End the session; harmless when repeated."""
        self._watchdog.stop()
        session.disconnect(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _fetch(self, chunks: Iterator[Chunk], wanted: Wanted) -> None:
        """Write the next file of those being read."""
        action = f"fetching {wanted.path.name}"
        done = 0
        wanted.on_bytes(0)
        with atomic_download(wanted.local) as write:
            while not isinstance(data := self._next(action, chunks), FileEnd):
                done += len(data)
                write(data)
                wanted.on_bytes(min(done, wanted.size))
            if data.failure is not None:
                with self._watched(action):
                    raise data.failure
            if done != wanted.size:
                raise SizeMismatchError(
                    f"{wanted.path.name} has a different size than the server listed.",
                    why=f"Listed: {wanted.size} bytes; "
                    f"arrived: {done}{' or more' * (done > wanted.size)}.",
                    advice="It may still be being written; collect again later.",
                )
            if data.attributes is not None and data.attributes.st_size is not None:
                now = entry_of(wanted.path, data.attributes, is_folder=False)
                check_unchanged(now, wanted.size, wanted.modified)

    def _next(self, action: str, chunks: Iterator[Chunk]) -> Chunk:
        with self._paced():
            return self._call(action, lambda: next(chunks))

    @contextmanager
    def _paced(self) -> Iterator[None]:
        """Give the server up that brings next to nothing meanwhile."""
        self._client.pace.on = True
        try:
            yield
        finally:
            self._client.pace.on = False

    def _write(
        self,
        handle: bytes,
        blocks: Iterator[Block],
        name: str,
        on_bytes: OnBytes,
        before_last: BeforeLast,
    ) -> None:
        """Send every block; all answers of the server are checked when this returns."""
        writer = FileWriter(self._client, handle)
        for block in blocks:
            if not block.left:
                # The last byte is sent only when everything before it was acknowledged.
                self._call(f"sending {name}", writer.flush)
                before_last()
            with self._watched(f"sending {name}"):
                writer.write(block.data)
                if not block.left:
                    writer.flush()
            on_bytes(block.done)

    def _close(self, handle: bytes, name: str) -> None:
        """Close a whole file: the store behind the server may take its time now."""
        with self._watched(f"closing {name}"):
            self._watchdog.reset(CLOSE_PATIENCE)
            self._channel.settimeout(CLOSE_PATIENCE * self._timeout)
            self._client.close_file(handle)
            self._channel.settimeout(self._timeout)

    def _receipt(self, path: PurePosixPath, size: int) -> Receipt:
        try:
            attributes = self._attributes(path)
        except (ConnectionLostError, RemoteRefusedError):
            # Every byte and the closing were acknowledged; only this check has no answer.
            return Receipt.UNSEEN
        if attributes is None:
            return Receipt.TAKEN
        entry = entry_of(path, attributes, is_folder=stat.S_ISDIR(file_type(attributes)))
        try:
            entry = self._sized(entry)
        except ConnectionLostError:
            return Receipt.UNSEEN
        if not entry.is_sized:
            return Receipt.UNSIZED
        if entry.size != size:
            raise SizeMismatchError(
                f"{path.name} has a different size on the server than was sent.",
                why=f"Sent and acknowledged: {size} bytes; there now: {entry.size}.",
                advice="It is not sent again automatically. Wait for its result, or ask the "
                "service's support what became of the file.",
            )
        return Receipt.CONFIRMED

    def _attributes(self, path: PurePosixPath) -> paramiko.SFTPAttributes | None:
        """Return the server's attributes of a path; None where there is nothing."""
        try:
            return self._call(f"checking {path.name}", lambda: self._client.stat(str(path)))
        except RemoteMissingError:
            return None

    def _entries(
        self, path: PurePosixPath, found: Iterable[paramiko.SFTPAttributes]
    ) -> Sequence[Entry]:
        return entries_of(path, found, self._find_folders, self._find_sizes)

    def _sized(self, entry: Entry) -> Entry:
        """Return an entry with its size, if the server reports it in any way."""
        return entry if entry.is_sized else sized(entry, *self._find_sizes([entry.path]))

    def _find_sizes(self, paths: Sequence[PurePosixPath]) -> Sequence[int | None]:
        names = [str(path) for path in paths]
        return self._call("reading the sizes of files", lambda: find_sizes(self._client, names))

    def _find_folders(self, paths: Sequence[PurePosixPath]) -> Sequence[bool | None]:
        names = [str(path) for path in paths]
        return self._call("reading the types of files", lambda: self._client.find_folders(names))

    def _is_folder(self, path: PurePosixPath) -> bool | None:
        """Check whether a folder exists; None where the account may not list."""
        try:
            entry = self.stat(path)
        except RemoteRefusedError:
            return None
        return entry is not None and entry.is_folder

    def _call(self, action: str, call: Callable[[], T]) -> T:
        with self._watched(action):
            return call()

    @contextmanager
    def _watched(self, action: str) -> Iterator[None]:
        try:
            with self._watchdog:
                yield
        except LIBRARY_ERRORS as error:
            is_silent = self._watchdog.expired or isinstance(error, TimeoutError)
            if is_silent:
                self.close()  # after a time-out nothing on this connection can be trusted
                silence = error if isinstance(error, TooSlowError) else TimeoutError()
                raise connection_lost(action, silence) from error
            # A server may close an idle channel while the connection stays: that is no answer.
            is_answer = isinstance(error, StatusError) and self._transport.is_active()
            raise operation_error(error, action, is_alive=is_answer) from error
