"""The log of a workspace: the events of its jobs, one line of JSON each, no patient data."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from neuroflow.errors import WorkspaceError
from neuroflow.escaping import visible
from neuroflow.models import Event, OnEvent

MAX_BYTES = 5_000_000
BACKUP_COUNT = 5
"""Number of full files kept beside the current one."""
PROGRESS_INTERVAL = timedelta(minutes=1)
"""How often progress of a study is logged."""
LOGGED_MESSAGES = frozenset({"upload", "wait", "collect"})
"""Stages whose messages are about the connection and the server. Messages of other stages may name
files of the user, and with them participants: they are not logged."""
ANY_PATH = re.compile(r"(?<![\w.])(?:~|[A-Za-z]:)?[\\/]+[^\\/\s][^\"'\n]*")


class EventLog:
    """Writes events to a log file that is rotated when it is full."""

    def __init__(
        self,
        path: Path,
        job: str,
        listen: OnEvent,
        *,
        clock: Callable[[], datetime],
        max_bytes: int = MAX_BYTES,
        mode: int = 0o600,
    ) -> None:
        self._job, self._listen, self._clock = job, listen, clock
        self._logged: dict[tuple[str, str | None], Event] = {}
        self._begun: dict[tuple[str, str | None], Event] = {}
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._file = _Rotating(path, max_bytes, mode, self._report_failure)
        except OSError as error:
            raise WorkspaceError(
                "The log of the workspace cannot be written.",
                why=f"{error.strerror}.",
                advice="Check the disk's free space and the folder's permissions.",
            ) from error

    def __call__(self, event: Event) -> None:
        """Log one event, unless it is mere progress, and pass it on."""
        key = (event.stage, event.study_id)
        if event.status == "started" or key not in self._begun:
            self._begun[key] = event
        if self._is_new(event, self._logged.get(key)):
            self._logged[key] = event
            self._write(event)
        self._listen(event)

    def __enter__(self) -> Self:
        self._write(self._mark("started"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Messages of errors may name files; their classes are explained in docs/errors.md.
        end = self._mark("done") if kind is None else self._mark("failed", kind.__name__)
        self._write(end, own=True)
        with contextlib.suppress(OSError):  # a full disk was reported already
            self._file.close()

    def _is_new(self, event: Event, last: Event | None) -> bool:
        if last is None or event.status != "progress" or last.status != "progress":
            return True
        has_new_message = bool(event.message) and event.message != last.message
        return has_new_message or event.at - last.at >= PROGRESS_INTERVAL

    def _write(self, event: Event, *, own: bool = False) -> None:
        message = event.message if own or event.stage in LOGGED_MESSAGES else ""
        line: dict[str, Any] = {
            "at": event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "stage": event.stage,
            "study_id": event.study_id,
            "status": event.status,
            "done": event.done,
            "total": event.total,
            "message": ANY_PATH.sub("(a path)", visible(message)),
        }
        rate = self._rate(event)
        if rate is not None:
            line["rate"] = rate
        self._file.write(json.dumps(line, ensure_ascii=False))

    def _rate(self, event: Event) -> int | None:
        """Return bytes per second of a transfer since it began."""
        begun = self._begun.get((event.stage, event.study_id))
        if begun is None or event.stage not in LOGGED_MESSAGES or event.done <= begun.done:
            return None
        seconds = (event.at - begun.at).total_seconds()
        return round((event.done - begun.done) / seconds) if seconds > 0 else None

    def _mark(self, status: str, message: str = "") -> Event:
        return Event(self._job, None, 0, 0, status, message, self._clock())

    def _report_failure(self, why: str) -> None:
        message = f"The log can no longer be written: {why}. The job continues."
        self._listen(replace(self._mark("failed", message), stage="log"))


class _Rotating(RotatingFileHandler):
    """The standard library's rotating file, whose first failure is reported, not printed."""

    def __init__(
        self, path: Path, max_bytes: int, mode: int, on_failure: Callable[[str], None]
    ) -> None:
        self._file_mode = mode
        # Messages of a server may be invalid text: they must neither be lost nor end the log.
        super().__init__(
            path,
            maxBytes=max_bytes,
            backupCount=BACKUP_COUNT,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._on_failure = on_failure
        self._has_failed = False

    def _open(self) -> TextIOWrapper:
        """Open the file for its owner alone; a link in its place is refused."""

        def opener(name: str, flags: int) -> int:
            no_link = flags | getattr(os, "O_NOFOLLOW", 0)
            try:
                descriptor = os.open(name, no_link | os.O_EXCL, self._file_mode)
            except FileExistsError:
                return os.open(name, no_link)
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, self._file_mode)  # whatever the umask leaves of it
            return descriptor

        opened = open(  # noqa: SIM115  the handler closes it
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=opener
        )
        return cast(TextIOWrapper, opened)

    def write(self, line: str) -> None:
        record = logging.LogRecord("neuroflow", logging.INFO, "", 0, line, None, None)
        if not self._has_failed:
            self.handle(record)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802
        self._has_failed = True
        error = sys.exc_info()[1]
        self._on_failure(error.strerror or "" if isinstance(error, OSError) else str(error))
