"""neuroflow.toml: how a project reaches the service. Never a secret."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from neuroflow.errors import ConfigError
from neuroflow.io import atomic_write
from neuroflow.transfer import DEFAULT, Profile, parse_key

CONFIG_NAME = "neuroflow.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project may set besides its profile.

    Parameters
    ----------
    overdue_hours
        After how many hours without a result a study counts as overdue. The vendor names two to
        three hours.
    quiet_seconds
        How long after a silent drop the server may still publish a partial upload. AWS Transfer
        Family gives an unresponsive client 300 s.
    connections
        How many connections an upload or download may use at most; each carries one study at a
        time.
    """

    overdue_hours: float = 6.0
    quiet_seconds: float = 300.0
    connections: int = 8


def read_profile(path: Path, name: str = DEFAULT) -> Profile | None:
    """Read one profile from a neuroflow.toml.

    Examples
    --------
    >>> read_profile(Path("no-such-folder/neuroflow.toml")) is None
    True
    """
    profiles = _tables(path).get("profile", {})
    try:
        if name not in profiles:
            return None
        fields = profiles[name]
        return Profile(
            host=str(fields["host"]),
            user=str(fields["user"]),
            key=parse_key(str(fields["key"])),
            port=int(fields.get("port", 22)),
            name=name,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # a port may be inf
        raise ConfigError(
            f"Profile {name!r} in {path} is not complete.",
            why=f"{type(error).__name__}: {error}.",
            advice="A profile needs host, user and key (a file, or agent); port is a number.",
        ) from error


def profile_names(path: Path) -> list[str]:
    """List the profiles in a neuroflow.toml.

    Examples
    --------
    >>> profile_names(Path("no-such-folder/neuroflow.toml"))
    []
    """
    profiles = _tables(path).get("profile", {})
    return [str(name) for name in profiles] if isinstance(profiles, MutableMapping) else []


def name_in_use(path: Path) -> str:
    """Tell which profile is used where none is asked for.

    Examples
    --------
    >>> name_in_use(Path("no-such-folder/neuroflow.toml"))
    'default'
    """
    return str(_tables(path).get("use", DEFAULT))


def read_settings(path: Path) -> Settings:
    """Read the settings from a neuroflow.toml; defaults where it is silent.

    Examples
    --------
    >>> read_settings(Path("no-such-folder/neuroflow.toml")).connections
    8
    """
    values = _tables(path).get("settings", {})
    try:
        settings = Settings(**values)
        _check_settings(settings)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The [settings] of {path} cannot be used.",
            why=f"{error}.",
            advice="The known settings are the fields of `Settings`; their values are numbers.",
        ) from error
    return settings


def write_profile(path: Path, profile: Profile) -> None:
    """Write a profile into a neuroflow.toml and use it from now on; all else in it stays."""
    if not profile.name.strip():
        raise ConfigError("A profile needs a name.", advice="Call it by the site, for example.")
    tables = _tables(path)
    profiles = tables.setdefault("profile", tomlkit.table(is_super_table=True))
    if not isinstance(profiles, MutableMapping):
        raise ConfigError(
            f"{path} has no room for a profile.",
            why="`profile` is not a table in it.",
            advice="Remove that line.",
        )
    profiles[profile.name] = {
        "host": profile.host,
        "port": profile.port,
        "user": profile.user,
        "key": profile.key_text,
    }
    _use(tables, profile.name)
    _write(path, tables)


def use_profile(path: Path, name: str) -> None:
    """Use another profile of a neuroflow.toml from now on."""
    tables = _tables(path)
    _known(path, name)
    _use(tables, name)
    _write(path, tables)


def remove_profile(path: Path, name: str) -> None:
    """Take a profile out of a neuroflow.toml; what was sent with it stays known."""
    tables = _tables(path)
    rest = [other for other in _known(path, name) if other != name]
    del tables["profile"][name]
    if tables.get("use", DEFAULT) == name:
        _use(tables, rest[0] if rest else DEFAULT)
    _write(path, tables)


def _check_settings(settings: Settings) -> None:
    is_positive = settings.overdue_hours > 0 and settings.quiet_seconds >= 0  # false for nan, too
    if not is_positive or settings.connections < 1:
        raise ValueError("a setting is not positive")
    if not isinstance(settings.connections, int):
        raise TypeError("connections is not a whole number")


def _known(path: Path, name: str) -> list[str]:
    """Return the names of all profiles, of which this has to be one."""
    names = profile_names(path)
    if name not in names:
        raise ConfigError(
            f"There is no profile {name!r} in {path}.",
            advice=f"Its profiles are: {', '.join(names) or 'none'}.",
        )
    return names


def _use(tables: dict[str, Any], name: str) -> None:
    """Note the profile in use; nothing is noted while it is the one that goes without saying."""
    if name == DEFAULT:
        tables.pop("use", None)
    else:
        tables["use"] = name


def _write(path: Path, tables: dict[str, Any]) -> None:
    with atomic_write(path, error=ConfigError) as temporary:
        temporary.write_text(tomlkit.dumps(tables), encoding="utf-8")


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig"))  # as Notepad saves it
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not valid TOML.", why=f"{error}.", advice="Mend the line it names."
        ) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
