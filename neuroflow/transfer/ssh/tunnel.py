"""A line to a server, laid along its route; every host on the way is compared with its pin."""

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
from neuroflow.transfer.translate import LIBRARY_ERRORS, readable


def connect(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float = session.TIMEOUT
) -> paramiko.Transport:
    """Connect and log in, through every host on the way."""
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
    """Connect without logging in at the end of the way."""
    sock = _open_socket(route, hostkeys, passphrase, timeout)
    kinds = hostkeys.kinds(route.name, route.name_port)
    return session.handshake(sock, route.host, route.port, kinds=kinds, timeout=timeout)


def host_key_of(
    route: Route, hostkeys: HostKeys, passphrase: str | None, timeout: float = session.TIMEOUT
) -> PublicKey:
    """Ask the host at the end of a route for its key, without logging in there."""
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
            advice="Check host and port; ask who runs the jump host whether it may forward.",
        ) from error
    return cast(socket.socket, _JumpSocket(channel, before))


class _JumpSocket:
    """A channel through a jump host, in place of a socket; closing it ends both."""

    def __init__(self, channel: paramiko.Channel, before: paramiko.Transport) -> None:
        self._channel = channel
        self._before = before

    def close(self) -> None:
        with contextlib.suppress(*LIBRARY_ERRORS):  # the line below may be gone
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
