"""SFTP packets in a channel: many requests per SSH packet, many answers per read.

`client` builds on it; these two files alone use names of paramiko that begin with an underscore.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

import paramiko
from paramiko.common import MSG_CHANNEL_DATA
from paramiko.sftp import CMD_EXTENDED, CMD_EXTENDED_REPLY, CMD_INIT, CMD_VERSION, SFTPError

from neuroflow.transfer.sftp.handles import HandleLimit
from neuroflow.transfer.sftp.pace import Pace
from neuroflow.transfer.sftp.window import SendWindow

REQUEST_SIZE = 32768  # what every server takes (draft-ietf-secsh-filexfer-02, section 3)
MAX_REQUEST_SIZE = 256 * 1024  # no request is longer, whatever a server allows
MIN_REQUEST_SIZE = 1024  # nor shorter
LIMITS = b"limits@openssh.com"

_VERSION = 3
_HEADER_ROOM = 1024  # of a packet, for the fields before the bytes of a file
_MAX_PACKET = 1 << 22  # OpenSSH sends at most 256 KiB; a listing of others may be longer
_DATA = struct.Struct(">BII")


class StatusError(OSError):
    """An error that the server reported, as opposed to one of the socket or channel."""


class EndStatusError(StatusError, EOFError):
    """The status "end of file": the end of what is read, and a refusal of everything else."""


class PacketChannel(paramiko.SFTPClient):
    """The stream of SFTP packets in a channel; for one thread.

    OpenSSH, PROTOCOL, section 4.8 (limits@openssh.com); RFC 4254, section 5.2 (windows).
    """

    def __init__(self, sock: paramiko.Channel, on_activity: Callable[[], object]) -> None:
        self._on_activity = on_activity
        self._received = bytearray()
        self.read_size = self.write_size = REQUEST_SIZE
        self.window = SendWindow()
        self.handles = HandleLimit()
        self.pace = Pace()
        self._extensions: dict[bytes, bytes] = {}
        super().__init__(sock)
        if LIMITS in self._extensions:
            # Not waited for: the answer comes in with that of the first request.
            self._async_request(self, CMD_EXTENDED, LIMITS)  # type: ignore[attr-defined]

    def send_bytes(self, data: bytes) -> None:
        """Send SFTP packets, in as few SSH packets as they fit into."""
        channel: Any = self.sock
        left = memoryview(data)
        while left:
            with channel.lock:
                size = channel._wait_for_send_window(len(left))
            if not size:
                raise EOFError
            head = _DATA.pack(MSG_CHANNEL_DATA, channel.remote_chanid, size)
            channel.transport._send_user_message(_PackedMessage(b"".join((head, left[:size]))))
            self._on_activity()
            left = left[size:]

    def next_request_number(self) -> int:
        """Return a number for a request that `send_bytes` sends."""
        number: int = self.request_number
        self.request_number = number + 1
        return number

    @property
    def has_answer(self) -> bool:
        """True where an answer has come in, at least in part."""
        return bool(self._received) or self.sock.recv_ready()

    def receive_packet(self) -> tuple[int, bytes]:
        """Wait for the next answer."""
        received = self._received
        while (end := _packet_end(received)) > len(received):
            begin = time.monotonic()
            data = self.sock.recv(MAX_REQUEST_SIZE)
            if not data:
                raise EOFError
            self._on_activity()
            self.pace.wait(time.monotonic() - begin)
            received += data
        kind, body = received[4], bytes(received[5:end])
        del received[:end]
        return kind, body

    def raise_status(self, status: paramiko.Message) -> None:
        """Raise the error of a status answer."""
        self._convert_status(status)

    def _read_packet(self) -> tuple[int, bytes]:
        return self.receive_packet()

    def _send_version(self) -> int:
        """Exchange versions and keep the extensions of the server, which paramiko ignores."""
        hello = paramiko.Message()
        hello.add_int(_VERSION)
        self._send_packet(CMD_INIT, hello)  # type: ignore[attr-defined]
        try:
            kind, body = self.receive_packet()
        except (EOFError, SFTPError) as error:
            raise NoSftpError(bytes(self._received)) from error
        if kind != CMD_VERSION:
            raise SFTPError("Incompatible sftp protocol")
        message = paramiko.Message(body)
        version = message.get_int()
        while message.get_remainder():
            name = message.get_binary()
            self._extensions[name] = message.get_binary()
        return version

    def _convert_status(self, message: Any) -> None:
        """Raise the error of a status answer; a closed channel raises other kinds of errors."""
        try:
            super()._convert_status(message)  # type: ignore[misc]
        except EOFError as error:
            raise EndStatusError("End of file") from error
        except OSError as error:
            raise StatusError(*error.args) from error

    def _async_response(self, kind: int, answer: Any, _number: int) -> None:
        """Take over the limits that the server allows; 0 stands for no limit."""
        if kind == CMD_EXTENDED_REPLY:
            packet, read, write, handles = struct.unpack(">QQQQ", answer.get_bytes(32))
            longest = MAX_REQUEST_SIZE - _HEADER_ROOM
            if packet:
                longest = min(longest, max(REQUEST_SIZE, packet - _HEADER_ROOM))
            self.write_size = _within(write or longest, longest)
            self.read_size = _within(read or REQUEST_SIZE, REQUEST_SIZE)
            self.handles.allow(handles)


class NoSftpError(SFTPError):
    """The server sent something else than SFTP, or nothing."""

    def __init__(self, received: bytes) -> None:
        super().__init__("no SFTP")
        self.received = received


class _PackedMessage:
    """A message whose bytes are already packed."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def asbytes(self) -> bytes:
        return self._data


def _within(offered: int, longest: int) -> int:
    return max(MIN_REQUEST_SIZE, min(offered, longest))


def _packet_end(received: bytearray) -> int:
    """Return where the first packet ends; beyond the received bytes while that is unknown."""
    if len(received) < 4:
        return len(received) + 1
    size = int.from_bytes(received[:4], "big")
    if not 0 < size < _MAX_PACKET:
        raise SFTPError("Garbage packet received")
    return 4 + size
