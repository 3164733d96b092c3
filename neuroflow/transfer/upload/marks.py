"""A mark beside each package that left: what the ledger knew of it then.

A ledger that was deleted, restored from an older copy, or copied without its log does not
have the events that the marks name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from neuroflow.errors import LedgerError
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.ledger import EventMark, State
from neuroflow.models import Package

SUFFIX = ".sent"
_DAMAGED = EventMark(-1, "")


class Phase(StrEnum):
    """How far an upload was known to be."""

    BEGUN = "begun"  # the last byte has not left
    LEAVING = "leaving"  # the last byte was leaving, or has left
    REFUSED = "refused"  # the server refused to store it after the last byte
    ACKNOWLEDGED = "acknowledged"  # the server has all of it

    @property
    def state(self) -> State:
        """The state of a study of which only the mark is left."""
        return _STATES[self]


_STATES = {
    Phase.BEGUN: State.UPLOADING,
    Phase.LEAVING: State.UNCONFIRMED,
    Phase.REFUSED: State.UNCONFIRMED,
    Phase.ACKNOWLEDGED: State.SUBMITTED,
}


@dataclass(frozen=True, slots=True)
class SentMark:
    """What is written beside a package."""

    package: Package
    phase: Phase
    service: str
    event: EventMark


def write_mark(mark: SentMark) -> None:
    """Write the mark of a package; it is on disk when this returns."""
    values = asdict(mark.package) | {"path": mark.package.path.name}
    note = values | {"phase": mark.phase, "service": mark.service} | asdict(mark.event)
    path = mark.package.path.with_suffix(SUFFIX)
    with atomic_write(path, mode=PRIVATE, error=LedgerError, parents=True) as temporary:
        temporary.write_text(json.dumps(note, indent=1), encoding="utf-8")


def read_marks(folders: Iterable[Path], but: Collection[str] = ()) -> dict[str, SentMark]:
    """Read the marks in folders of packages; a damaged one still states that a study was sent."""
    marks = (_read(folder / name) for folder in folders for name in _names(folder, but))
    return {mark.package.study_id: mark for mark in marks}


def _names(folder: Path, but: Collection[str]) -> list[str]:
    """List the names of marks; as text, for there may be a hundred thousand."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
    return sorted(name for name in names if name.removesuffix(SUFFIX) not in but)


def _read(path: Path) -> SentMark:
    study_id, cohort_id = path.stem, path.parent.name
    zip_path = path.with_suffix(".zip")
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        texts = {k: str(note[k]) for k in ("sha256", "source_sha256", "study_uid_sha256")}
        package = Package(cohort_id, study_id, zip_path, int(note["size"]), **texts)
        event = EventMark(int(note["event"]), str(note["at"]))
        return SentMark(package, Phase(note["phase"]), str(note["service"]), event)
    except (OSError, ValueError, KeyError, TypeError):
        unknown = Package(cohort_id, study_id, zip_path, 0, "", "")
        return SentMark(unknown, Phase.LEAVING, "", _DAMAGED)
