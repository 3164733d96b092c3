"""What a server sends before anything is encrypted: its greeting, and the algorithms it offers."""

from __future__ import annotations

import socket
import struct
from typing import Any, NamedTuple

import paramiko

_MAX_RECORDED = 1 << 16
_KEXINIT = 20
_COOKIE = 16

KINDS = {
    "ssh-ed25519": "ssh-ed25519",
    "ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",
    "rsa-sha2-512": "ssh-rsa",
    "rsa-sha2-256": "ssh-rsa",
}
"""Kinds of host key by the algorithms that sign with them; RSA has several."""


class Offer(NamedTuple):
    """The algorithms that a server offers."""

    exchange: tuple[str, ...] = ()
    host_keys: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of host key that the server has, of those that neuroflow knows."""
        return tuple(dict.fromkeys(KINDS[name] for name in self.host_keys if name in KINDS))


class RecordingSocket:
    """A socket that remembers what it received first, before the connection is encrypted."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._recorded = bytearray()

    def recv(self, size: int) -> bytes:
        """Receive, and remember."""
        data = self._sock.recv(size)
        if len(self._recorded) < _MAX_RECORDED:
            self._recorded += data[: _MAX_RECORDED - len(self._recorded)]
        return data

    @property
    def greeting(self) -> bytes:
        """The lines that came before the version of SSH, if any."""
        head, _, _ = bytes(self._recorded).partition(b"\nSSH-")
        return b"" if head.startswith(b"SSH-") else head.strip()

    @property
    def is_ssh(self) -> bool:
        """Whether the server sent its version of SSH."""
        return self._recorded.startswith(b"SSH-") or b"\nSSH-" in self._recorded

    @property
    def offer(self) -> Offer:
        """What the server offers; empty where that did not arrive."""
        data = bytes(self._recorded)
        start = 0 if data.startswith(b"SSH-") else data.find(b"\nSSH-") + 1
        end = data.find(b"\n", start) + 1
        return _parse(data[end:]) if end else Offer()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _parse(data: bytes) -> Offer:
    """Read the first packet of a server (RFC 4253, sections 6 and 7.1)."""
    if len(data) < 6 + _COOKIE or data[5] != _KEXINIT:
        return Offer()
    (size,) = struct.unpack_from(">I", data)
    if len(data) < 4 + size:
        return Offer()
    message = paramiko.Message(data[6 + _COOKIE : 4 + size])
    try:
        lists = [tuple(message.get_list()) for _ in range(6)]
    except ValueError:  # no text
        return Offer()
    return Offer(lists[0], lists[1], lists[3], lists[5])
