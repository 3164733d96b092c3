"""The email that asks neuropacs to register a public key."""

from __future__ import annotations

_TEXT = """Subject: Public key for SFTP access{of_user}

Dear support team,

please register this public key for {whom}:

{line}

Its fingerprint is {fingerprint}.

Please also send us the SHA-256 fingerprint of your server's host key, so that we can verify it \
on our first connection.

Kind regards,
[your name and institution]
"""


def mail_text(user: str, line: str, fingerprint: str) -> str:
    """Return the email, its subject first; the user may not be known yet."""
    return _TEXT.format(
        of_user=f", user {user}" if user else "",
        whom=f"user {user}" if user else "our account",
        line=line,
        fingerprint=fingerprint,
    )
