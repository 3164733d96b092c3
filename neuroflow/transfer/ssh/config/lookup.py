"""Look up a host in ssh_config: Host, Match and Include, the first value of each keyword."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from neuroflow.errors import ConfigError
from neuroflow.io import local_user
from neuroflow.transfer.ssh.config.conditions import Conditions, matches_host
from neuroflow.transfer.ssh.config.lines import Line, read_lines
from neuroflow.transfer.ssh.config.tokens import expand, expand_path

MAX_DEPTH = 16
"""How deep files may include each other (OpenSSH, READCONF_MAX_DEPTH)."""

SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")

_NOT_FOLLOWED = {
    "addressfamily": "AddressFamily",
    "bindaddress": "BindAddress",
    "bindinterface": "BindInterface",
    "canonicalizehostname": "CanonicalizeHostname",
    "certificatefile": "CertificateFile",
    "ciphers": "Ciphers",
    "hostkeyalgorithms": "HostKeyAlgorithms",
    "kexalgorithms": "KexAlgorithms",
    "knownhostscommand": "KnownHostsCommand",
    "macs": "MACs",
    "pkcs11provider": "PKCS11Provider",
    "proxyusefdpass": "ProxyUseFdpass",
    "pubkeyacceptedalgorithms": "PubkeyAcceptedAlgorithms",
    "securitykeyprovider": "SecurityKeyProvider",
}
"""Keywords that would change the connection, and that are reported because they do not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The options of ssh_config for one host.

    Examples
    --------
    >>> Entry("far", {"port": "2222"}).get("port", "22")
    '2222'
    """

    name: str
    values: dict[str, str] = field(default_factory=dict)  # By keyword in lower case
    identity_files: tuple[str, ...] = ()  # With their tokens
    notes: tuple[str, ...] = ()  # What is not followed, one sentence each

    def get(self, keyword: str, default: str = "") -> str:
        """Return the value of a keyword."""
        return self.values.get(keyword, default)

    @property
    def host(self) -> str:
        """Where it listens: HostName, or the name itself."""
        return expand(self.get("hostname", self.name), {"h": self.name})

    def tokens(self, port: int, user: str) -> dict[str, str]:
        """Return what ``%h``, ``%p`` and so on stand for."""
        return {
            "h": self.host,
            "n": self.name,
            "p": str(port),
            "r": user,
            "u": local_user(),
            "d": os.path.expanduser("~"),  # noqa: PTH111  as a text
            "k": self.get("hostkeyalias", self.name),
        }

    def path(self, text: str, port: int, user: str) -> Path:
        """Return a path of this entry without tokens."""
        return Path(expand_path(text, self.tokens(port, user)))


def look_up(name: str, *, user: str = "", path: Path | None = None) -> Entry:
    """Look up a host in one file, or in the user's and the system's (ssh_config(5) of OpenBSD)."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  pathlib raises for users without a home
    files = (path,) if path else (home / ".ssh" / "config", SYSTEM_CONFIG)
    reader = _Reader(name, user)
    for is_final in (False, True):
        reader.conditions.is_final = is_final
        for file in files:
            reader.read(file, file.parent, is_active=True)
        if not reader.conditions.has_final:
            break
    names = sorted(_NOT_FOLLOWED[word] for word in reader.values if _is_ignored(reader, word))
    notes = list(reader.notes)
    if names:
        notes.append(f"Not followed in ssh_config: {', '.join(names)}.")
    # A path or keyword may hold bytes that no screen can show.
    shown = tuple(note.encode("utf-8", "replace").decode() for note in notes)
    return Entry(name, reader.values, tuple(reader.identity_files), shown)


def _is_ignored(reader: _Reader, word: str) -> bool:
    return word in _NOT_FOLLOWED and reader.values[word].lower() not in {"no", "none", "any"}


class _Reader:
    """Collects the values for one host, in the order of the files."""

    def __init__(self, name: str, user: str) -> None:
        self.name = name
        self.values: dict[str, str] = {}
        self.identity_files: list[str] = []
        self.notes: dict[str, None] = {}  # Each once, in order
        self.conditions = Conditions(name, user, self.values, self.notes)

    def read(self, path: Path, folder: Path, *, is_active: bool, depth: int = 0) -> None:
        """Read one file; `is_active` is False where a block around an Include does not apply."""
        applies = is_active
        for line in self._lines(path, is_main=depth == 0 and path != SYSTEM_CONFIG):
            if isinstance(line, str):
                self.notes[line] = None
            elif line.keyword == "host":
                applies = is_active and matches_host(self.name, line.words)
            elif line.keyword == "match":
                applies = is_active and self.conditions.hold(line)
            elif line.keyword == "include":
                self._include(line, folder, is_active=applies, depth=depth)
            elif applies:
                self._take(line)

    def _lines(self, path: Path, *, is_main: bool) -> Iterator[Line | str]:
        try:
            yield from read_lines(path)
        except FileNotFoundError:
            return
        except OSError as error:
            if not is_main:
                yield f"{path} is not used: {error.strerror}."
                return
            raise ConfigError(
                f"{path} cannot be read.",
                why=f"{error.strerror}.",
                advice="Correct its permissions; it states how servers are reached.",
            ) from error

    def _include(self, line: Line, folder: Path, *, is_active: bool, depth: int) -> None:
        if not is_active:
            return
        if depth == MAX_DEPTH:
            raise ConfigError(
                f"The files of ssh_config include each other more than {MAX_DEPTH} times.",
                advice=f"Check the Include in {line.place}.",
            )
        for word in line.words:
            pattern = os.path.join(folder, expand_path(word, {}))  # noqa: PTH118  a pattern
            for file in sorted(glob.glob(pattern)):  # noqa: PTH207  may be absolute
                self.read(Path(file), folder, is_active=True, depth=depth + 1)

    def _take(self, line: Line) -> None:
        if line.keyword == "identityfile":
            if line.value not in self.identity_files:
                self.identity_files.append(line.value)
        else:
            self.values.setdefault(line.keyword, line.value)
