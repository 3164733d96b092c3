"""The login: one key after the other, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import paramiko

from neuroflow.errors import ConnectError
from neuroflow.transfer.ssh.keys import ANSWER_SECONDS, Credential
from neuroflow.transfer.ssh.translate import (
    LIBRARY_ERRORS,
    connection_lost,
    login_error,
    refused_error,
    unfinished_error,
)

MAX_KEYS = 5
"""Keys tried in one connection: OpenSSH ends it after six (sshd_config(5), MaxAuthTries)."""
MAX_CONNECTIONS = 4
"""Connections in which further keys are tried; servers lock out who tries too often."""
KEEPALIVE_SECONDS = 15

_accepted: dict[tuple[str, int, str], str] = {}
"""Fingerprint of the key that each server accepted, by host, port and user: tried first, so that
further connections of a process do not try the wrong ones again."""


class Login:
    """One login, which may need a few connections to try all keys."""

    def __init__(self, host: str, port: int, user: str, keys: Sequence[Credential]) -> None:
        self._server = host, port, user
        self._user = user
        first = _accepted.get(self._server)
        self._left = sorted(keys, key=lambda each: each.fingerprint != first)
        self._count = len(keys)
        self._connections = 0
        self._tried: list[str] = []
        self._refusal: Exception | None = None

    def run(self, transport: paramiko.Transport) -> str | None:
        """Try keys in a connection; return the one accepted, or None to go on in another one."""
        self._connections += 1
        accepted = False
        for key in self._left[:MAX_KEYS]:
            self._left.remove(key)
            self._tried.append(key.fingerprint)
            needed = self._try(transport, key)
            if needed == []:
                _accepted[self._server] = key.fingerprint
                transport.set_keepalive(KEEPALIVE_SECONDS)
                return key.fingerprint
            if needed and "publickey" not in needed:
                raise unfinished_error(self._user, key.fingerprint, needed)
            accepted = accepted or bool(needed)
            if not transport.is_active():
                break
        if accepted:  # by the server, which wants another key as well, and got none
            raise unfinished_error(self._user, self._tried[-1], ["publickey"])
        if self._left and self._connections < MAX_CONNECTIONS:
            return None
        raise self._error(transport)

    def _try(self, transport: paramiko.Transport, key: Credential) -> list[str] | None:
        """Offer one key; return what the server still needs, or None if it refuses the key."""
        if key.is_of_agent:
            transport.auth_timeout = max(transport.auth_timeout, ANSWER_SECONDS)
        try:
            return transport.auth_publickey(self._user, key.key)
        except LIBRARY_ERRORS as error:
            is_kind_refused = isinstance(error, paramiko.BadAuthenticationType)
            if is_kind_refused or not isinstance(error, paramiko.AuthenticationException):
                raise login_error(error, self._user) from error
            text = str(error)
            was_accepted = _accepted.get(self._server) == key.fingerprint
            if "timeout" in text.lower() or ("EOF" in text and was_accepted):
                raise connection_lost("logging in", error) from error
            self._refusal = error
            return None

    def _error(self, transport: paramiko.Transport) -> ConnectError:
        message = getattr(transport.auth_handler, "banner", None) or b""
        is_closed = not transport.is_active()
        error = refused_error(
            self._user, self._tried, len(self._left), is_closed=is_closed, message=message
        )
        error.__cause__ = self._refusal
        return error
