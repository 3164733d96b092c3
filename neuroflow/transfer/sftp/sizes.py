"""Ask for the sizes of files that a server does not send with their names."""

from __future__ import annotations

from collections.abc import Sequence

import paramiko
from paramiko.sftp import CMD_DATA, CMD_FSTAT, CMD_HANDLE, CMD_OPEN, CMD_READ, SFTP_FLAG_READ, int64

from neuroflow.transfer.sftp.client import BATCH, Answers, PipelinedClient
from neuroflow.transfer.sftp.packets import StatusError

_MAX_SIZE = 1 << 44
"""Bytes; a server that sends a byte from beyond answers at random."""


def find_sizes(client: PipelinedClient, paths: Sequence[str]) -> list[int | None]:
    """Return the sizes of files, asked for by path, then of the open file, then by reading.

    None stands for a file of which the server answers none of the three: the size is optional
    (draft-ietf-secsh-filexfer-02, section 5).
    """
    found: list[int | None] = []
    for start in range(0, len(paths), BATCH):
        batch, answers = paths[start : start + BATCH], Answers()
        asked = [client.ask_attributes(answers, path) for path in batch]
        sizes = [_size(client.attributes(answers, number)) for number in asked]
        found += [
            _size_of_open_file(client, path) if size is None else size
            for path, size in zip(batch, sizes, strict=True)
        ]
    return found


def _size(attributes: paramiko.SFTPAttributes | None) -> int | None:
    return None if attributes is None else attributes.st_size


def _size_of_open_file(client: PipelinedClient, path: str) -> int | None:
    answers = Answers()
    nothing = paramiko.SFTPAttributes()
    number = client.send(answers, CMD_OPEN, path, SFTP_FLAG_READ, nothing)
    try:
        handle = client.receive(answers, number, CMD_HANDLE).get_string()
    except StatusError:
        return None
    try:
        size = _size(client.attributes(answers, client.send(answers, CMD_FSTAT, handle)))
        return _size_by_reading(client, handle) if size is None else size
    except StatusError:
        return None
    finally:
        client.close_no_wait(handle)


def _size_by_reading(client: PipelinedClient, handle: bytes) -> int | None:
    """Find the last byte: double the size until nothing is there, then halve the interval."""
    least, beyond = 0, 1
    while _has_bytes(client, handle, beyond):
        least, beyond = beyond, 2 * beyond
        if beyond > _MAX_SIZE:
            return None
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if _has_bytes(client, handle, middle):
            least = middle
        else:
            beyond = middle
    return least


def _has_bytes(client: PipelinedClient, handle: bytes, size: int) -> bool:
    """Check whether a file has at least `size` bytes."""
    answers = Answers()
    number = client.send(answers, CMD_READ, handle, int64(size - 1), 1)
    message = client.receive(answers, number, CMD_DATA)
    return message is not None and bool(message.get_string())
