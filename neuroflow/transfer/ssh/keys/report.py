"""Report on a key file: its format, its protection, and whether neuropacs accepts it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys.files import (
    MIN_RSA_BITS,
    check_content,
    check_permissions,
    load_key,
    read_key,
    restrict_permissions,
    unsupported_key_error,
)
from neuroflow.transfer.ssh.keys.public import PublicKey, public_of, read_unprotected

ACCEPTED = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
)
"""Kinds of key that neuropacs accepts (its SFTP guide)."""

_FORMS = {
    b"-----BEGIN OPENSSH PRIVATE KEY-----": "OpenSSH",
    b"-----BEGIN PRIVATE KEY-----": "PKCS#8",
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----": "PKCS#8",
    b"-----BEGIN RSA PRIVATE KEY-----": "PEM",
    b"-----BEGIN EC PRIVATE KEY-----": "PEM",
    b"-----BEGIN DSA PRIVATE KEY-----": "PEM",
    b"PuTTY-User-Key-File": "PuTTY",
}


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What `check_key` found; nothing in it is secret.

    Examples
    --------
    >>> KeyReport(Path("id_key"), "PEM", is_protected=True, permissions="600").is_usable
    True
    """

    path: Path  # The file
    # ``"OpenSSH"``, ``"PEM"``, ``"PKCS#8"`` or ``"PuTTY"``; empty if it is none of these.
    form: str
    is_protected: bool  # True where a passphrase protects it
    permissions: str  # In octal, e.g. ``"600"``; empty on Windows
    is_corrected: bool = False  # True where the permissions were corrected just now
    # The public key; None if it cannot be read. OpenSSH's format has it without the passphrase.
    public: PublicKey | None = None
    bits: int | None = None  # Length of the key; None if the public key cannot be read
    # Why neuropacs would not accept it, and what to do; None if it would.
    error: KeyFileError | None = None

    @property
    def is_usable(self) -> bool:
        """True if it can be used."""
        return self.error is None


def check_key(path: Path, passphrase: str | None = None, *, fix: bool = False) -> KeyReport:
    """Check whether neuropacs would accept a key.

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
    OpenSSH, PROTOCOL.key: the public half is outside what the passphrase protects.
    """
    data = read_key(path)
    is_corrected = fix and b"PRIVATE KEY-----" in data and _correct(path)
    public, is_protected, _ = read_unprotected(data)
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
    """Restrict the permissions of a file if other users may read it."""
    try:
        check_permissions(path)
    except KeyFileError:
        restrict_permissions(path)
        return True
    return False


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):03o}" if os.name == "posix" else ""


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
