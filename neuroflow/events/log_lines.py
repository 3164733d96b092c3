"""Read the log of a workspace: its latest lines, also those of one study."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neuroflow.errors import FolderError, ResultWarning
from neuroflow.events.log import BACKUP_COUNT
from neuroflow.events.user_warnings import warn_user

ABOUT_JOBS = '"study_id": null'
"""What lines have that are about a whole job, as `EventLog` writes them."""


def read_log(file: Path, last: int, having: str = "") -> list[dict[str, Any]]:
    """Return the latest events whose lines have a text, the oldest first.

    Lines that are no events, as of a program that was killed, are counted in a warning.
    """
    lines: deque[str] = deque()
    try:
        for path in _files(file):
            text = path.read_text(encoding="utf-8", errors="replace")
            found = [line for line in text.splitlines() if having in line]
            lines.extendleft(reversed(found[-(last - len(lines)) :]))
            if len(lines) >= last:
                break
    except OSError as error:
        raise FolderError(
            f"The log {file} cannot be read.",
            why=f"{error.strerror}.",
            advice="Check its permissions.",
        ) from error
    events = [event for event in map(_event, lines) if event is not None]
    if damaged := len(lines) - len(events):
        warn_user(f"{damaged} of the latest {len(lines)} lines are damaged.", ResultWarning)
    return events


def _files(file: Path) -> Iterator[Path]:
    """Yield the file and the full ones beside it, the newest first."""
    full = (file.with_name(f"{file.name}.{number}") for number in range(1, BACKUP_COUNT + 1))
    yield from (path for path in (file, *full) if path.exists())


def _event(line: str) -> dict[str, Any] | None:
    """Return the event of a line; None where it is damaged."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
