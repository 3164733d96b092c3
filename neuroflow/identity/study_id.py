"""The ids of studies: derived from a scan with an account key, or random.

A derived id is a UUID of version 8 whose 122 free bits hold, from the left, 16 bits that name the
account key, 8 bits that count deliberate repetitions, and 98 bits of an HMAC-SHA256 over both the
count and the digest of the scan. So the same scan has the same id wherever the key is, ids of
another key are recognised as such, and without the key an id reveals nothing about the scan.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID, uuid4

from neuroflow.identity.account_key import AccountKey

MAX_REPETITIONS = 255
RANDOM = "random"
"""What `origin` returns for an id that no key made."""

_PURPOSE = b"neuroflow study id 1\0"
_MAC_BITS, _COUNT_BITS = 98, 8


@dataclass(frozen=True, slots=True)
class DerivedId:
    """What a derived id shows without the key."""

    tag: str  # Which key it was made with: four hexadecimal digits
    repetition: int  # 0 for the first submission of a scan


def derive_id(key: AccountKey, digest: str, repetition: int = 0) -> str:
    """Derive the id of a scan from its digest.

    RFC 9562, section 5.8 (UUID version 8); RFC 2104 (HMAC).
    """
    if not 0 <= repetition <= MAX_REPETITIONS:
        raise ValueError(f"a scan cannot be repeated {repetition} times")
    message = _PURPOSE + bytes([repetition]) + digest.encode("ascii")
    mac = int.from_bytes(hmac.digest(key.secret, message, "sha256"), "big") >> (256 - _MAC_BITS)
    free = (int(key.tag, 16) << _COUNT_BITS | repetition) << _MAC_BITS | mac
    high, middle, low = free >> 74, free >> 62 & 0xFFF, free & (1 << 62) - 1
    return str(UUID(int=high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low))


def random_id() -> str:
    """Return a random id: a UUID of version 4."""
    return str(uuid4())


def read_id(study_id: str) -> DerivedId | None:
    """Read which key made an id; None where no key did."""
    try:
        number = UUID(study_id)
    except ValueError:
        return None
    if str(number) != study_id.lower() or number.int >> 76 & 0xF != 8 or number.int >> 62 & 3 != 2:
        return None
    return DerivedId(f"{number.int >> 112:04x}", number.int >> 104 & 0xFF)


def origin(study_id: str) -> str:
    """Return the tag of the key that made an id, or ``random``."""
    derived = read_id(study_id)
    return RANDOM if derived is None else derived.tag
