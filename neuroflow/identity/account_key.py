"""The account key: 32 secret bytes that turn the digest of a scan into the id of a study."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class AccountKey:
    """One account key.

    >>> AccountKey(bytes(32))
    AccountKey(tag='71d9')
    """

    secret: bytes = field(repr=False)
    tag: str = field(init=False)  # Its name: four hexadecimal digits, which ids show

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"an account key has {KEY_BYTES} bytes")
        digest = hashlib.sha256(b"neuroflow account key 1\0" + self.secret).hexdigest()
        object.__setattr__(self, "tag", digest[:4])

    @property
    def line(self) -> str:
        """The key as a line of text: its tag, and its bytes in hexadecimal."""
        return f"{self.tag} {self.secret.hex()}"

    @property
    def salt(self) -> bytes:
        """What de-identification is keyed with: it reveals nothing about ids, nor they about it."""
        return self.digest("neuroflow de-identification 1", b"")

    def digest(self, purpose: str, message: bytes) -> bytes:
        """Digest a message with the key, for one purpose."""
        return hmac.digest(self.secret, purpose.encode("ascii") + b"\0" + message, "sha256")


def new_key(avoid: frozenset[str] = frozenset()) -> AccountKey:
    """Make a new key whose tag is none of those known."""
    while (key := AccountKey(secrets.token_bytes(KEY_BYTES))).tag in avoid:
        pass
    return key


def parse_key(line: str) -> AccountKey:
    """Read a key from its line; the tag reveals a typing error."""
    tag, _, digits = line.strip().partition(" ")
    key = AccountKey(bytes.fromhex(digits))
    if key.tag != tag.lower():
        raise ValueError("its first word does not belong to the rest")
    return key
