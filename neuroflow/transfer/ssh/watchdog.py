"""A watchdog that ends operations on connections without activity."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Watchdog:
    """Call `on_timeout` once when `seconds` pass without activity inside a ``with`` block.

    A socket time-out is not enough: several waits of an SSH connection ignore it.
    """

    def __init__(self, on_timeout: Callable[[], None], seconds: float) -> None:
        self._on_timeout = on_timeout
        self._seconds = seconds
        self._deadline: float | None = None
        self._stopped = threading.Event()
        self.expired = False
        threading.Thread(target=self._watch, name="neuroflow-watchdog", daemon=True).start()

    def reset(self, patience: float = 1.0) -> None:
        """Record activity: the time-out starts again."""
        self._deadline = time.monotonic() + patience * self._seconds

    def stop(self) -> None:
        """Stop the watchdog for good."""
        self._stopped.set()

    def __enter__(self) -> Self:
        self.reset()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._deadline = None

    def _watch(self) -> None:
        # Checking periodically costs less than waking this thread for every block of a file.
        pause = min(1.0, self._seconds / 10)
        while not self._stopped.wait(pause):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self.expired = True
                self._on_timeout()
                return
