"""Connect to a server along its route; the host key of every host on it is checked."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from typing import Any, cast

import paramiko

from neuroflow.errors import ConfigError, PortError
from neuroflow.transfer.ssh import session
from neuroflow.transfer.ssh.credentials import credentials
from neuroflow.transfer.ssh.keys import PublicKey
from neuroflow.transfer.ssh.known_hosts import HostKeys
from neuroflow.transfer.ssh.route import Route
from neuroflow.transfer.ssh.translate import LIBRARY_ERRORS, readable


def connect(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float = session.TIMEOUT
) -> paramiko.Transport:
    """Connect and log in, through every jump host."""
    with credentials(route.keys, passphrase) as found:
        transport = handshake(route, hostkeys, passphrase, timeout)
        try:
            hostkeys.check(route.name, route.name_port, session.host_key(transport))
            session.log_in(transport, route.user, found)
        except BaseException:
            session.disconnect(transport)
            raise
    return transport


def handshake(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float = session.TIMEOUT
) -> paramiko.Transport:
    """Connect without logging in to the last host."""
    sock = _open_socket(route, hostkeys, passphrase, timeout)
    kinds = hostkeys.kinds(route.name, route.name_port)
    return session.handshake(sock, route.host, route.port, kinds=kinds, timeout=timeout)


def host_key_of(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float = session.TIMEOUT
) -> PublicKey:
    """Return the key of the last host of a route, without logging in there."""
    transport = handshake(route, hostkeys, passphrase, timeout)
    try:
        return session.host_key(transport)
    finally:
        session.disconnect(transport)


def _open_socket(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float
) -> socket.socket:
    if route.command:
        return cast(socket.socket, _CommandSocket(route.command))
    if route.via is None:
        return session.dial(route.host, route.port, timeout)
    before = connect(route.via, hostkeys, passphrase, timeout)
    try:
        channel = before.open_channel(
            "direct-tcpip", (route.host, route.port), ("127.0.0.1", 0), timeout=timeout
        )
    except LIBRARY_ERRORS as error:
        session.disconnect(before)
        raise PortError(
            f"The jump host {route.via.name} does not connect to {route.host}, port {route.port}.",
            why=readable(error),
            advice="Check host and port; ask the jump host's administrator to allow forwarding.",
        ) from error
    return cast(socket.socket, _JumpSocket(channel, before))


class _JumpSocket:
    """A channel through a jump host, in place of a socket; closing it ends both."""

    def __init__(self, channel: paramiko.Channel, before: paramiko.Transport) -> None:
        self._channel = channel
        self._before = before

    def close(self) -> None:
        with contextlib.suppress(*LIBRARY_ERRORS):  # the connection to the jump host may be lost
            self._channel.close()
        session.disconnect(self._before)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class _CommandSocket:
    """A process that talks to the server, in place of a socket; closing it ends the process."""

    def __init__(self, command: str) -> None:
        if os.name != "posix":
            raise ConfigError(
                "A ProxyCommand cannot be used on this system.",
                advice="Use ProxyJump in ~/.ssh/config.",
            )
        self._sock, theirs = socket.socketpair()
        with theirs:
            # ssh_config(5): the command string is run by the user's shell, with exec.
            self._process = subprocess.Popen(  # noqa: S603  the user's own file says so
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
            )

    def close(self) -> None:
        self._sock.close()
        self._process.terminate()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)
