"""The least rate of a download: a server that sends a byte now and then is given up."""

from __future__ import annotations

LEAST_RATE = 2_000
"""Bytes per second that a connection brings at least: a hundredth of a slow line."""
WINDOW = 300.0
"""Seconds of waiting for the server over which that is measured."""
PER_ANSWER = 4_096
"""Bytes that an answer counts for which brings none: small files cost the server time as well."""


class TooSlowError(TimeoutError):
    """The server kept the connection busy, and sent next to nothing."""


class Pace:
    """The bytes that a connection brought while it was waited for, measured only while `on`."""

    def __init__(self) -> None:
        self.on = False
        self._waited = 0.0
        self._gained = 0

    def gain(self, size: int) -> None:
        """Count bytes of files or listings."""
        self._gained += size

    def wait(self, seconds: float) -> None:
        """Count time that the server was waited for; raise if it brought too little."""
        if not self.on:
            return
        self._waited += seconds
        if self._waited < WINDOW:
            return
        least = LEAST_RATE * self._waited
        if self._gained < least:
            minutes = self._waited / 60
            raise TooSlowError(f"Less than {least / 1000:.0f} kB came in {minutes:.0f} minutes")
        self._waited, self._gained = 0.0, 0
