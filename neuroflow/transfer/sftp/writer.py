"""Writing one file: many requests under way, and every answer heard."""

from __future__ import annotations

import struct

import paramiko
from paramiko.sftp import CMD_STATUS, CMD_WRITE, SFTP_OK, SFTPError

from neuroflow.transfer.sftp.packets import REQUEST_SIZE, Wire
from neuroflow.transfer.sftp.window import Sent

BLOCK = 256 * 1024
"""Bytes read, sent and told of at a time."""

_HEAD = struct.Struct(">IBII")
_PLACE = struct.Struct(">QI")
_ANSWER = struct.Struct(">II")


class Upload:
    """A file open for writing, from its first byte to its last.

    Answers are heard as they come in: nobody waits for one while there is room for more, and a
    refusal ends the upload when it arrives.

    References
    ----------
    draft-ietf-secsh-filexfer-02, section 6.4.
    """

    def __init__(self, wire: Wire, handle: bytes) -> None:
        self._wire = wire
        self._handle = handle
        self._pending: dict[int, Sent] = {}  # by the number of the request
        self._offset = 0
        self._acknowledged = 0

    def write(self, data: bytes) -> None:
        """Send the next bytes; they may still be under way when this returns."""
        flow = self._wire.flow
        size = flow.request_size(REQUEST_SIZE, self._wire.write_size)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        self._wire.send_bytes(b"".join(part for piece in pieces for part in self._request(piece)))
        while self._pending and (self._wire.has_answer or self._under_way > flow.depth):
            self._hear()

    def drain(self) -> None:
        """Wait until the server has acknowledged everything."""
        while self._pending:
            self._hear()

    @property
    def _under_way(self) -> int:
        return self._offset - self._acknowledged

    def _request(self, piece: bytes) -> tuple[bytes, ...]:
        number = self._wire.next_number()
        length = 1 + 4 + 4 + len(self._handle) + _PLACE.size + len(piece)
        head = _HEAD.pack(length, CMD_WRITE, number, len(self._handle))
        place = _PLACE.pack(self._offset, len(piece))
        self._pending[number] = self._wire.flow.sent(len(piece))
        self._offset += len(piece)
        return head, self._handle, place, piece

    def _hear(self) -> None:
        kind, body = self._wire.packet()
        number, code = _ANSWER.unpack_from(body)
        if number not in self._pending:
            return  # of a file put down before
        if kind != CMD_STATUS:
            raise SFTPError("unexpected answer")
        request = self._pending.pop(number)
        if code != SFTP_OK:
            self._wire.refuse(paramiko.Message(body[4:]))
        self._acknowledged += request.size
        self._wire.flow.answered(request)
