"""Where the service is and who the user is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

AGENT = "agent"
"""Stands in place of a key's file for the keys that the ssh-agent holds."""

DEFAULT = "default"
"""What a profile is called that was given no name."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the service is and who the user is.

    Parameters
    ----------
    host
        The server's name or address.
    user
        The user name the vendor assigned.
    key
        The private key's file; its passphrase is never stored. None for the keys that the
        ssh-agent holds, or that ``~/.ssh/config`` names.
    port
        The TCP port.
    name
        What the profile is called in neuroflow.toml.

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
    """Read the key of a profile as people write it.

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
