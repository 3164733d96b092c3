"""Pinned host keys: confirmed once by the user, then checked at every connection."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from neuroflow.errors import (
    HostKeyChangedError,
    HostKeyError,
    HostKeyUnknownError,
    Wording,
)
from neuroflow.io import PRIVATE, atomic_write
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
    """The pinned host keys of a workspace, in OpenSSH's ``known_hosts`` form (sshd(8))."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, one sentence per line of the file."""
        return self._read()[1]

    def check(self, host: str, port: int, key: PublicKey) -> None:
        """Check the key that a server shows against the pinned ones.

        Every pinned key of a server is right. Another one is a change, of whatever kind it is:
        who intercepts a connection chooses the kind.
        """
        lines, problems = self._read()
        known = [line for line in lines if _matches(line.hosts, host, port)]
        same = [line for line in known if line.fingerprint == key.fingerprint]
        if any(line.is_revoked for line in same):
            raise HostKeyChangedError(
                f"The key of {host} is marked as revoked in {self.path.name}.",
                advice="Do not connect; ask neuropacs support.",
                fingerprint=key.fingerprint,
                shown=_names((key,)),
            )
        if same:
            if not any(line.kind for line in same):
                with suppress(HostKeyError):  # a workspace that may only be read
                    self.trust(host, port, key)  # from now on with the whole key
            return
        if pinned := self.pinned(host, port):
            raise changed_error(host, (key,), pinned)
        raise unknown_error(host, (key,), problems)

    def pinned(self, host: str, port: int) -> tuple[str, ...]:
        """Return the fingerprints that are pinned for a server."""
        found = [
            line.fingerprint
            for line in self._read()[0]
            if not line.is_revoked and _matches(line.hosts, host, port)
        ]
        return tuple(dict.fromkeys(found))

    def has_pin_of_any_kind(self, host: str, port: int) -> bool:
        """Return whether a fingerprint is pinned whose key, and so its kind, was never seen."""
        lines = self._read()[0]
        return any(not line.kind and _matches(line.hosts, host, port) for line in lines)

    def pin(self, host: str, port: int, fingerprint: str) -> None:
        """Pin a fingerprint that the user confirmed, before its key was seen."""
        mark = parse_fingerprint(fingerprint)
        if mark not in self.pinned(host, port):
            self._rewrite(host, port, frozenset(), f"# pinned {_place(host, port)} {mark}")

    def trust(self, host: str, port: int, key: PublicKey) -> None:
        """Pin a key that the user confirmed; other keys of the server stay pinned."""
        new = f"{_place(host, port)} {key.line}"
        self._rewrite(host, port, frozenset({key.fingerprint}), new)

    def forget(self, host: str, port: int, fingerprint: str) -> None:
        """Remove a key or fingerprint that is pinned for a server."""
        mark = parse_fingerprint(fingerprint)
        self._rewrite(host, port, frozenset({mark}))
        if mark in self.pinned(host, port):
            raise HostKeyError(
                f"{mark} is pinned for {host} in a line of {self.path} that names other hosts too.",
                advice="Correct that line by hand.",
            )

    def kinds(self, host: str, port: int) -> tuple[str, ...]:
        """Return the kinds of key that are pinned, to request those from the server."""
        lines = self._read()[0]
        return tuple(
            line.kind
            for line in lines
            if line.kind and not line.is_revoked and _matches(line.hosts, host, port)
        )

    def fingerprints(self, host: str, port: int) -> set[str]:
        """Return the fingerprints of the keys that are pinned for a server."""
        return {
            line.fingerprint
            for line in self._read()[0]
            if not line.is_revoked and _matches(line.hosts, host, port)
        }

    def _rewrite(self, host: str, port: int, gone: frozenset[str], new: str = "") -> None:
        """Write the file without some keys of this server; every other line stays as it was."""
        place = _place(host, port)
        with self._writing:
            lines = self._text().splitlines()
            kept = [line for line in lines if not _is_pin_of(line, place, gone)]
            with atomic_write(
                self.path, mode=PRIVATE, error=HostKeyError, parents=True
            ) as temporary:
                text = "".join(f"{line}\n" for line in [*kept, *([new] if new else [])])
                temporary.write_text(text, encoding="utf-8")

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise HostKeyError(
                f"{self.path} cannot be read.",
                why=f"{error.strerror}.",
                advice="Correct its permissions, or move it away and confirm the host key again.",
            ) from error

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


def _is_pin_of(line: str, place: str, fingerprints: frozenset[str]) -> bool:
    """Check whether a line pins one of these keys for this server, and for no other."""
    try:
        known = _parse(line.strip())
    except ValueError:
        return False
    if known is None or known.is_revoked or known.fingerprint not in fingerprints:
        return False
    is_hashed = known.hosts.startswith("|1|")
    return _matches_hash(known.hosts, place) if is_hashed else known.hosts.lower() == place


def parse_fingerprint(text: str) -> str:
    """Return a fingerprint as OpenSSH writes it, with ``SHA256:`` and without padding."""
    found = _FINGERPRINT.match(text.strip())
    if not found:
        raise HostKeyError(
            f"{text!r} is not the fingerprint of a host key.",
            advice="A fingerprint is SHA256: followed by 43 characters; MD5 is not accepted.",
        )
    return f"SHA256:{found[1]}"


def changed_error(
    host: str, shown: tuple[PublicKey, ...], pinned: tuple[str, ...]
) -> HostKeyChangedError:
    """Make the error of a server that shows another key than the confirmed one."""
    # The new one is not filled in: it has to come from neuropacs, not from this connection.
    old = pinned[0] if len(pinned) == 1 else list(pinned)
    options = " ".join(f"--forget-host-key {mark}" for mark in pinned)
    stop = "Stop and ask neuropacs support which fingerprint is right. Only if they give you"
    return HostKeyChangedError(
        f"{host} shows a different key than the confirmed one.",
        why=f"Pinned: {', '.join(pinned)}. Shown: {', '.join(_names(shown))}. The connection may "
        "be intercepted, or the server was replaced.",
        advice=Wording(
            f"{stop} a new one: ws.service.replace_host_key({old!r}, 'SHA256:NEW').",
            cli=f"{stop} a new one: neuroflow connect PROJECT {options} --host-key SHA256:NEW",
            form=f"{stop} a new one, paste it below.",
        ),
        fingerprint=shown[0].fingerprint,
        shown=_names(shown),
        pinned=pinned,
    )


def unknown_error(
    host: str, shown: tuple[PublicKey, ...], problems: tuple[str, ...] = ()
) -> HostKeyUnknownError:
    """Make the error of a server of which no key is pinned."""
    one = "Compare the fingerprint with the one neuropacs gave you, then confirm it once."
    several = "One of these fingerprints has to be the one neuropacs gave you: confirm that one."
    return HostKeyUnknownError(
        f"{host} has no pinned key yet.",
        why=" ".join([f"It shows {', '.join(_names(shown))}.", *problems]),
        advice=one if len(shown) == 1 else several,
        fingerprint=shown[0].fingerprint,
        shown=_names(shown),
    )


def _names(keys: tuple[PublicKey, ...]) -> tuple[str, ...]:
    return tuple(f"{key.kind} {key.fingerprint}" for key in keys)
