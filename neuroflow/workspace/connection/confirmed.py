"""Which connections the user of this computer has confirmed.

A workspace may come from somebody else. Its neuroflow.toml names the server, the user and the key
file, so it could send packages, and logins with this user's key, to any server. What is used for
the first time on this computer is therefore shown before it is used.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from neuroflow.errors import ConfigError, NeuroflowError, Wording
from neuroflow.io import user_folder, write_private
from neuroflow.transfer import Profile

FILE_NAME = "connections.json"


def is_confirmed(profile: Profile, config: Path | None = None) -> bool:
    """Check whether a profile was saved or confirmed on this computer."""
    return _mark(profile) in _read(_path(config))


def confirm(profile: Profile, config: Path | None = None) -> None:
    """Remember that the user knows this server, user and key; in the user's own folder."""
    path = _path(config)
    marks = _read(path)
    if _mark(profile) in marks:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, json.dumps(sorted({*marks, _mark(profile)})).encode())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written.",
            why=f"{error.strerror}.",
            advice="Correct the permissions of this folder, or name another one in "
            "NEUROFLOW_CONFIG.",
        ) from error


def unconfirmed(profile: Profile, folder: Path) -> NeuroflowError:
    """Make the error of a connection that was set up elsewhere; it shows where it would lead."""
    return ConfigError(
        f"The connection of {folder} was not set up on this computer by you.",
        why=describe(profile),
        advice=Wording(
            "If that is your server, call `service.confirm_profile()` once.",
            cli="If that is your server, run `neuroflow connect` for this workspace in a "
            "terminal, or with --confirm.",
            form="If that is your server, test the connection in the Connect form.",
        ),
    )


def describe(profile: Profile) -> str:
    """Describe where a connection leads, and with which key."""
    return (
        f"It leads to {profile.host}, port {profile.port}, as user {profile.user}, with the key "
        f"{profile.key_text}."
    )


def _mark(profile: Profile) -> str:
    parts = (profile.host, str(profile.port), profile.user, profile.key_text)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _path(config: Path | None) -> Path:
    return (config or user_folder()) / FILE_NAME


def _read(path: Path) -> set[str]:
    """Read the marks; a file that is damaged confirms nothing."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="ascii"))
        if isinstance(found, list):
            return {str(mark) for mark in found}
    return set()
