"""Which computer and which folder this is: a copy of a workspace is in another place."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from neuroflow.transfer import HostKeys

_MACHINE_ID = Path("/etc/machine-id")
_MULTICAST = 1 << 40  # set in the numbers that Python makes up where no card has one


@cache
def machine_id() -> str:
    """Return what identifies this computer, as a digest; empty where nothing does.

    machine-id(5): it is not to be shown to others as it is.
    """
    try:
        name = _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        node = uuid.getnode()
        name = "" if node & _MULTICAST else str(node)
    return hashlib.sha256(f"neuroflow {name}".encode()).hexdigest()[:16] if name else ""


def place_of(folder: Path) -> str:
    """Return what identifies a folder: it stays when the folder is renamed, and a copy differs."""
    return f"{machine_id()}:{folder.stat().st_ino}"


def is_same_folder(place: str, other: str) -> bool:
    """Check whether two places are one folder, seen from two computers perhaps.

    >>> is_same_folder("a:1", "b:1"), is_same_folder("a:1", "a:2")
    (True, False)
    """
    return place.partition(":")[2] == other.partition(":")[2]


def known_name(name: str, names: Iterable[str], host_keys: HostKeys) -> str:
    """Return the name, ``user@host:port``, under which a service is known already, or its own."""
    known = list(names)
    if name in known or not (name and known):
        return name
    user, place = _parts(name)
    # It is the same under another host or port where the same key is pinned.
    own = host_keys.fingerprints(*place)
    for other in known:
        other_user, other_place = _parts(other)
        if other_user == user and own & host_keys.fingerprints(*other_place):
            return other
    return name


def _parts(name: str) -> tuple[str, tuple[str, int]]:
    user, _, place = name.rpartition("@")
    host, _, port = place.rpartition(":")
    return user, (host, int(port))
