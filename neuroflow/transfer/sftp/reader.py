"""Read many files over one channel: opened ahead, with many requests in flight.

Read one after the other, each small file costs three round trips; opened and requested ahead,
all files together cost a few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import paramiko
from paramiko.sftp import CMD_DATA, CMD_HANDLE, CMD_OPEN, CMD_READ, SFTP_FLAG_READ, int64

from neuroflow.transfer.sftp.client import Answers, PipelinedClient
from neuroflow.transfer.sftp.packets import REQUEST_SIZE

MAX_OPEN_FILES = 96  # OpenSSH allows as many as a process may have, usually 1024
MAX_READS = 128  # reads in flight: 4 MiB, enough for 50 ms at 80 MB/s

Chunk = bytes | OSError | None
"""Some bytes of a file; at its end None, or the error of the server."""


def read_files(
    client: PipelinedClient, wanted: Sequence[tuple[str, int]]
) -> Generator[Chunk, None, None]:
    """Read files in order.

    If closed early, it receives the answers in flight and closes the files.

    References
    ----------
    draft-ietf-secsh-filexfer-02, section 6.4: a read may bring less than was asked for.
    """
    files = [_File(path, size, deque(_ranges(size + 1))) for path, size in wanted]
    reader = _FileReader(client, files)
    try:
        for number in range(len(files)):
            yield from reader.chunks(number)
    except GeneratorExit:
        reader.close_all()
        raise


@dataclass(slots=True)
class _File:
    path: str
    size: int
    to_request: deque[tuple[int, int]]
    requested: deque[tuple[int, int, int]] = field(default_factory=deque)
    opening: int | None = None
    handle: bytes | None = None
    failure: OSError | None = None


class _FileReader:
    """The files that are being read, and the requests in flight."""

    def __init__(self, client: PipelinedClient, files: Sequence[_File]) -> None:
        self._client = client
        self._files = files
        self._answers = Answers()
        self._in_flight = 0

    def chunks(self, number: int) -> Iterator[Chunk]:
        """Yield the chunks of one file, while the next files are requested ahead."""
        file = self._files[number]
        self._request_ahead(number)
        self._await_open(file)
        while file.failure is None:
            self._request_ahead(number)
            data = self._next(file)
            if data:
                yield data
            elif file.failure is None:
                break
        self._close(file)
        yield file.failure

    def close_all(self) -> None:
        """Close every file that is open or about to be."""
        for file in self._files:
            if file.opening is not None:
                self._await_open(file)
                self._close(file)

    def _request_ahead(self, number: int) -> None:
        """Open files and request their bytes, up to the limits."""
        for file in self._files[number : number + MAX_OPEN_FILES]:
            if file.opening is None:
                fields = (file.path, SFTP_FLAG_READ, paramiko.SFTPAttributes())
                file.opening = self._client.send(self._answers, CMD_OPEN, *fields)
            if file.opening in self._answers.arrived:
                self._await_open(file)
            is_next = file is self._files[number]
            while file.handle and file.to_request:
                if self._in_flight >= MAX_READS and not (is_next and not file.requested):
                    break
                self._request(file, *file.to_request.popleft())

    def _await_open(self, file: _File) -> None:
        if file.handle is not None or file.failure is not None or file.opening is None:
            return
        try:
            file.handle = self._client.receive(self._answers, file.opening, CMD_HANDLE).get_string()
        except OSError as error:
            file.failure = error

    def _request(self, file: _File, offset: int, length: int, *, is_first: bool = False) -> None:
        number = self._client.send(self._answers, CMD_READ, file.handle, int64(offset), length)
        self._in_flight += 1
        (file.requested.appendleft if is_first else file.requested.append)((number, offset, length))

    def _next(self, file: _File) -> bytes:
        """Wait for the next bytes of a file; empty at its end."""
        if not file.requested:
            return b""
        number, offset, length = file.requested.popleft()
        data = self._data(file, number)
        end = offset + len(data)
        if data and len(data) < length and end < file.size:
            self._request(file, end, length - len(data), is_first=True)
        return data

    def _data(self, file: _File, number: int) -> bytes:
        self._in_flight -= 1
        try:
            message = self._client.receive(self._answers, number, CMD_DATA)
        except OSError as error:
            file.failure = error
            return b""
        data: bytes = b"" if message is None else message.get_string()
        return data

    def _close(self, file: _File) -> None:
        """Receive the answers still in flight for a file, and close it."""
        failure = file.failure
        while file.requested:
            self._data(file, file.requested.popleft()[0])
        file.failure = failure  # what came after the end of the file does not matter
        file.to_request.clear()
        if file.handle is not None:
            self._client.close_no_wait(file.handle)
        file.opening = None


def _ranges(size: int) -> Iterator[tuple[int, int]]:
    for offset in range(0, size, REQUEST_SIZE):
        yield offset, min(REQUEST_SIZE, size - offset)
