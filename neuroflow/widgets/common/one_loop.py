"""Messages of a page, handled on the event loop on which a control was made.

JupyterLab asks the kernel to handle them in threads of their own (kernel subshells). The forms, and
matplotlib, are made for one thread: two figures drawn at the same time would spoil each other.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

LONG = 2000
"""How many letters make a message long."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of this thread, if it is running one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def call_soon(action: Callable[[], object]) -> None:
    """Call an action after pending events; at once without an event loop."""
    loop = running_loop()
    if loop is None:
        action()
    else:
        loop.call_soon(action)


def call_later(seconds: float, action: Callable[[], object]) -> None:
    """Call an action after some seconds; at once without an event loop."""
    loop = running_loop()
    if loop is None:
        action()
    else:
        loop.call_later(seconds, action)


def packed(text: str) -> bytes:
    """Return a text as the scripts of the forms unpack it."""
    return gzip.compress(text.encode(), 6, mtime=0)  # 9 takes four times as long for 1 % less


class OneLoop:
    """Handles messages on the loop of its making, on whatever thread they arrive."""

    _loop: asyncio.AbstractEventLoop | None = None
    send: Callable[..., None]

    def send_packed(self, message: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send a message, packed if it is long: as the first of its buffers."""
        text = json.dumps(message)
        if len(text) > LONG:
            self.send({"packed": True}, [packed(text), *buffers])
        elif buffers:
            self.send(message, list(buffers))
        else:
            self.send(message)

    def open(self) -> None:
        """Remember the loop, then make the control known to the pages."""
        self._loop = self._loop or running_loop()
        super().open()  # type: ignore[misc]

    def _handle_msg(self, message: dict[str, Any]) -> None:
        handle = super()._handle_msg  # type: ignore[misc]
        if self._loop is None or self._loop.is_closed() or self._loop is running_loop():
            handle(message)
        else:
            self._loop.call_soon_threadsafe(handle, message)


class Tab(OneLoop, widgets.Tab):  # type: ignore[misc]
    """Forms behind tabs."""
