"""Ctrl-C and SIGTERM: what is running is finished; a second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from neuroflow.cli.console import print_stderr

FINISHING = "Finishing what is running. Ctrl-C again stops at once."
GO_ON = "Stopped. Run the same command again to continue."
_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # SIGTERM: clusters, systemd


@contextmanager
def stoppable(notice: str = FINISHING, at_the_end: str = GO_ON) -> Iterator[threading.Event]:
    """Let the first signal finish what is running, and a second one stop at once."""
    stop = threading.Event()
    got: list[int] = []

    def on_signal(number: int, _frame: Any) -> None:
        got.append(number)
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print_stderr(notice, "yellow")

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if got and at_the_end:
        print_stderr(at_the_end, "yellow")
        raise typer.Exit(128 + got[0])
