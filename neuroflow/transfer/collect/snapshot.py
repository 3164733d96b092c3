"""A snapshot of the output folder: what it held, when, and since when it is unchanged.

The server's clock and ours may differ by hours. So times of the server are compared with times
of the server only, and ours with ours. Whether a folder is still being written, and whether it
belongs to an earlier submission, follows from when it was first seen and what changed since.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Self

from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.ledger import LedgerRow
from neuroflow.models import Entry, ResultFolder
from neuroflow.transfer.collect.service_messages import ServiceMessages

STABLE_AFTER = timedelta(minutes=2)
"""A folder that is unchanged for this long is complete."""
MAX_CLOCK_SKEW = timedelta(days=1)
"""By how much two clocks may differ at most."""
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class SeenAt:
    """When a result folder was first seen, and first seen as it is now; by our clock."""

    first: datetime
    since: datetime


class OutputSnapshot:
    """The result folders at one time, and when each was first seen."""

    def __init__(self, at: datetime, before: OutputSnapshot | None = None) -> None:
        self.at = at
        self.folders: dict[str, ResultFolder] = {}
        self.expected: set[str] | None = None
        self.left_out: list[str] = []
        self.messages: ServiceMessages = before.messages if before else ServiceMessages()
        self._old = before.folders if before else {}
        self._seen_at: dict[str, SeenAt] = dict(before._seen_at) if before else {}
        self._newest: datetime | None = before._newest if before else None

    def add(self, *folders: ResultFolder) -> Self:
        """Add folders as they are now."""
        now = SeenAt(self.at, self.at)
        for folder in folders:
            study_id = folder.study_id
            seen_at = self._seen_at.get(study_id)
            before = self._old.get(study_id)
            if seen_at is not None and before is not None and before == folder:
                self.folders[before.study_id] = before  # one object in all snapshots
                continue
            self._seen_at[study_id] = SeenAt(seen_at.first, self.at) if seen_at else now
            self._newest = _later(self._newest, newest_of(folder))
            self.folders[study_id] = folder
        return self

    @property
    def is_complete(self) -> bool:
        """True where the folder of every expected study was listed."""
        return self.expected is not None and self.expected <= self.folders.keys()

    def first_seen(self, study_id: str) -> datetime | None:
        """Return when the folder of a study was first seen, by our clock."""
        seen_at = self._seen_at.get(study_id)
        return seen_at.first if seen_at else None

    def is_stable(self, folder: ResultFolder) -> bool:
        """Check whether a folder is no longer being written."""
        if self.at - self._seen_at[folder.study_id].since >= STABLE_AFTER:
            return True
        last = newest_of(folder)
        if last is None or self._newest is None:
            return False
        return self._newest - last >= STABLE_AFTER or self.at - last >= MAX_CLOCK_SKEW

    def is_outdated(self, row: LedgerRow) -> bool:
        """Check whether a folder holds the results of content that was replaced since."""
        if row.submitted_at is None or row.answered_at is None:
            return False
        if row.answered_at > row.submitted_at:
            return False
        seen_at = self._seen_at[row.study_id]
        if seen_at.first < row.submitted_at:
            return seen_at.since < row.submitted_at
        last = newest_of(self.folders[row.study_id])
        return last is not None and last < row.submitted_at

    def save(self, path: Path, server: str) -> None:
        """Save the snapshot; a failure is a warning only."""
        content = {
            "format": _FORMAT,
            "server": server,
            "at": self.at.isoformat(),
            "newest": _text(self._newest),
            "left_out": self.left_out,
            "messages": [dict(self.messages.lines), dict(self.messages.files)],
            "folders": [
                [
                    study_id,
                    seen_at.first.isoformat(),
                    seen_at.since.isoformat(),
                    *self._packed(study_id),
                ]
                for study_id, seen_at in self._seen_at.items()
            ],
        }
        try:
            with atomic_write(path, mode=PRIVATE, parents=True) as temporary:
                temporary.write_text(json.dumps(content), encoding="ascii")
        except OSError as error:
            message = (
                f"{path} cannot be written ({error.strerror}); the next status check starts over."
            )
            warn_user(message, ResultWarning)

    @classmethod
    def load(cls, path: Path, server: str) -> Self | None:
        """Load the last snapshot of this server; None if there is none."""
        try:
            content = json.loads(path.read_text(encoding="ascii"))
            if (content["format"], content["server"]) != (_FORMAT, server):
                return None
            snapshot = cls(_needed(content["at"]))
            snapshot._newest = _time(content["newest"])
            snapshot.left_out = list(map(str, content["left_out"]))
            snapshot.messages = ServiceMessages(*content.get("messages", ({}, {})))
            for study_id, first, since, place, files in content["folders"]:
                snapshot._seen_at[str(study_id)] = SeenAt(_needed(first), _needed(since))
                if place is not None:
                    snapshot.folders[str(study_id)] = _unpacked(str(study_id), place, files)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return snapshot

    def _packed(self, study_id: str) -> tuple[str | None, list[Any]]:
        folder = self.folders.get(study_id)
        if folder is None:  # it is gone
            return None, []
        return str(folder.path), [
            [e.name, e.size if e.is_sized else None, _text(e.modified)] for e in folder.files
        ]


def newest_of(folder: ResultFolder) -> datetime | None:
    """Return when a folder's newest file was written."""
    times = (entry.modified for entry in folder.files if entry.modified is not None)
    return max(times, default=None)


def _unpacked(study_id: str, place: str, files: Iterable[list[Any]]) -> ResultFolder:
    path = PurePosixPath(place)
    return ResultFolder(
        study_id,
        path,
        tuple(
            Entry(
                path,
                sys.intern(name),
                int(size or 0),
                is_folder=False,
                modified=_time(at),
                is_sized=size is not None,
            )
            for name, size, at in files
        ),
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return _needed(text) if text else None


@lru_cache(maxsize=4096)
def _needed(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:  # times without a zone cannot be compared
        raise ValueError(text)
    return time


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
