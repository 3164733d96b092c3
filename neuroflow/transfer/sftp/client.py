"""A pipelined SFTP client: paramiko's, with overlapping requests and every error reported.

This file and `packets` alone use names of paramiko that begin with an underscore.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import paramiko
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_HANDLE,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READDIR,
    CMD_STAT,
    CMD_STATUS,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_READ,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTPError,
)

from neuroflow.transfer.sftp.handles import may_be_full
from neuroflow.transfer.sftp.pace import PER_ANSWER
from neuroflow.transfer.sftp.packets import EndStatusError, PacketChannel, StatusError

MAX_READDIRS = 16
BATCH = 32  # folders open at a time
MAX_NAMES = 200_000  # of folders listed together; more is endless and would fill the memory
MAX_NAME_BYTES = 64 << 20  # of these, as they are sent
MAX_LISTING_SECONDS = 600.0
MAX_WAITING_BYTES = 64 << 20  # of answers that came in before the one that is waited for
_MIN_NAME = 12  # bytes: the lengths of two empty names, and no attribute

FolderListing = list[paramiko.SFTPAttributes] | StatusError


class PipelinedClient(PacketChannel):
    """An SFTP client that reports every error of the server.

    draft-ietf-secsh-filexfer-02, sections 3, 6.3 and 6.4: answers may come in any order, and a read
    may bring less than was asked for.
    """

    _budget: _Budget

    def create(self, path: str) -> bytes:
        """Open a file to write it whole; what was there is replaced."""
        flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC
        request = (CMD_OPEN, path, flags, paramiko.SFTPAttributes())
        kind, message = self._request(*request)  # type: ignore[attr-defined]
        if kind != CMD_HANDLE:
            raise SFTPError("unexpected answer")
        # An ``SFTPFile`` would send CLOSE when it is garbage collected, which declares the file
        # complete.
        handle: bytes = message.get_binary()
        return handle

    def close_file(self, handle: bytes) -> None:
        """Declare a file complete, and wait for the server's answer."""
        kind, _ = self._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]
        if kind != CMD_STATUS:
            raise StatusError("Something else than a status")

    def listings(self, paths: Sequence[str]) -> Iterator[FolderListing]:
        """List many folders, several at a time."""
        start = 0
        # Names that are not UTF-8 keep their bytes as surrogates.
        self._budget = _Budget()
        while start < len(paths):
            batch = paths[start : start + self.handles.at_most(BATCH)]
            yield from self._list_batch(batch)
            start += len(batch)

    def _list_batch(self, paths: Sequence[str]) -> list[FolderListing]:
        """List folders together; those refused while others were open again, fewer at a time."""
        found = self._list_together(paths)
        refused = [n for n, listing in enumerate(found) if may_be_full(listing)]
        held = len(paths) - len(refused)
        if not refused or not held:
            return found
        step = max(1, held // 2)
        for start in range(0, len(refused), step):
            numbers = refused[start : start + step]
            for n, listing in zip(
                numbers, self._list_batch([paths[n] for n in numbers]), strict=True
            ):
                found[n] = listing
        if any(isinstance(found[n], list) for n in refused):
            self.handles.halve(held)
        return found

    def _list_together(self, paths: Sequence[str]) -> list[FolderListing]:
        answers = Answers()
        opened = [self.send(answers, CMD_OPENDIR, path) for path in paths]
        handles = [self._handle(answers, number) for number in opened]
        # One READDIR is enough for most folders; the second returns the end of the listing.
        asked = {
            n: [self.send(answers, CMD_READDIR, handle) for _ in range(2)]
            for n, handle in enumerate(handles)
            if isinstance(handle, bytes)
        }
        found: list[FolderListing] = [[] if isinstance(h, bytes) else h for h in handles]
        for n, numbers in asked.items():
            found[n] = self._read_folder(answers, handles[n], deque(numbers))
        for n in asked:
            self.close_no_wait(handles[n])
        return found

    def find_folders(self, paths: Sequence[str]) -> list[bool | None]:
        """Return which paths are folders, by opening them; None where neither way opens one."""
        found: list[bool | None] = []
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            folders = self._can_list(batch)
            rest = [path for path, is_folder in zip(batch, folders, strict=True) if not is_folder]
            is_file = dict(zip(rest, self._can_read(rest), strict=True))
            found += [
                True if is_folder else False if is_file[path] else None
                for path, is_folder in zip(batch, folders, strict=True)
            ]
        return found

    def _can_list(self, paths: Sequence[str]) -> list[bool]:
        """Return which paths can be listed; some servers open a file as a folder, too."""
        answers = Answers()
        numbers = [self.send(answers, CMD_OPENDIR, path) for path in paths]
        handles = [self._handle(answers, number) for number in numbers]
        asked = {
            n: self.send(answers, CMD_READDIR, handle)
            for n, handle in enumerate(handles)
            if isinstance(handle, bytes)
        }
        listed = set()
        for n, number in asked.items():
            with contextlib.suppress(OSError):
                self.receive(answers, number, CMD_NAME)
                listed.add(n)
            self.close_no_wait(handles[n])
        return [n in listed for n in range(len(paths))]

    def _can_read(self, paths: Sequence[str]) -> list[bool]:
        """Return which paths can be opened to read them."""
        answers = Answers()
        nothing = paramiko.SFTPAttributes()
        numbers = [self.send(answers, CMD_OPEN, path, SFTP_FLAG_READ, nothing) for path in paths]
        handles = [self._handle(answers, number) for number in numbers]
        for handle in handles:
            if isinstance(handle, bytes):
                self.close_no_wait(handle)
        return [isinstance(handle, bytes) for handle in handles]

    def _handle(self, answers: Answers, number: int) -> Any:
        try:
            return self.receive(answers, number, CMD_HANDLE).get_string()
        except StatusError as error:
            return error

    def _read_folder(self, answers: Answers, handle: Any, pending: deque[int]) -> FolderListing:
        """Read a folder to its end; a long one with more and more requests in flight."""
        found: list[paramiko.SFTPAttributes] = []
        failure: StatusError | None = None
        is_over = False
        depth = len(pending)
        while pending:
            try:
                message = self.receive(answers, pending.popleft(), CMD_NAME)
            except StatusError as error:
                failure, message = error, None
            is_over = is_over or message is None
            if message is not None:
                found += self._budget.names(message)
                self.pace.gain(len(message.asbytes()) + PER_ANSWER)
            if self._budget.is_spent:
                failure = StatusError(self._budget.is_spent)
                break
            if is_over or pending:
                continue  # no request that may not be needed
            depth = min(2 * depth, MAX_READDIRS)
            pending += [self.send(answers, CMD_READDIR, handle) for _ in range(depth)]
        return failure or found

    def ask_attributes(self, answers: Answers, path: str) -> int:
        """Ask for a file's attributes without waiting for the answer."""
        return self.send(answers, CMD_STAT, path)

    def attributes(self, answers: Answers, number: int) -> paramiko.SFTPAttributes | None:
        """Wait for a file's attributes; None where the server does not show them."""
        try:
            message = self.receive(answers, number, CMD_ATTRS)
        except StatusError:
            return None
        found: paramiko.SFTPAttributes
        found = paramiko.SFTPAttributes._from_msg(message)  # type: ignore[attr-defined]
        return found

    def close_no_wait(self, handle: bytes) -> None:
        """Close a file or folder without waiting for the answer, where nothing was written."""
        self._async_request(type(None), CMD_CLOSE, handle)  # type: ignore[attr-defined]

    def send(self, answers: Answers, kind: int, *fields: Any) -> int:
        """Send one request without waiting for the answer."""
        number: int = self._async_request(answers, kind, *fields)  # type: ignore[attr-defined]
        return number

    def receive(self, answers: Answers, number: int, expected: int) -> Any:
        """Wait for one answer; None at the end of a file or folder."""
        while number not in answers.arrived:
            self._read_response()  # type: ignore[attr-defined]
        kind, message = answers.pop(number)
        if kind == CMD_STATUS:
            try:
                self._convert_status(message)
            except EndStatusError:
                if expected in {CMD_DATA, CMD_NAME}:
                    return None
                raise  # nothing else has an end: it is a refusal
        if kind != expected:
            raise SFTPError("unexpected answer")
        return message


class Answers:
    """Answers as they come in, by the number of their request."""

    def __init__(self) -> None:
        self.arrived: dict[int, tuple[int, Any]] = {}
        self._waiting = 0

    def pop(self, number: int) -> tuple[int, Any]:
        """Take an answer out."""
        kind, message = self.arrived.pop(number)
        self._waiting -= len(message.asbytes())
        return kind, message

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        self.arrived[number] = (kind, message)
        self._waiting += len(message.asbytes())
        if self._waiting > MAX_WAITING_BYTES:
            raise SFTPError("Garbage: more bytes than were asked for")


class _Budget:
    """How many names one listing may bring, how long they may be, and until when."""

    def __init__(self) -> None:
        self._names = self._bytes = 0
        self._end = time.monotonic() + MAX_LISTING_SECONDS

    @property
    def is_spent(self) -> str:
        """What is exceeded, as a sentence without its end; empty while nothing is."""
        if self._names > MAX_NAMES or self._bytes > MAX_NAME_BYTES:
            return f"The folder holds more than {MAX_NAMES} names"
        if time.monotonic() > self._end:
            return f"The listing did not end within {MAX_LISTING_SECONDS:.0f} seconds"
        return ""

    def names(self, message: Any) -> list[paramiko.SFTPAttributes]:
        """Take the names of one answer."""
        found = list(_names(message))
        self._names += len(found)
        self._bytes += len(message.asbytes())
        return found


def _names(message: Any) -> Iterator[paramiko.SFTPAttributes]:
    count = message.get_int()
    if count > len(message.asbytes()) // _MIN_NAME:
        raise SFTPError("Garbage: an answer with more names than bytes for them")
    for _ in range(count):
        name = message.get_string().decode("utf-8", "surrogateescape")
        long_name = message.get_string().decode("utf-8", "replace")  # as `ls -l` would show it
        attributes = paramiko.SFTPAttributes._from_msg(message, name)  # type: ignore[attr-defined]
        attributes.longname = long_name
        if name not in {".", ".."}:
            yield attributes
