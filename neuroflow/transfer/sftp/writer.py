"""Write one file: many requests in flight, and every answer checked."""

from __future__ import annotations

import struct

import paramiko
from paramiko.sftp import CMD_STATUS, CMD_WRITE, SFTP_OK, SFTPError

from neuroflow.transfer.sftp.packets import REQUEST_SIZE, PacketChannel
from neuroflow.transfer.sftp.window import SentRequest

BLOCK = 256 * 1024
"""Bytes read, sent and reported at a time."""

_HEAD = struct.Struct(">IBII")
_PLACE = struct.Struct(">QI")
_ANSWER = struct.Struct(">II")


class FileWriter:
    """A file open for writing, from its first byte to its last (draft-ietf-secsh-filexfer-02, 6.4).

    `write` waits only while the send window is full; an error of the server ends the upload.
    """

    def __init__(self, packets: PacketChannel, handle: bytes) -> None:
        self._packets = packets
        self._handle = handle
        self._pending: dict[int, SentRequest] = {}  # by the number of the request
        self._offset = 0
        self._acknowledged = 0

    def write(self, data: bytes) -> None:
        """Send the next bytes; they may still be in flight when this returns."""
        window = self._packets.window
        size = window.request_size(REQUEST_SIZE, self._packets.write_size)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        self._packets.send_bytes(
            b"".join(part for piece in pieces for part in self._request(piece))
        )
        while self._pending and (self._packets.has_answer or self._in_flight > window.size):
            self._receive_ack()

    def flush(self) -> None:
        """Wait until the server has acknowledged everything."""
        while self._pending:
            self._receive_ack()

    @property
    def _in_flight(self) -> int:
        return self._offset - self._acknowledged

    def _request(self, piece: bytes) -> tuple[bytes, ...]:
        number = self._packets.next_request_number()
        length = 1 + 4 + 4 + len(self._handle) + _PLACE.size + len(piece)
        head = _HEAD.pack(length, CMD_WRITE, number, len(self._handle))
        place = _PLACE.pack(self._offset, len(piece))
        self._pending[number] = self._packets.window.on_send(len(piece))
        self._offset += len(piece)
        return head, self._handle, place, piece

    def _receive_ack(self) -> None:
        kind, body = self._packets.receive_packet()
        number, code = _ANSWER.unpack_from(body)
        if number not in self._pending:
            return  # of a file that was closed without waiting
        if kind != CMD_STATUS:
            raise SFTPError("unexpected answer")
        request = self._pending.pop(number)
        if code != SFTP_OK:
            self._packets.raise_status(paramiko.Message(body[4:]))
        self._acknowledged += request.size
        self._packets.window.on_ack(request)
