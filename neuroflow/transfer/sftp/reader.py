"""Reading many files over one channel: opened ahead, with many requests under way.

Three small files of a study cost three round trips each when read one after the other; opened
and asked for ahead, all files together cost a few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import paramiko
from paramiko.sftp import CMD_DATA, CMD_HANDLE, CMD_OPEN, CMD_READ, SFTP_FLAG_READ, int64

from neuroflow.transfer.sftp.client import Answers, PipelinedClient
from neuroflow.transfer.sftp.packets import REQUEST_SIZE

AHEAD = 96  # files open at a time; OpenSSH allows as many as a process may have, 1024 as a rule
DEPTH = 128  # reads under way: 4 MiB, enough for 50 ms at 80 MB/s

Piece = bytes | OSError | None
"""Some bytes of a file; or the server's refusal, or None, at its end."""


def read_files(
    client: PipelinedClient, wanted: Sequence[tuple[str, int]]
) -> Generator[Piece, None, None]:
    """Read files in order.

    Closed early, it hears what is under way and puts the files down.

    References
    ----------
    draft-ietf-secsh-filexfer-02, section 6.4: a read may bring less than was asked for.
    """
    files = [_File(path, size, deque(_ranges(size + 1))) for path, size in wanted]
    reading = _Reading(client, files)
    try:
        for number in range(len(files)):
            yield from reading.pieces(number)
    except GeneratorExit:
        reading.put_down()
        raise


@dataclass(slots=True)
class _File:
    path: str
    size: int
    wanted: deque[tuple[int, int]]
    asked: deque[tuple[int, int, int]] = field(default_factory=deque)
    opening: int | None = None
    handle: bytes | None = None
    failure: OSError | None = None


class _Reading:
    """The requests under way."""

    def __init__(self, client: PipelinedClient, files: Sequence[_File]) -> None:
        self._client = client
        self._files = files
        self._answers = Answers()
        self._under_way = 0

    def pieces(self, number: int) -> Iterator[Piece]:
        """Yield one file; what comes after it is asked for meanwhile."""
        file = self._files[number]
        self._look_ahead(number)
        self._hear_of_opening(file)
        while file.failure is None:
            self._look_ahead(number)
            data = self._next(file)
            if data:
                yield data
            elif file.failure is None:
                break
        self._close(file)
        yield file.failure

    def put_down(self) -> None:
        """Close every file that is open or about to be."""
        for file in self._files:
            if file.opening is not None:
                self._hear_of_opening(file)
                self._close(file)

    def _look_ahead(self, number: int) -> None:
        """Open files, and ask for their bytes, as far as there is room."""
        for file in self._files[number : number + AHEAD]:
            if file.opening is None:
                fields = (file.path, SFTP_FLAG_READ, paramiko.SFTPAttributes())
                file.opening = self._client.send(self._answers, CMD_OPEN, *fields)
            if file.opening in self._answers.arrived:
                self._hear_of_opening(file)
            is_next = file is self._files[number]
            while file.handle and file.wanted:
                if self._under_way >= DEPTH and not (is_next and not file.asked):
                    break
                self._ask(file, *file.wanted.popleft())

    def _hear_of_opening(self, file: _File) -> None:
        if file.handle is not None or file.failure is not None or file.opening is None:
            return
        try:
            file.handle = self._client.answer(self._answers, file.opening, CMD_HANDLE).get_string()
        except OSError as error:
            file.failure = error

    def _ask(self, file: _File, offset: int, length: int, *, is_first: bool = False) -> None:
        number = self._client.send(self._answers, CMD_READ, file.handle, int64(offset), length)
        self._under_way += 1
        (file.asked.appendleft if is_first else file.asked.append)((number, offset, length))

    def _next(self, file: _File) -> bytes:
        """Wait for the next bytes of a file; empty at its end."""
        if not file.asked:
            return b""
        number, offset, length = file.asked.popleft()
        data = self._data(file, number)
        end = offset + len(data)
        if data and len(data) < length and end < file.size:
            self._ask(file, end, length - len(data), is_first=True)
        return data

    def _data(self, file: _File, number: int) -> bytes:
        self._under_way -= 1
        try:
            message = self._client.answer(self._answers, number, CMD_DATA)
        except OSError as error:
            file.failure = error
            return b""
        data: bytes = b"" if message is None else message.get_string()
        return data

    def _close(self, file: _File) -> None:
        """Hear what is left of a file, and let it go."""
        failure = file.failure
        while file.asked:
            self._data(file, file.asked.popleft()[0])
        file.failure = failure  # what came after the end of the file does not matter
        file.wanted.clear()
        if file.handle is not None:
            self._client.put_down(file.handle)
        file.opening = None


def _ranges(size: int) -> Iterator[tuple[int, int]]:
    for offset in range(0, size, REQUEST_SIZE):
        yield offset, min(REQUEST_SIZE, size - offset)
