"""Read many files over one channel: opened ahead, with many requests in flight.

Read one after the other, each small file costs three round trips; opened and requested ahead,
all files together cost a few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import paramiko
from paramiko.sftp import CMD_DATA, CMD_HANDLE, CMD_OPEN, CMD_READ, SFTP_FLAG_READ, int64

from neuroflow.transfer.sftp.client import Answers, PipelinedClient
from neuroflow.transfer.sftp.handles import MAX_OPEN_FILES, may_be_full
from neuroflow.transfer.sftp.pace import PER_ANSWER
from neuroflow.transfer.sftp.packets import StatusError

MAX_READS = 128  # reads in flight: 4 MiB, enough for 50 ms at 80 MB/s


class FileEnd(NamedTuple):
    """The end of a file."""

    failure: StatusError | None  # Why the server did not send the whole file
    # What the server shows of the file after its last byte was read; None where it does not.
    attributes: paramiko.SFTPAttributes | None = None


Chunk = bytes | FileEnd


def read_files(
    client: PipelinedClient, wanted: Sequence[tuple[str, int]]
) -> Generator[Chunk, None, None]:
    """Read files in order: yield the chunks of each, then its end."""
    files = [_File(path, size) for path, size in wanted]
    reader = _FileReader(client, files)
    try:
        for number in range(len(files)):
            yield from reader.chunks(number)
    except GeneratorExit:
        # Receives the answers in flight and closes the files.
        reader.close_all()
        raise


@dataclass(slots=True)
class _Ranges:
    """The parts of a file still to be requested; a size that a server lists costs nothing."""

    size: int = 0
    step: int = 1
    offset: int = 0

    def __bool__(self) -> bool:
        return self.offset < self.size

    def popleft(self) -> tuple[int, int]:
        """Return offset and length of the next part."""
        offset = self.offset
        self.offset += self.step
        return offset, min(self.step, self.size - offset)

    def clear(self) -> None:
        """Request nothing more."""
        self.size = 0


@dataclass(slots=True, eq=False)
class _File:
    path: str
    size: int
    to_request: _Ranges = field(default_factory=_Ranges)
    requested: deque[tuple[int, int, int]] = field(default_factory=deque)
    opening: int | None = None
    handle: bytes | None = None
    failure: StatusError | None = None
    held: int = 0  # how many others were open when it was refused
    check: int | None = None  # the request for its attributes, after its last byte

    @property
    def is_refused(self) -> bool:
        """True where the server did not open it, perhaps because of the number of handles."""
        return self.handle is None and may_be_full(self.failure)

    def reset(self) -> None:
        """Forget all requests: it is opened and read again from its begin."""
        self.to_request.clear()
        self.opening = self.handle = self.failure = self.check = None


class _FileReader:
    """The files that are being read, and the requests in flight."""

    def __init__(self, client: PipelinedClient, files: Sequence[_File]) -> None:
        self._client = client
        self._files = files
        self._answers = Answers()
        self._in_flight = 0
        self._n_open = 0

    def chunks(self, number: int) -> Iterator[Chunk]:
        """Yield the chunks of one file, while the next files are requested ahead."""
        file = self._files[number]
        self._request_ahead(number)
        self._await_open(file)
        if file.is_refused:
            self._open_alone(number)
        while file.failure is None:
            self._request_ahead(number)
            data = self._next(file)
            if data:
                self._client.pace.gain(len(data))
                yield data
            elif file.failure is None:
                break
        attributes = self._attributes(file)
        self._close(file)
        self._client.pace.gain(PER_ANSWER)
        yield FileEnd(file.failure, attributes)

    def close_all(self) -> None:
        """Close every file that is open or about to be."""
        for file in self._files:
            self._close(file)

    def _request_ahead(self, number: int) -> None:
        """Open files and request their bytes, up to the limits."""
        count = self._client.handles.at_most(MAX_OPEN_FILES)
        for file in self._files[number : number + count]:
            if file.opening is None:
                self._open(file)
            if file.opening in self._answers.arrived:
                self._await_open(file)
            is_next = file is self._files[number]
            while file.handle is not None and file.to_request:
                if self._in_flight >= MAX_READS and not (is_next and not file.requested):
                    break
                self._request(file, *file.to_request.popleft())

    def _open(self, file: _File) -> None:
        fields = (file.path, SFTP_FLAG_READ, paramiko.SFTPAttributes())
        file.opening = self._client.send(self._answers, CMD_OPEN, *fields)

    def _await_open(self, file: _File) -> None:
        if file.handle is not None or file.failure is not None or file.opening is None:
            return
        try:
            file.handle = self._client.receive(self._answers, file.opening, CMD_HANDLE).get_string()
        except StatusError as error:
            file.failure = error
            file.held = self._n_open
        else:
            self._n_open += 1
            file.to_request = _Ranges(file.size + 1, self._client.read_size)

    def _open_alone(self, number: int) -> None:
        """Open a refused file again while no other is open, and learn the limit if that helps."""
        file, *others = self._files[number:]
        for other in others:
            if other.opening is not None:
                self._close(other)
                other.reset()
        file.reset()
        self._open(file)
        self._await_open(file)
        if file.failure is None and file.held:
            self._client.handles.halve(file.held)

    def _request(self, file: _File, offset: int, length: int, *, is_first: bool = False) -> None:
        number = self._client.send(self._answers, CMD_READ, file.handle, int64(offset), length)
        self._in_flight += 1
        (file.requested.appendleft if is_first else file.requested.append)((number, offset, length))
        if not file.to_request:
            self._forget_check(file)  # one that was made before this last read
            file.check = self._client.ask_attributes(self._answers, file.path)

    def _attributes(self, file: _File) -> paramiko.SFTPAttributes | None:
        number, file.check = file.check, None
        return None if number is None else self._client.attributes(self._answers, number)

    def _forget_check(self, file: _File) -> None:
        if file.check is not None:
            self._attributes(file)

    def _next(self, file: _File) -> bytes:
        """Wait for the next bytes of a file; empty at its end."""
        if not file.requested:
            return b""
        number, offset, length = file.requested.popleft()
        data = self._data(file, number, length)
        end = offset + len(data)
        if data and len(data) < length and end < file.size:
            self._request(file, end, length - len(data), is_first=True)
        return data

    def _data(self, file: _File, number: int, length: int) -> bytes:
        self._in_flight -= 1
        try:
            message = self._client.receive(self._answers, number, CMD_DATA)
        except StatusError as error:
            file.failure = error
            return b""
        data: bytes = b"" if message is None else message.get_string()
        if len(data) > length:
            file.failure = StatusError("The server sent more bytes than it was asked for")
            return b""
        return data

    def _close(self, file: _File) -> None:
        """Receive the answers still in flight for a file, and close it."""
        self._await_open(file)
        failure = file.failure
        while file.requested:
            number, _, length = file.requested.popleft()
            self._data(file, number, length)
        self._forget_check(file)
        file.failure = failure  # what came after the end of the file does not matter
        file.to_request.clear()
        if file.handle is not None:
            self._client.close_no_wait(file.handle)
            file.handle = None
            self._n_open -= 1
        file.opening = None
