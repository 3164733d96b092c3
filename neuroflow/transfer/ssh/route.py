"""The route to a server: direct, through jump hosts, or through a command, from ssh_config.

Values of the profile take precedence; ``~/.ssh/config`` fills in the others.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from neuroflow.errors import ConfigError
from neuroflow.io import local_user
from neuroflow.transfer.ssh.config import Entry, check_shell_safe, expand, look_up
from neuroflow.transfer.ssh.keys import Identities
from neuroflow.transfer.ssh.profile import Profile

MAX_HOPS = 8
DEFAULT_PORT = 22

_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@\s]+)@)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^@:\s\[\]]+))"
    r"(?::(?P<port>\d+))?/?\Z"
)


@dataclass(frozen=True, slots=True)
class Route:
    """How one server is reached, through its jump hosts."""

    host: str  # Where it listens
    port: int
    user: str  # Who logs in
    identities: Identities  # Where its keys come from
    name: str  # What the user calls it, or HostKeyAlias; its key is pinned under these
    name_port: int
    via: Route | None = None  # The jump host before it
    command: str = ""  # What to run in place of a TCP connection; empty for none
    notes: tuple[str, ...] = ()  # What of ssh_config is not followed, one sentence each

    @property
    def hops(self) -> tuple[Route, ...]:
        """Every server of the route, the nearest first."""
        return (*(self.via.hops if self.via else ()), self)


def find_route(profile: Profile, ssh_config: Path | None = None) -> Route:
    """Find the route to the server of a profile (ssh_config(5) of OpenBSD)."""
    finder = _Finder(ssh_config, profile.key)
    route = finder.route(_bare(profile.host), profile.port, profile.user.strip(), MAX_HOPS)
    if not route.user:
        raise ConfigError(
            f"The profile of {profile.host} has no user name.",
            advice="Enter the user name that neuropacs assigned.",
        )
    return route


@dataclass(frozen=True, slots=True)
class _Finder:
    config: Path | None  # None for the files of OpenSSH
    key: Path | None  # Of the profile; None for the keys of the agent

    def route(self, name: str, port: int, user: str, depth: int) -> Route:
        if depth == 0:
            raise ConfigError(
                f"The route to {name} in ssh_config has more than {MAX_HOPS} hosts.",
                advice="Check ssh_config for a ProxyJump that refers to itself.",
            )
        entry = look_up(name, user=user, path=self.config)
        is_target = depth == MAX_HOPS
        real_port = _port(entry.get("port", str(port))) if port == DEFAULT_PORT else port
        real_user = user or entry.get("user", "" if is_target else local_user())
        alias = entry.get("hostkeyalias")
        return Route(
            host=_bare(entry.host),
            port=real_port,
            user=real_user,
            identities=self._identities(entry, real_port, real_user, is_target=is_target),
            name=alias or name,
            name_port=DEFAULT_PORT if alias else port,
            via=self._via(entry, real_port, real_user, depth),
            command=_command(entry, real_port, real_user),
            notes=entry.notes,
        )

    def _identities(self, entry: Entry, port: int, user: str, *, is_target: bool) -> Identities:
        """Choose the keys: the profile's for the target; a jump host may have its own."""
        named = [entry.path(text, port, user) for text in entry.identity_files]
        there = [path for path in map(_private_or_public, named) if path is not None]
        own = [] if self.key is None else [self.key]
        agent = entry.get("identityagent")
        has_agent = agent.lower() != "none"
        place = "" if agent in {"", "none", "SSH_AUTH_SOCK"} else str(entry.path(agent, port, user))
        if place.startswith("$"):  # the name of a variable, as in ssh_config(5)
            place = os.environ.get(place[1:], "")
        if is_target and own:
            return Identities(tuple(own), agent=place)
        files = tuple(there or own)
        only_files = entry.get("identitiesonly").lower() == "yes" and files
        if only_files or not has_agent:
            return Identities(files, agent=place)
        return Identities(files, "first" if is_target else "last", place)

    def _via(self, entry: Entry, port: int, user: str, depth: int) -> Route | None:
        text = expand(entry.get("proxyjump", "none"), entry.tokens(port, user))
        jumps = [jump for jump in text.split(",") if jump.strip()]
        if not jumps or jumps[0].strip().lower() == "none":
            return None
        via: Route | None = None
        for number, text in enumerate(jumps):
            jump = _JUMP.match(text.strip())
            if jump is None:
                raise ConfigError(
                    f"{text.strip()!r} in ssh_config is not a jump host.",
                    advice="Write ProxyJump as user@host:port.",
                )
            hop = self.route(
                jump["v6"] or jump["host"],
                _port(jump["port"] or DEFAULT_PORT),
                jump["user"] or "",
                depth - 1 - number,
            )
            via = hop if via is None else replace(hop, via=via)
        return via


def _private_or_public(path: Path) -> Path | None:
    """Return a named key file, the public key beside it if it is missing, or None."""
    public = Path(f"{path}.pub")
    try:
        return next((found for found in (path, public) if found.is_file()), None)
    except OSError:
        return path  # in a folder that cannot be read: reading the file reports why


def _command(entry: Entry, port: int, user: str) -> str:
    """Return ProxyCommand unless ProxyJump is set; OpenSSH uses the first of both."""
    command = entry.get("proxycommand", "none")
    if command.lower() == "none" or entry.get("proxyjump", "none").lower() != "none":
        return ""
    for name in {entry.name, entry.host, entry.get("hostkeyalias", entry.name)}:
        check_shell_safe(name, user)
    return expand(command, entry.tokens(port, user))


def _bare(host: str) -> str:
    """Return an address without the brackets that users know from ``[::1]:22``."""
    host = host.strip()
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _port(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise ConfigError(
            f"The port {value!r} in ssh_config is not a number.", advice="Correct that line."
        ) from error
