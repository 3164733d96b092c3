"""Public keys, and what a private key file shows without its passphrase."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""The kinds of key the service accepts (SFTP guide of neuropacs)."""

_MAGIC = b"openssh-key-v1\0"
_LINE = re.compile(rb"((?:ssh|ecdsa|sk)-\S+)[ \t]+([A-Za-z0-9+/=]+)([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: a user's, or a server's.

    Parameters
    ----------
    kind
        The algorithm, e.g. ``"ssh-ed25519"``.
    blob
        The key in SSH's wire format.
    comment
        The comment behind it in its line.

    Examples
    --------
    >>> PublicKey("ssh-ed25519", b"key").fingerprint
    'SHA256:LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM'

    References
    ----------
    RFC 4253, section 6.6 (format); OpenSSH, ssh-keygen(1) (fingerprint).
    """

    kind: str
    blob: bytes
    comment: str = ""

    @property
    def line(self) -> str:
        """One line, as for ``authorized_keys``."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()} {self.comment}".rstrip()

    @property
    def fingerprint(self) -> str:
        """``SHA256:...``, as OpenSSH shows it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def public_of(key: PrivateKey, comment: str = "") -> PublicKey:
    """Derive the public key of a private key."""
    line = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    kind, blob = line.split()[:2]
    return PublicKey(kind.decode(), base64.b64decode(blob), comment)


def read_public(data: bytes) -> PublicKey | None:
    """Read a public key in OpenSSH's form, as in a ``.pub`` file; None if it is something else.

    >>> read_public(b"ssh-ed25519 a2V5 me@here").comment
    'me@here'
    """
    found = _LINE.match(data.lstrip())
    if found is None:
        return None
    try:
        blob = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
    return PublicKey(found[1].decode(), blob, found[3].decode("utf-8", "replace").strip())


class Unprotected(NamedTuple):
    """What a private key file shows without its passphrase."""

    public: PublicKey | None  # OpenSSH's form has it outside what the passphrase protects
    is_protected: bool
    cipher: str = ""  # What it is encrypted with; empty where that is not known


def read_unprotected(data: bytes) -> Unprotected:
    """Return what a key file shows without its passphrase.

    OpenSSH, PROTOCOL.key: the public key is outside what the passphrase protects.
    """
    if b"BEGIN OPENSSH PRIVATE KEY" not in data:
        return Unprotected(None, b"ENCRYPTED" in data)
    try:
        body = base64.b64decode(b"".join(data.split(b"-----")[2].split()))
        if not body.startswith(_MAGIC):
            return Unprotected(None, is_protected=False)
        cipher, rest = _string(body[len(_MAGIC) :])
        _, rest = _string(rest)
        _, rest = _string(rest)
        blob, _ = _string(rest[4:])
        kind, _ = _string(blob)
        public = PublicKey(kind.decode(), blob)
        return Unprotected(public, cipher != b"none", cipher.decode())
    except (ValueError, IndexError, struct.error):
        # A damaged file: reading it reports what is wrong.
        return Unprotected(None, is_protected=False)


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split a string of SSH's wire format from what follows (RFC 4251, section 5)."""
    (length,) = struct.unpack_from(">I", data)
    return data[4 : 4 + length], data[4 + length :]
