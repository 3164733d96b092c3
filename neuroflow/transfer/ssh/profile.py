"""The profile of a connection: server, user and key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

AGENT = "agent"
"""Used in place of a key file for the keys of the ssh-agent."""

DEFAULT = "default"
"""Name of a profile without one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of a connection: server, user and key.

    Parameters
    ----------
    host
        The server's name or address.
    user
        The user name that neuropacs assigned.
    key
        The private key file; its passphrase is never stored. None for the keys of the ssh-agent,
        or those named in ``~/.ssh/config``.
    port
        The TCP port.
    name
        The name of the profile in neuroflow.toml.

    Examples
    --------
    >>> Profile(host="127.0.0.1", user="demo", key=Path("id_ed25519")).port
    22
    """

    host: str
    user: str
    key: Path | None = None
    port: int = 22
    name: str = DEFAULT

    @property
    def key_text(self) -> str:
        """The key as neuroflow.toml and the forms show it: the file, or ``agent``."""
        return AGENT if self.key is None else str(self.key)


def parse_key(text: str) -> Path | None:
    """Parse the key of a profile: a path, or ``agent``.

    Examples
    --------
    >>> parse_key("agent") is None
    True
    >>> parse_key("id_ed25519").name
    'id_ed25519'
    """
    if text.strip() == AGENT:
        return None
    return Path(os.path.expanduser(text.strip()))  # noqa: PTH111  pathlib raises for ~nobody
