"""How many files and folders may be open at once on one connection."""

from __future__ import annotations

import errno

MAX_OPEN_FILES = 96
"""OpenSSH allows as many as a process may have, usually 1024."""


class HandleLimit:
    """The handles that a server allows: as it offers, or as its refusals show.

    OpenSSH, PROTOCOL, section 4.8 (limits@openssh.com, max-open-handles).
    """

    def __init__(self) -> None:
        self._limit = MAX_OPEN_FILES

    def at_most(self, wanted: int) -> int:
        """Return how many handles to use where more would be of use."""
        return min(wanted, self._limit)

    def allow(self, offered: int) -> None:
        """Keep to what the server offers; 0 is no limit."""
        if offered:
            self._limit = max(1, min(self._limit, offered))

    def halve(self, held: int) -> None:
        """Use half as many as were open when the server refused another one."""
        self._limit = max(1, min(self._limit, held // 2))


def may_be_full(error: object) -> bool:
    """Check whether a refusal to open may be about the number of handles."""
    # Servers word it as they like, some as a denied permission: only a missing file is certain.
    return isinstance(error, OSError) and error.errno != errno.ENOENT
