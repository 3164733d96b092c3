"""What keys the ledger's facts about people: a ledger may leave the house, the salt stays.

The ledger keeps a digest of each Study Instance UID, to find a study that is sent twice, and the
reasons why rules were overridden. Without the workspace's salt neither reveals anything: the
digest cannot be compared with UIDs of an archive, and the reason cannot be read.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable

from cryptography.fernet import Fernet, InvalidToken

_MARK = "k1:"
UNREADABLE = "(the reason cannot be read without the workspace's salt)"


class Seal:
    """Digests and encrypts with the salt of a workspace, which is read when it is needed."""

    def __init__(self, salt: Callable[[], bytes]) -> None:
        self._salt = salt

    def digest(self, text: str) -> str:
        """Return a keyed digest; empty of an empty text, and of a digest the digest itself."""
        if not text or text.startswith(_MARK):
            return text
        return _MARK + hmac.new(self._key("uid"), text.encode(), "sha256").hexdigest()

    def close(self, text: str) -> str:
        """Encrypt a text; an empty one stays empty."""
        if not text or text.startswith(_MARK):
            return text
        return _MARK + self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, text: str) -> str:
        """Decrypt a text; one that is not encrypted, of an older ledger, stays as it is."""
        if not text.startswith(_MARK):
            return text
        try:
            return self._fernet.decrypt(text.removeprefix(_MARK).encode()).decode()
        except (InvalidToken, UnicodeError):
            return UNREADABLE

    def among(self, digests: Iterable[str]) -> _Among:
        """Return a container of those texts whose keyed digest is given."""
        return _Among(self, frozenset(digests))

    @property
    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key("reasons")))

    def _key(self, use: str) -> bytes:
        return hmac.new(self._salt(), f"neuroflow {use}".encode(), "sha256").digest()


class _Among:
    def __init__(self, seal: Seal, digests: frozenset[str]) -> None:
        self._seal = seal
        self._digests = digests

    def __contains__(self, text: object) -> bool:
        return bool(self._digests) and self._seal.digest(str(text)) in self._digests
