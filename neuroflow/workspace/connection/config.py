"""neuroflow.toml: how a project reaches the service. Never a secret."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from neuroflow.errors import ConfigError
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.transfer import (
    DEFAULT,
    GUIDE_INPUT,
    GUIDE_OUTPUT,
    FolderLayout,
    Profile,
    UploadOptions,
    check_folder,
    parse_key,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project besides its profile.

    Parameters
    ----------
    overdue_hours
        The number of hours without a result after which a study is overdue. The service's guide
        names two to three hours of processing.
    study_ids
        Where the ids of new studies come from: ``"derived"`` from the scan with the account key,
        so that the same scan has the same id in every workspace, or ``"random"``.
    input_folder
        Where the zips of a cohort go below the home, with ``{cohort}`` for its id. neuropacs gives
        the layout to each account; the default is that of the guide.
    output_folder
        Where results come from, with ``{cohort}`` where each cohort has a folder of its own: for
        instance ``"outgoing"`` or ``"{cohort}/output"``.
    study_as
        How a study is sent: as a ``"zip"``, or as a ``"folder"`` of its files where neuropacs set
        the account up for that.
    upload
        How a submission uses the network.
    """

    overdue_hours: float = field(default=6.0, metadata={"above": 0})
    study_ids: str = field(default="derived", metadata={"one_of": ("derived", "random")})
    input_folder: str = field(default=GUIDE_INPUT, metadata={"folder": True})
    output_folder: str = field(default=GUIDE_OUTPUT, metadata={"folder": False})
    study_as: str = field(default="zip", metadata={"one_of": ("zip", "folder")})
    upload: UploadOptions = field(default_factory=UploadOptions)

    @property
    def layout(self) -> FolderLayout:
        """Where uploads and results are on the server."""
        return FolderLayout(self.input_folder, self.output_folder, self.study_as)


def read_profile(path: Path, name: str = DEFAULT) -> Profile | None:
    """Read one profile from a neuroflow.toml; None where there is none."""
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
    """List the profiles in a neuroflow.toml."""
    profiles = _tables(path).get("profile", {})
    return [str(name) for name in profiles] if isinstance(profiles, MutableMapping) else []


def name_in_use(path: Path) -> str:
    """Return the name of the profile in use."""
    return str(_tables(path).get("use", DEFAULT))


def read_settings(path: Path) -> Settings:
    """Read the settings from a neuroflow.toml; defaults where it is silent."""
    values = _tables(path).get("settings", {})
    own, upload = _settings_of(Settings), _settings_of(UploadOptions)
    try:
        _check_settings(values, own | upload)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The [settings] of {path} cannot be used.",
            why=f"{error}.",
            advice=f"The settings are {', '.join(own | upload)}; their values are numbers, "
            "but for study_ids and the folders.",
        ) from error
    given = {name: value for name, value in values.items() if name in own}
    return Settings(
        **given,
        upload=UploadOptions(**{name: values[name] for name in upload if name in values}),
    )


def write_profile(path: Path, profile: Profile) -> None:
    """Write a profile into a neuroflow.toml and use it from now on; all else in it stays."""
    if not profile.name.strip():
        raise ConfigError(
            "A profile needs a name.",
            advice="Name it after the site, for example.",
            about="profile",
        )
    tables = _tables(path)
    profiles = tables.setdefault("profile", tomlkit.table(is_super_table=True))
    if not isinstance(profiles, MutableMapping):
        raise ConfigError(
            f"{path} cannot hold a profile.",
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


def _settings_of(owner: type[Settings | UploadOptions]) -> dict[str, Field[Any]]:
    """Return the fields that neuroflow.toml may set: those with a bound or choices."""
    return {each.name: each for each in fields(owner) if each.metadata}


def _check_settings(values: object, known: dict[str, Field[Any]]) -> None:
    if not isinstance(values, MutableMapping):
        raise TypeError("`settings` is not a table")
    for name, value in values.items():
        _check_setting(name, value, known)


def _check_setting(name: str, value: object, known: dict[str, Field[Any]]) -> None:
    """Raise an error unless a value has the type of its field and is within its bound."""
    if name not in known:
        raise ValueError(f"there is no setting {name!r}")
    ((bound, limit),) = known[name].metadata.items()
    if bound == "one_of":
        if value not in limit:
            raise ValueError(f"{name} is {value!r}; it must be {' or '.join(limit)}")
        return
    if bound == "folder":
        if not isinstance(value, str):
            raise TypeError(f"{name} must be the path of a folder, not {value!r}")
        check_folder(value, needs_cohort=limit)
        return
    is_whole = isinstance(known[name].default, int)
    if isinstance(value, bool) or not isinstance(value, int if is_whole else (int, float)):
        raise TypeError(f"{name} must be a {'whole ' if is_whole else ''}number, not {value!r}")
    if not (value > limit if bound == "above" else value >= limit):  # false for nan, too
        raise ValueError(f"{name} is {value!r}; it must be {bound.replace('_', ' ')} {limit}")


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
    """Write which profile is in use; the default one is not written."""
    if name == DEFAULT:
        tables.pop("use", None)
    else:
        tables["use"] = name


def _write(path: Path, tables: dict[str, Any]) -> None:
    with atomic_write(path, mode=PRIVATE, error=ConfigError) as temporary:
        temporary.write_text(tomlkit.dumps(tables), encoding="utf-8")


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig"))  # as Notepad saves it
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not valid TOML.", why=f"{error}.", advice="Correct the line it names."
        ) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
