"""Pinned host keys: confirmed once by the user, then checked at every connection."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from neuroflow.errors import HostKeyChangedError, HostKeyError, HostKeyUnknownError
from neuroflow.io import atomic_write
from neuroflow.transfer.ssh import session
from neuroflow.transfer.ssh.keys import PublicKey

_PIN = re.compile(r"# pinned (?P<host>\S+) (?P<fingerprint>SHA256:\S+)\Z")
_FINGERPRINT = re.compile(r"(?:SHA256:)?([A-Za-z0-9+/]{43})=?\Z")


@dataclass(frozen=True, slots=True)
class _Known:
    """One line: a key, or a fingerprint that the user confirmed before the key was seen."""

    hosts: str
    fingerprint: str
    kind: str = ""
    is_revoked: bool = False


class HostKeys:
    """The pinned host keys of a workspace, in OpenSSH's ``known_hosts`` form.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     known = HostKeys(Path(folder) / "known_hosts")
    ...     key = PublicKey("ssh-ed25519", b"key")
    ...     known.trust("example.org", 2222, key)
    ...     known.check("example.org", 2222, key)
    ...     known.kinds("example.org", 2222)
    ('ssh-ed25519',)

    References
    ----------
    OpenSSH, sshd(8), *SSH_KNOWN_HOSTS FILE FORMAT*.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, one sentence per line of the file."""
        return self._read()[1]

    def check(self, host: str, port: int, key: PublicKey) -> None:
        """Check the key that a server shows against the pinned ones."""
        lines, problems = self._read()
        known = [line for line in lines if _matches(line.hosts, host, port)]
        same = [line for line in known if line.fingerprint == key.fingerprint]
        if any(line.is_revoked for line in same):
            raise HostKeyChangedError(
                f"The key of {host} is marked as revoked in {self.path.name}.",
                advice="Do not connect; ask the support of neuropacs.",
                fingerprint=key.fingerprint,
            )
        if same:
            if not any(line.kind for line in same):
                self.trust(host, port, key)  # from now on with the whole key
            return
        pinned = [line for line in known if not line.is_revoked]
        rivals = [line for line in pinned if line.kind in {"", key.kind}]
        if rivals:
            raise HostKeyChangedError(
                f"{host} shows a different key than the confirmed one.",
                why=f"Pinned: {', '.join(line.fingerprint for line in rivals)}. "
                f"Shown: {key.fingerprint}. The connection may be intercepted, or the server was "
                "replaced.",
                advice="Stop and ask the support of neuropacs which fingerprint is right.",
                fingerprint=key.fingerprint,
            )
        raise _unknown(host, key, pinned, problems)

    def pin(self, host: str, port: int, fingerprint: str) -> None:
        """Pin a fingerprint that the user confirmed; it replaces earlier ones."""
        found = _FINGERPRINT.match(fingerprint.strip())
        if not found:
            raise HostKeyError(
                f"{fingerprint!r} is not the fingerprint of a host key.",
                advice="A fingerprint is SHA256: followed by 43 characters; MD5 is not accepted.",
            )
        self._replace(host, port, f"# pinned {_place(host, port)} SHA256:{found[1]}")

    def trust(self, host: str, port: int, key: PublicKey) -> None:
        """Pin a key that the user confirmed; it replaces earlier ones."""
        self._replace(host, port, f"{_place(host, port)} {key.line}")

    def kinds(self, host: str, port: int) -> tuple[str, ...]:
        """Return the kinds of key that are pinned, to request those from the server."""
        lines = self._read()[0]
        return tuple(
            line.kind
            for line in lines
            if line.kind and not line.is_revoked and _matches(line.hosts, host, port)
        )

    def _replace(self, host: str, port: int, new: str) -> None:
        """Write the file with one line for this server; every other line stays as it was."""
        place = _place(host, port)
        with self._writing:
            kept = [line for line in self._text().splitlines() if not _is_about(line, place)]
            with atomic_write(self.path, error=HostKeyError, parents=True) as temporary:
                temporary.write_text("\n".join([*kept, new]) + "\n", encoding="utf-8")

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise HostKeyError(f"{self.path} cannot be read.", why=f"{error.strerror}.") from error

    def _read(self) -> tuple[list[_Known], tuple[str, ...]]:
        """Read line by line: one bad line must not hide the others."""
        known, problems = [], []
        for number, line in enumerate(self._text().splitlines(), start=1):
            try:
                parsed = _parse(line.strip())
            except ValueError as error:
                problems.append(f"Line {number} of {self.path.name} is not used: {error}.")
            else:
                known += [parsed] if parsed else []
        return known, tuple(problems)


def fetch_host_key(host: str, port: int, timeout: float = session.TIMEOUT) -> PublicKey:
    """Return the key of a server, without logging in."""
    transport = session.handshake(session.dial(host, port, timeout), host, port, timeout=timeout)
    try:
        return session.host_key(transport)
    finally:
        session.disconnect(transport)


def _parse(line: str) -> _Known | None:
    pin = _PIN.match(line)
    if pin:
        return _Known(pin["host"], pin["fingerprint"])
    if not line or line.startswith("#"):
        return None
    fields = line.split()
    marker = fields.pop(0) if line.startswith("@") else ""
    if marker == "@cert-authority":
        raise ValueError("certificate authorities are not supported")
    if len(fields) < 3 or marker not in {"", "@revoked"}:
        raise ValueError("it has no host, kind and key")
    hosts, kind, text = fields[:3]
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("its key is not base64") from error
    return _Known(hosts, PublicKey(kind, blob).fingerprint, kind, marker == "@revoked")


def _matches(hosts: str, host: str, port: int) -> bool:
    place = _place(host, port)
    if hosts.startswith("|1|"):
        return _matches_hash(hosts, place)
    patterns = hosts.lower().split(",")
    if any(p.startswith("!") and _like(place, p[1:]) for p in patterns):
        return False
    return any(_like(place, p) for p in patterns)


def _like(place: str, pattern: str) -> bool:
    # Brackets are part of "[host]:port" here, not a set of characters.
    return fnmatchcase(place, pattern.replace("[", "[[]"))


def _matches_hash(hosts: str, place: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hosts.split("|")[2:4])
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, place.encode(), hashlib.sha1).digest(), digest)


def _place(host: str, port: int) -> str:
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _is_about(line: str, place: str) -> bool:
    """Check whether a line pins this server and nothing else."""
    pin = _PIN.match(line.strip())
    return (pin["host"] if pin else line.partition(" ")[0].lower()) == place


def _unknown(
    host: str, key: PublicKey, pinned: list[_Known], problems: tuple[str, ...]
) -> HostKeyUnknownError:
    if pinned:
        kinds = ", ".join(sorted({line.kind for line in pinned}))
        why = f"Pinned is a key of another kind ({kinds}); shown is {key.kind} {key.fingerprint}."
    else:
        why = f"It shows {key.kind} {key.fingerprint}."
    return HostKeyUnknownError(
        f"{host} has no pinned key{' of this kind' if pinned else ''} yet.",
        why=" ".join([why, *problems]),
        advice="Compare the fingerprint with the one neuropacs gave you, then confirm it once.",
        fingerprint=key.fingerprint,
    )
