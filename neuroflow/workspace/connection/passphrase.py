"""The passphrase of the user's key: in memory only, and asked for when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from neuroflow.transfer import Route, protected_file


class Passphrase:
    """Holds the passphrase until the process ends; it is never written."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._ask: Callable[[Path], str | None] | None = None
        self._asking = threading.Lock()

    def use(self, given: str | None) -> None:
        """Keep a passphrase, or forget it."""
        self._given = given

    def ask_with(self, ask: Callable[[Path], str | None]) -> None:
        """Ask with this function, which is given the path of the key."""
        self._ask = ask

    def for_route(self, hops: Callable[[], Iterable[Route]]) -> str | None:
        """Return it, asking if a key on the route needs one and somebody can be asked."""
        with self._asking:
            if self._given is None and self._ask is not None:
                files = [protected_file(hop.identities) for hop in hops()]
                needed = next((path for path in files if path is not None), None)
                if needed is not None:
                    self._given = self._ask(needed)
            return self._given
