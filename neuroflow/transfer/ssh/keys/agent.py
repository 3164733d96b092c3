"""The ssh-agent: the system's, or the one at the socket that ssh_config names."""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Self, cast

import paramiko
from paramiko.agent import SSH2_AGENT_IDENTITIES_ANSWER, AgentKey

from neuroflow.errors import KeyFileError

SYSTEM = ""
"""In place of a socket: the agent of the environment (``SSH_AUTH_SOCK``)."""

ANSWER_SECONDS = 60.0
"""How long an agent may take: some ask their user before they sign."""

NO_SIGNATURE = "key cannot be used for signing"
"""What the library states where an agent does not sign."""

_REQUEST_IDENTITIES = b"\x0b"  # SSH_AGENTC_REQUEST_IDENTITIES
_MAX_ANSWER = 1 << 20


class Agent:
    """A connection to an ssh-agent, as a context manager.

    IETF draft-ietf-sshm-ssh-agent, *SSH Agent Protocol*, section 3.
    """

    def __init__(self, place: str = SYSTEM) -> None:
        self.place = place
        self._system: paramiko.Agent | None = None
        self._sock: socket.socket | None = None

    def __enter__(self) -> Self:
        place = self.place
        if os.name == "posix":
            place = place or os.environ.get("SSH_AUTH_SOCK", "")
            self._sock = _connect(place)
        else:
            self._system = _system_agent()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._sock is not None:
            self._sock.close()
        if self._system is not None:
            self._system.close()

    def keys(self) -> list[AgentKey]:
        """Return the keys that it holds, in its order."""
        if self._system is not None:
            return list(self._system.get_keys())
        try:
            kind, answer = self._send_message(_REQUEST_IDENTITIES)
            if kind != SSH2_AGENT_IDENTITIES_ANSWER:
                return []
            found = [(answer.get_binary(), answer.get_text()) for _ in range(answer.get_int())]
        except (paramiko.SSHException, ValueError, struct.error) as error:
            raise no_agent(self.place) from error
        # Its keys need nothing of an agent but `_send_message`.
        return [AgentKey(cast(Any, self), blob, comment) for blob, comment in found]

    def _send_message(self, data: paramiko.Message | bytes) -> tuple[int, paramiko.Message]:
        """Send a request and wait for the answer; keys of the library call it to sign."""
        body = data if isinstance(data, bytes) else data.asbytes()
        try:
            self._required.sendall(struct.pack(">I", len(body)) + body)
            (size,) = struct.unpack(">I", self._receive(4))
            answer = paramiko.Message(self._receive(min(size, _MAX_ANSWER)))
        except (OSError, EOFError) as error:
            raise paramiko.SSHException(NO_SIGNATURE) from error
        return ord(answer.get_byte()), answer

    @property
    def _required(self) -> socket.socket:
        if self._sock is None:
            raise EOFError
        return self._sock

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            block = self._required.recv(size - len(data))
            if not block:
                raise EOFError
            data += block
        return data


def no_agent(place: str = SYSTEM, why: str = "") -> KeyFileError:
    """Make the error of an agent that does not answer, or holds no key that can be used."""
    where = f" at {place} (IdentityAgent of ssh_config)" if place else ""
    return KeyFileError(
        f"The ssh-agent{where} is not running, is locked, or has no key.",
        why=why,
        advice="Add the key with `ssh-add FILE`, or enter the key file in the profile.",
    )


def _connect(place: str) -> socket.socket:
    if sys.platform == "win32" or not place or not Path(place).is_socket():
        raise no_agent(place if place != os.environ.get("SSH_AUTH_SOCK") else SYSTEM)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(ANSWER_SECONDS)
        sock.connect(place)
    except OSError as error:
        sock.close()
        raise no_agent(place) from error
    return sock


def _system_agent() -> paramiko.Agent:
    try:
        return paramiko.Agent()
    except (paramiko.SSHException, OSError) as error:
        raise no_agent() from error
