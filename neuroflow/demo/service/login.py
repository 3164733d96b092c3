"""Who may log in to the embedded service, and the keys of both sides."""

from __future__ import annotations

import hashlib
from pathlib import Path

import asyncssh

from neuroflow.io import write_private


def user_of(host_key: asyncssh.SSHKey) -> str:
    """Return who may log in: another user at each service, whose studies are nobody else's.

    What an account sent is remembered by user, host and port, and ports are used again.
    """
    return f"PH0000_DEMO_{hashlib.sha256(host_key.public_data).hexdigest()[:6].upper()}"


class Login(asyncssh.SSHServer):
    """Lets one user in, by one key."""

    def __init__(
        self,
        user: str,
        key: asyncssh.SSHKey,
        connections: dict[asyncssh.SSHServerConnection, int],
    ) -> None:
        self._user, self._key, self._connections = user, key, connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Count the sessions of a new connection."""
        self._connection = conn
        self._connections[conn] = 0

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget a connection."""
        self._connections.pop(self._connection, None)

    def public_key_auth_supported(self) -> bool:
        """Offer keys, and nothing else."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Check user and key."""
        return username == self._user and key == self._key.convert_to_public()


def read_or_make_key(path: Path) -> asyncssh.SSHKey:
    """Read a key of the service, or make it."""
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519", comment="neuroflow demo")
    write_private(path, key.export_private_key())
    return key
