"""Whether the service would take a key: what kind of file it is, and what to mend."""

from __future__ import annotations

import base64
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys import (
    MIN_RSA_BITS,
    PublicKey,
    check_content,
    check_permissions,
    load_key,
    public_of,
    read_key,
    restrict_permissions,
    unsupported_key_error,
)

ACCEPTED = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
)
"""Kinds of key that the service takes (the vendor's SFTP guide)."""

_FORMS = {
    b"-----BEGIN OPENSSH PRIVATE KEY-----": "OpenSSH",
    b"-----BEGIN PRIVATE KEY-----": "PKCS#8",
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----": "PKCS#8",
    b"-----BEGIN RSA PRIVATE KEY-----": "PEM",
    b"-----BEGIN EC PRIVATE KEY-----": "PEM",
    b"-----BEGIN DSA PRIVATE KEY-----": "PEM",
    b"PuTTY-User-Key-File": "PuTTY",
}
_MAGIC = b"openssh-key-v1\0"


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What `check_key` found; nothing in it is secret.

    Examples
    --------
    >>> KeyReport(Path("id_key"), "PEM", is_protected=True, permissions="600").is_usable
    True
    """

    path: Path  # The file
    # ``"OpenSSH"``, ``"PEM"``, ``"PKCS#8"`` or ``"PuTTY"``; empty where it is none of these.
    form: str
    is_protected: bool  # True where a passphrase protects it
    permissions: str  # As ``chmod`` counts them, ``"600"``; empty on Windows
    is_corrected: bool = False  # True where the permissions were mended just now
    # The public half; None where it cannot be read. OpenSSH's form shows it without passphrase.
    public: PublicKey | None = None
    bits: int | None = None  # Length of the key; None where the public half cannot be read
    # Why the service would not take it, and what to do; None where it would.
    error: KeyFileError | None = None

    @property
    def is_usable(self) -> bool:
        """True where nothing is wrong with it."""
        return self.error is None


def check_key(path: Path, passphrase: str | None = None, *, fix: bool = False) -> KeyReport:
    """Tell whether the service would take a key.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from neuroflow.transfer.ssh.keys import make_key
    >>> with TemporaryDirectory() as folder:
    ...     _ = make_key(Path(folder) / "id_key", passphrase="correct horse")
    ...     report = check_key(Path(folder) / "id_key")
    >>> report.form, report.public.kind, report.bits, report.is_protected, report.is_usable
    ('OpenSSH', 'ssh-ed25519', 256, True, True)

    References
    ----------
    OpenSSH, PROTOCOL.key: the public half stands outside what the passphrase protects.
    """
    data = read_key(path)
    is_corrected = fix and b"PRIVATE KEY-----" in data and _correct(path)
    public, is_protected = _read_unlocked(data)
    error = None
    try:
        check_content(path, data)
        check_permissions(path)
        if passphrase or not is_protected:
            public = public_of(load_key(path, passphrase))
        elif public is not None:
            _check_kind(path, public)
    except KeyFileError as found:
        error = found
    form = next((name for start, name in _FORMS.items() if data.lstrip().startswith(start)), "")
    bits = _bits(public) if public else None
    return KeyReport(path, form, is_protected, _mode(path), is_corrected, public, bits, error)


def _correct(path: Path) -> bool:
    """Close a file to others where it is open."""
    try:
        check_permissions(path)
    except KeyFileError:
        restrict_permissions(path)
        return True
    return False


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):03o}" if os.name == "posix" else ""


def _read_unlocked(data: bytes) -> tuple[PublicKey | None, bool]:
    """Tell what can be seen without a passphrase: the public half, and whether one is needed."""
    if b"BEGIN OPENSSH PRIVATE KEY" not in data:
        return None, b"ENCRYPTED" in data
    try:
        body = base64.b64decode(b"".join(data.split(b"-----")[2].split()))
        if not body.startswith(_MAGIC):
            return None, False
        cipher, rest = _string(body[len(_MAGIC) :])
        _, rest = _string(rest)
        _, rest = _string(rest)
        blob, _ = _string(rest[4:])
        kind, _ = _string(blob)
        return PublicKey(kind.decode(), blob), cipher != b"none"
    except (ValueError, IndexError, struct.error):
        return None, False  # a broken file: reading it says what is wrong


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split a string of SSH's wire format from what follows (RFC 4251, section 5)."""
    (length,) = struct.unpack_from(">I", data)
    return data[4 : 4 + length], data[4 + length :]


def _bits(public: PublicKey) -> int | None:
    try:
        key = serialization.load_ssh_public_key(public.line.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return int(getattr(key, "key_size", 256))  # Ed25519 has one length only


def _check_kind(path: Path, public: PublicKey) -> None:
    is_short = public.kind == "ssh-rsa" and (_bits(public) or 0) < MIN_RSA_BITS
    if public.kind not in ACCEPTED or is_short:
        raise unsupported_key_error(path)
