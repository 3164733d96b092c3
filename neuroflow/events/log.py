"""The log of a workspace: what its jobs told, one line of JSON each, without patient data."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from neuroflow.errors import WorkspaceError
from neuroflow.models import Event, OnEvent

MAX_BYTES = 5_000_000
KEPT = 5
"""How many full files are kept beside the present one."""
EVERY = timedelta(minutes=1)
"""How often mere progress of a study is noted."""
TOLD = frozenset({"upload", "wait", "collect"})
"""Stages whose messages are about the line and the server. Those of others may name files of the
user's, and with them participants: they are not written down."""
ANY_PATH = re.compile(r"(?<![\w.])(?:~|[A-Za-z]:)?[\\/]+[^\\/\s][^\"'\n]*")


class EventLog:
    """Writes events into a file that starts anew when it is full.

    Examples
    --------
    >>> import tempfile
    >>> now = lambda: datetime(2026, 1, 31, 12, tzinfo=UTC)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "neuroflow.log"
    ...     with EventLog(path, "collect", lambda event: None, clock=now) as log:
    ...         log(Event("wait", None, 0, 0, "progress", "no connection", now()))
    ...     print(path.read_text().splitlines()[1])
    {"at": "2026-01-31T12:00:00.000+00:00", "stage": "wait", "study_id": null,
     "status": "progress", "done": 0, "total": 0, "message": "no connection"}
    """

    def __init__(
        self,
        path: Path,
        job: str,
        listen: OnEvent,
        *,
        clock: Callable[[], datetime],
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._job, self._listen, self._clock = job, listen, clock
        self._noted: dict[tuple[str, str | None], Event] = {}
        self._begun: dict[tuple[str, str | None], Event] = {}
        try:
            path.parent.mkdir(exist_ok=True)
            self._file = _Rotating(path, max_bytes, self._tell_of_failure)
        except OSError as error:
            raise WorkspaceError(
                "The log of the workspace cannot be written.",
                why=f"{error.strerror}.",
                advice="Check the disk's free space and the folder's permissions.",
            ) from error

    def __call__(self, event: Event) -> None:
        """Write one event, where it says something new, and pass it on."""
        key = (event.stage, event.study_id)
        if event.status == "started" or key not in self._begun:
            self._begun[key] = event
        if self._is_news(event, self._noted.get(key)):
            self._noted[key] = event
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
        # The words of an error may name files; its kind is told in docs/errors.md.
        end = self._mark("done") if kind is None else self._mark("failed", kind.__name__)
        self._write(end, own=True)
        with contextlib.suppress(OSError):  # what a full disk does not take was told of already
            self._file.close()

    def _is_news(self, event: Event, last: Event | None) -> bool:
        if last is None or event.status != "progress" or last.status != "progress":
            return True
        is_said_anew = bool(event.message) and event.message != last.message
        return is_said_anew or event.at - last.at >= EVERY

    def _write(self, event: Event, *, own: bool = False) -> None:
        message = event.message if own or event.stage in TOLD else ""
        line: dict[str, Any] = {
            "at": event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "stage": event.stage,
            "study_id": event.study_id,
            "status": event.status,
            "done": event.done,
            "total": event.total,
            "message": ANY_PATH.sub("(a path)", message),
        }
        rate = self._rate(event)
        if rate is not None:
            line["rate"] = rate
        self._file.write(json.dumps(line, ensure_ascii=False))

    def _rate(self, event: Event) -> int | None:
        """Measure bytes per second of a transfer, from where it was begun."""
        begun = self._begun.get((event.stage, event.study_id))
        if begun is None or event.stage not in TOLD or event.done <= begun.done:
            return None
        seconds = (event.at - begun.at).total_seconds()
        return round((event.done - begun.done) / seconds) if seconds > 0 else None

    def _mark(self, status: str, message: str = "") -> Event:
        return Event(self._job, None, 0, 0, status, message, self._clock())

    def _tell_of_failure(self, why: str) -> None:
        message = f"The log cannot be written any more: {why}. The work goes on."
        self._listen(replace(self._mark("failed", message), stage="log"))


class _Rotating(RotatingFileHandler):
    """The standard library's rotating file, whose first failure is told and not printed."""

    def __init__(self, path: Path, max_bytes: int, on_failure: Callable[[str], None]) -> None:
        # A server may say what is no text: that shall neither be lost nor end the log.
        super().__init__(
            path,
            maxBytes=max_bytes,
            backupCount=KEPT,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._on_failure = on_failure
        self._has_failed = False

    def write(self, line: str) -> None:
        record = logging.LogRecord("neuroflow", logging.INFO, "", 0, line, None, None)
        if not self._has_failed:
            self.handle(record)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802
        self._has_failed = True
        error = sys.exc_info()[1]
        self._on_failure(error.strerror or "" if isinstance(error, OSError) else str(error))
