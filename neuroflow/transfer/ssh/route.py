"""The route to a server: direct, through jump hosts, or through a command, from ssh_config.

Values of the profile take precedence; ``~/.ssh/config`` fills in the others.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import paramiko

from neuroflow.errors import ConfigError
from neuroflow.transfer.ssh.profile import Profile

MAX_HOPS = 8
DEFAULT_PORT = 22

_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@\s]+)@)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^@:\s\[\]]+))"
    r"(?::(?P<port>\d+))?/?\Z"
)


@dataclass(frozen=True, slots=True)
class Route:
    """How one server is reached.

    Examples
    --------
    >>> bastion = Route("bastion", 22, "me", (), "bastion", 22)
    >>> [hop.host for hop in Route("far", 22, "me", (), "far", 22, via=bastion).hops]
    ['bastion', 'far']
    """

    host: str  # Where it listens
    port: int
    user: str  # Who logs in
    keys: tuple[Path, ...]  # Private keys to try, in this order; none for those of the agent
    name: str  # What the user calls it; its key is pinned under these
    name_port: int
    via: Route | None = None  # The jump host before it
    command: str = ""  # What to run in place of a TCP connection; empty for none

    @property
    def hops(self) -> tuple[Route, ...]:
        """Every server of the route, the nearest first."""
        return (*(self.via.hops if self.via else ()), self)


def find_route(profile: Profile, ssh_config: Path | None = None) -> Route:
    """Find the route to the server of a profile.

    Examples
    --------
    >>> profile = Profile(host="127.0.0.1", user="demo", key=Path("id_ed25519"), port=2222)
    >>> find_route(profile, Path("no-such-file")).via is None
    True

    References
    ----------
    OpenBSD manual pages, ssh_config(5).
    """
    finder = _Finder(_read(ssh_config or Path.home() / ".ssh" / "config"), profile.key)
    route = finder.route(profile.host, profile.port, profile.user, MAX_HOPS)
    if not route.user:
        raise ConfigError(
            f"The profile of {profile.host} has no user name.",
            advice="Enter the user name that neuropacs assigned.",
        )
    return route


@dataclass(frozen=True, slots=True)
class _Finder:
    config: paramiko.SSHConfig
    key: Path | None

    def route(self, name: str, port: int, user: str, depth: int) -> Route:
        if depth == 0:
            raise ConfigError(
                f"The route to {name} in ssh_config has more than {MAX_HOPS} hosts.",
                advice="Check ssh_config for a ProxyJump that refers to itself.",
            )
        found = _lookup(self.config, name)
        is_target = depth == MAX_HOPS
        return Route(
            host=str(found.get("hostname", name)),
            port=_port(found.get("port", port)) if port == DEFAULT_PORT else port,
            user=user or str(found.get("user", "" if is_target else getpass.getuser())),
            keys=self._keys(found, is_target=is_target),
            name=name,
            name_port=port,
            via=self._via(found, depth),
            command=_command(found),
        )

    def _keys(self, found: Mapping[str, Any], *, is_target: bool) -> tuple[Path, ...]:
        """Choose the keys: the profile's for the target; a jump host may have its own."""
        own = (self.key,) if self.key is not None else ()
        named = [Path(text).expanduser() for text in found.get("identityfile", ())]
        there = tuple(path for path in named if path.exists())
        return own or there if is_target else there or own

    def _via(self, found: Mapping[str, Any], depth: int) -> Route | None:
        jumps = [jump for jump in str(found.get("proxyjump", "none")).split(",") if jump.strip()]
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


def _command(found: Mapping[str, Any]) -> str:
    """Return ProxyCommand unless ProxyJump is set; OpenSSH uses the first of both."""
    if str(found.get("proxyjump", "none")).lower() != "none":
        return ""
    return str(found.get("proxycommand") or "")


def _port(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise ConfigError(
            f"The port {value!r} in ssh_config is not a number.", advice="Correct that line."
        ) from error


def _read(path: Path) -> paramiko.SSHConfig:
    try:
        return paramiko.SSHConfig.from_path(str(path))
    except FileNotFoundError:
        return paramiko.SSHConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read.", why=f"{error}.") from error
    except paramiko.ConfigParseError as error:
        raise ConfigError(
            f"{path} cannot be parsed.", why=f"{error}.", advice="Correct that line."
        ) from error


def _lookup(config: paramiko.SSHConfig, name: str) -> Mapping[str, Any]:
    try:
        return dict(_items(config.lookup(name)))
    except (paramiko.ConfigParseError, paramiko.CouldNotCanonicalize, ImportError) as error:
        raise ConfigError(
            f"The entry of {name} in ssh_config cannot be used.",
            why=f"{error}.",
            advice="Enter host, port, user and key in the profile, or simplify the entry.",
        ) from error


def _items(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from found.items()
