"""A button that saves a file of the program's computer on that of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets import Unicode

from neuroflow.widgets.common import private

PIECE = 1_000_000
"""Bytes of a file in one message."""


class DownloadButton(private.Private, private.Scripted):
    """Save a file on the computer of the page, which may not be the program's: piece by piece."""

    script = "download.js"
    label = Unicode("Download").tag(sync=True)
    tooltip = Unicode("").tag(sync=True)
    description = Unicode("").tag(sync=True)  # as that of a button that copies
    path: Path

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.on_msg(lambda _, message, __: self._send_piece(message))

    def _send_piece(self, message: dict[str, Any]) -> None:
        if message.get("ask") != "piece":
            return
        begin = max(0, int(message["from"]))
        try:
            with self.path.open("rb") as file:
                file.seek(begin)
                data, size = file.read(PIECE), self.path.stat().st_size
        except OSError as error:
            self.send({"failed": f"The file cannot be read: {error.strerror}."})
            return
        self.send({"piece": begin, "size": size, "name": self.path.name}, [data])
