"""Where a server is, as people paste it: sftp://user@host:port, user@host, host:port."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class Address(NamedTuple):
    """The parts of a pasted address; None for those that it does not have."""

    host: str
    port: int | None
    user: str | None


def parse_address(text: str) -> Address | None:
    """Divide a pasted address into its parts; None for a plain host name or anything else."""
    text = text.strip()
    is_plain = text.count(":") != 1 and "@" not in text
    if "://" not in text and is_plain:  # an IPv6 address has more colons
        return None
    try:
        url = urlsplit(text if "://" in text else f"//{text}")
        port = url.port
    except ValueError:
        return None
    if not url.hostname:
        return None
    return Address(url.hostname, port, unquote(url.username) if url.username else None)
