"""Connect to a server along its route; the host key of every host on it is checked."""

from __future__ import annotations

import contextlib
import copy
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import paramiko

from neuroflow.errors import (
    ConnectError,
    HostKeyChangedError,
    HostKeyError,
    HostKeyUnknownError,
    LoginRefusedError,
    PortError,
    SessionError,
    Wording,
)
from neuroflow.transfer.ssh import session
from neuroflow.transfer.ssh.keys import Credential, PublicKey, open_credentials
from neuroflow.transfer.ssh.known_hosts import HostKeys, changed_error, unknown_error
from neuroflow.transfer.ssh.login import Login
from neuroflow.transfer.ssh.proxy_command import CommandSocket
from neuroflow.transfer.ssh.route import Route
from neuroflow.transfer.ssh.translate import LIBRARY_ERRORS, readable

AT_JUMP_HOST = "The jump host"
"""How errors of a host on the way to the service begin."""

_OWNER = re.compile("neuropacs(?: support)?")


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The way to one server: its route, and what is needed to go it."""

    route: Route
    hostkeys: HostKeys
    passphrase: str | None = None
    timeout: float = session.TIMEOUT

    def connect(self) -> paramiko.Transport:
        """Connect and log in, through every jump host."""
        with open_credentials(self.route.identities, self.passphrase) as keys:
            transport, _ = self.verify(self.handshake())
            transport, _ = self.log_in(transport, keys)
        return transport

    def handshake(self, kinds: tuple[str, ...] = ()) -> paramiko.Transport:
        """Connect without logging in to the last host; only a key of `kinds` will do, if given."""
        route = self.route
        sock = self._open_socket()
        pinned = self.hostkeys.kinds(route.name, route.name_port)
        try:
            return session.handshake(
                sock,
                route.host,
                route.port,
                kinds=kinds or pinned,
                is_strict=bool(kinds),
                timeout=self.timeout,
            )
        except ConnectError as error:
            if isinstance(sock, CommandSocket):
                raise sock.explain(error) from error
            raise

    def verify(self, transport: paramiko.Transport) -> tuple[paramiko.Transport, PublicKey]:
        """Check the host key; return it with the connection, which may be another one than before.

        A fingerprint that was pinned before its key was seen may be of any kind: the server is
        asked for its key of each kind in turn.
        """
        try:
            try:
                return transport, self._check(transport)
            except HostKeyChangedError:
                if not self.hostkeys.has_pin_of_any_kind(self.route.name, self.route.name_port):
                    raise
                shown = session.host_key(transport).kind
                others = tuple(kind for kind in session.offered_kinds(transport) if kind != shown)
                found = self._find_pinned(others)
                if found is None:
                    raise
                session.disconnect(transport)
                return found
        except BaseException:
            session.disconnect(transport)
            raise

    def _find_pinned(self, kinds: Sequence[str]) -> tuple[paramiko.Transport, PublicKey] | None:
        """Ask for one kind of host key after the other, until one is pinned."""
        for kind in kinds:
            transport = self.handshake((kind,))
            try:
                return transport, self._check(transport)
            except HostKeyChangedError:
                session.disconnect(transport)
            except BaseException:
                session.disconnect(transport)
                raise
        return None

    def _check(self, transport: paramiko.Transport) -> PublicKey:
        shown = session.host_key(transport)
        self.hostkeys.check(self.route.name, self.route.name_port, shown)
        return shown

    def log_in(
        self, transport: paramiko.Transport, keys: Sequence[Credential]
    ) -> tuple[paramiko.Transport, str]:
        """Log in; return the connection and the fingerprint of the accepted key."""
        login = Login(self.route.host, self.route.port, self.route.user, keys)
        try:
            while (accepted := login.run(transport)) is None:
                # The server ended it before all keys were tried: the rest are tried in others.
                session.disconnect(transport)
                transport, _ = self.verify(self.handshake())
        except BaseException:
            session.disconnect(transport)
            raise
        return transport, accepted

    def host_keys(self, *, all_kinds: bool = True) -> tuple[PublicKey, ...]:
        """Return the keys of the server, one of each kind, without logging in there."""
        transport = self.handshake()
        try:
            shown = [session.host_key(transport)]
            kinds = session.offered_kinds(transport) if all_kinds else ()
        finally:
            session.disconnect(transport)
        for kind in kinds:
            if kind in {key.kind for key in shown}:
                continue
            try:
                other = self.handshake((kind,))
            except ConnectError:
                break  # a server that throttles: the keys shown so far are reported
            try:
                shown.append(session.host_key(other))
            finally:
                session.disconnect(other)
        return tuple(shown)

    def with_all_keys(self, error: HostKeyUnknownError | HostKeyChangedError) -> HostKeyError:
        """Return the error of a host key that is not pinned, with the keys of all kinds in it."""
        if error.what.startswith(AT_JUMP_HOST):
            return error  # of an earlier host, with its keys in it
        # The fingerprint that the user was given may be that of any of them.
        if isinstance(error, HostKeyUnknownError):
            return unknown_error(self.route.name, self.host_keys(), self.hostkeys.problems)
        if error.pinned:
            return changed_error(self.route.name, self.host_keys(), error.pinned)
        return error  # the key is revoked

    def _open_socket(self) -> socket.socket:
        route = self.route
        if route.command:
            return cast(socket.socket, CommandSocket(route.command))
        if route.via is None:
            return session.dial(route.host, route.port, self.timeout)
        jump = replace(self, route=route.via)
        try:
            before = jump.connect()
        except (HostKeyUnknownError, HostKeyChangedError) as error:
            raise _at_jump_host(jump.with_all_keys(error), route.via) from error
        except ConnectError as error:
            raise _at_jump_host(error, route.via) from error
        try:
            channel = before.open_channel(
                "direct-tcpip", (route.host, route.port), ("127.0.0.1", 0), timeout=self.timeout
            )
        except LIBRARY_ERRORS as error:
            session.disconnect(before)
            raise PortError(
                f"{AT_JUMP_HOST} {route.via.name} does not connect to {route.host}, "
                f"port {route.port}.",
                why=readable(error),
                advice="Check host and port; ask the jump host's administrator to allow "
                "forwarding.",
            ) from error
        return cast(socket.socket, _JumpSocket(channel, before))


def _at_jump_host(error: ConnectError, jump: Route) -> ConnectError:
    """Return an error that names the jump host as its place: neuropacs cannot cure it."""
    if error.what.startswith(AT_JUMP_HOST):
        return error  # of an earlier one
    found = copy.copy(error)
    found.what = f"{AT_JUMP_HOST} {jump.name} ({jump.host}, port {jump.port}): {error.what}"
    found.args = (found.what,)
    if isinstance(error, LoginRefusedError | SessionError):
        found.advice = (
            f"This is not the service: check User and IdentityFile of {jump.name} in ssh_config. "
            "Its administrator registers keys there. Where it wants a code as well, log in with "
            "ssh and ControlMaster first, and use `ProxyCommand ssh -W %h:%p "
            f"{jump.name}` in place of ProxyJump."
        )
    elif isinstance(error, HostKeyError):
        owner = partial(_OWNER.sub, f"the administrator of {jump.name}")
        found.advice = Wording.changed(error.advice, owner)
    return found


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
