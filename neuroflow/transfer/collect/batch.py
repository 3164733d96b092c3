"""Result folders that are fetched together, and what to do with each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from neuroflow.errors import FileChangedError, NeuroflowError, SizeMismatchError
from neuroflow.ledger import LedgerRow
from neuroflow.models import Entry, ResultFolder
from neuroflow.transfer.retry import MAX_ATTEMPTS

BATCH = 32  # folders fetched together: five round trips for all of them
MAX_LOSSES = 12
"""Connections lost one after the other, without a folder that arrives, before a run is given up."""


@dataclass(slots=True)
class Batch:
    """Folders that are fetched together, and those that are fetched after them."""

    folders: list[ResultFolder]
    next: list[ResultFolder] = field(default_factory=list)
    attempts: int = 0
    # How each folder was listed when it changed while it was fetched.
    changed: dict[str, list[ResultFolder]] = field(default_factory=dict)

    def drop_first(self) -> ResultFolder:
        """Take the first folder off."""
        self.attempts = 0
        return self.folders.pop(0)

    def continue_with_next(self) -> bool:
        """Continue with folders inside these, or that changed; return False if there are none."""
        self.folders, self.next = self.next, []
        return bool(self.folders)

    def fetch_again(self, found: ResultFolder) -> bool:
        """List and fetch a folder again; return False if that was done often enough."""
        before = self.changed.setdefault(found.study_id, [])
        before.append(found)
        if len(before) >= MAX_ATTEMPTS:
            return False
        self.next.append(ResultFolder(found.study_id, found.path))
        return True

    def is_as_before(self, found: ResultFolder) -> bool:
        """Check whether a folder that is fetched again is listed as before: it did not change."""
        # The server only shows other times for a file than in a listing.
        return found in self.changed.get(found.study_id, ())


def make_batches(folders: Sequence[ResultFolder], connections: int) -> list[Batch]:
    """Divide folders evenly among connections."""
    size = max(1, min(BATCH, math.ceil(len(folders) / max(1, connections))))
    return [Batch(list(folders[n : n + size])) for n in range(0, len(folders), size)]


@dataclass(slots=True)
class Losses:
    """Connections that were lost since the last folder arrived, over all of them."""

    count: int = 0
    lock: Lock = field(default_factory=Lock)

    def are_too_many(self) -> bool:
        """Count one more, and check whether the server is to be given up."""
        with self.lock:
            self.count += 1
            return self.count >= MAX_LOSSES

    def reset(self) -> None:
        """Begin again: a folder arrived."""
        self.count = 0


@dataclass(slots=True)
class FolderTask:
    """What to do with one folder, once its files are listed."""

    found: ResultFolder
    row: LedgerRow | None
    target: Path
    wanted: list[tuple[Entry, Path]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    does_check_time: bool = True
    skip_reason: str = ""
    error: NeuroflowError | None = None

    @property
    def total(self) -> int:
        """Bytes to fetch."""
        return sum(entry.size for entry, _ in self.wanted)

    @property
    def has_changed(self) -> bool:
        """True where the server changed the files while they were fetched."""
        return isinstance(self.error, FileChangedError | SizeMismatchError)
