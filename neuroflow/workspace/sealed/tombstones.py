"""Who must never be sent again: keyed digests of those whose consent was withdrawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from neuroflow.errors import WorkspaceError
from neuroflow.io import without_prefix, write_private
from neuroflow.models import Study

_SALT = "salt"
"""The name under which a digest states with which salt the others were made."""


class Tombstones:
    """What must never be sent again, by keyed digests alone."""

    def __init__(self, path: Path, digest: Callable[[str], str]) -> None:
        self._path = path
        self._digest = digest

    def add(
        self,
        studies: Sequence[tuple[str, Study]],
        participants: frozenset[str],
        at: datetime,
    ) -> None:
        """Remember studies and participants."""
        marks = [mark for _, study in studies for mark in _marks(study)]
        marks += [f"person {name}" for name in participants]
        known = self._read()
        known = {_SALT: self._digest(_SALT)} | known
        known |= {self._digest(mark): at.isoformat() for mark in marks}
        write_private(self._path, json.dumps(known, indent=1).encode())

    def has_study(self, study: Study) -> bool:
        """Check whether a study was forgotten, by its id, images, UID or participant."""
        known = self._read()
        marks = _marks(study)
        if study.participant_id:
            marks.append(f"person {plain_participant(study)}")
        return bool(known) and any(self._digest(mark) in known for mark in marks)

    def has_id(self, study_id: str) -> bool:
        """Check whether a study id was forgotten."""
        known = self._read()
        return bool(known) and self._digest(f"id {study_id}") in known

    def among(self, study_ids: Iterable[str]) -> set[str]:
        """Return those of some study ids that were forgotten."""
        known = self._read()
        return {one for one in study_ids if self._digest(f"id {one}") in known} if known else set()

    def has_participant(self, name: str) -> bool:
        """Check whether a participant was forgotten."""
        known = self._read()
        return bool(known) and self._digest(f"person {without_prefix(name)}") in known

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="ascii"))
            known = {str(mark): str(at) for mark, at in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise WorkspaceError(
                f"{self._path} cannot be read.",
                why=f"{type(error).__name__}. It lists whose consent was withdrawn.",
                advice="Restore it from a backup; nothing is sent before.",
            ) from error
        if _SALT in known and known[_SALT] != self._digest(_SALT):
            raise WorkspaceError(
                f"{self._path} was made with another salt.",
                why="With the present one, nobody whose consent was withdrawn can be recognised.",
                advice="Restore the workspace's file `salt` from a backup; nothing is sent before.",
            )
        return known


def _marks(study: Study) -> list[str]:
    named = {"id": study.study_id, "images": study.image_digest, "uid": study.study_uid}
    return [f"{kind} {value}" for kind, value in named.items() if value]


def plain_participant(study: Study) -> str:
    """Return the participant of a study without the prefix of BIDS."""
    return without_prefix(study.participant_id) or ""
