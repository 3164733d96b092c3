"""The profile of a connection: server, user and key."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from neuroflow.errors import ConfigError

_HOST = re.compile(r"[A-Za-z0-9_\[:][A-Za-z0-9_.:%\[\]-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*")
_LONGEST = 255
_LAST_PORT = 65535

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

    def __post_init__(self) -> None:
        """Check the texts, which may come from a folder that others can write to.

        References
        ----------
        OpenSSH 9.6, ssh.c, ``valid_hostname`` and ``valid_ruser`` (CVE-2023-51385).
        """
        for what, text, grammar in (("host", self.host, _HOST), ("user", self.user, _USER)):
            self._check(what, text, grammar)
        if self.key is not None and not str(self.key).isprintable():
            raise ConfigError(
                f"The key {str(self.key)!r} of the profile {self.name!r} cannot be used.",
                why="It has characters that no file's name needs.",
                advice="Rename the file.",
                about="key",
            )
        if not 0 < self.port <= _LAST_PORT:
            raise ConfigError(
                f"The port {self.port} of the profile {self.name!r} cannot be used.",
                why=f"A TCP port is between 1 and {_LAST_PORT}.",
                advice="Use the port that neuropacs gave you; most servers have 22.",
                about="port",
            )

    def _check(self, what: str, text: str, grammar: re.Pattern[str]) -> None:
        """Raise an error unless a text is empty or follows its grammar, blanks around it apart."""
        bare = text.strip(" ")
        if not bare or (len(bare) <= _LONGEST and grammar.fullmatch(bare)):
            return
        marks = "., - and _" if what == "user" else "., - and _ (an IPv6 address also : and %)"
        raise ConfigError(
            f"The {what} {text!r} of the profile {self.name!r} cannot be used.",
            why="It has characters that a shell would treat as a command, or that no "
            f"{what} name has.",
            advice=f"Correct the {what}: letters, digits, {marks}, beginning with a letter or "
            "digit. Write a host with other letters as its xn-- name.",
            about=what,
        )

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
