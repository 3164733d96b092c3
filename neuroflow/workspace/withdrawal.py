"""Withdrawal of consent: remove a person from a workspace, and never send them again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import OptionError, WorkspaceError
from neuroflow.io import PRIVATE, atomic_write, without_prefix
from neuroflow.ledger import Ledger, LedgerRow
from neuroflow.models import Study
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.sealed import plain_participant

COLUMNS = ("what", "where", "state")
REMOVED, REMAINS = "removed", "remains"


@dataclass(frozen=True, slots=True)
class _Person:
    """What is to be forgotten: studies by cohort, and the participant if all of theirs."""

    studies: tuple[tuple[str, Study], ...]
    participants: frozenset[str]

    @property
    def ids(self) -> list[str]:
        return [str(study.study_id) for _, study in self.studies]

    @property
    def names(self) -> set[str]:
        """Every text by which an export may name them."""
        return {*self.ids, *(s.label for _, s in self.studies), *self.participants}


class Withdrawal:
    """Forgets studies and participants of a workspace."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        enrolment: Enrolment,
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._enrolment = enrolment
        self._clock = clock

    def preview(self, name: str) -> list[str]:
        """List the studies that would be forgotten, as cohort and label."""
        return [f"{cohort} {study.label}" for cohort, study in self._find(name).studies]

    def forget(self, name: str) -> pd.DataFrame:
        """Remove all that the workspace holds of a study or participant; leave a tombstone.

        The tombstone comes first: should the rest fail, nothing is sent meanwhile.
        """
        person = self._find(name)
        with self._folder.locked():
            self._folder.tombstones.add(person.studies, person.participants, self._clock())
            try:
                rows = [*self._remove(person), *self._remaining(person)]
            except OSError as error:
                raise WorkspaceError(
                    f"Not everything of {name!r} could be removed.",
                    why=f"{error.filename}: {error.strerror}.",
                    advice="Correct the permissions and run it again; nothing is sent meanwhile.",
                ) from error
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _find(self, name: str) -> _Person:
        if not isinstance(name, str) or not name.strip():
            raise OptionError("Name a study or a participant.")
        plain = without_prefix(name.strip()) or name
        every = [
            (cohort, study)
            for cohort in self._enrolment.ids()
            for study in self._enrolment.current(cohort).studies
        ]
        of_person = [(c, s) for c, s in every if s.participant_id and plain_participant(s) == plain]
        chosen = of_person or [(c, s) for c, s in every if name in (s.label, s.study_id)]
        named = {study.study_id for _, study in chosen}
        chosen += [(c, s) for c, s in every if s.repeats in named and s.study_id not in named]
        listed = {c for c in self._enrolment.ids() if plain in self._participants(c)}
        if not chosen and not listed:
            raise OptionError(
                f"There is no study or participant {name!r} in this workspace.",
                advice="Name a study by its label or study_id, or a participant as in "
                "participants.tsv.",
            )
        ids = {study.study_id for _, study in chosen}
        others = {plain_participant(study) for _, study in every if study.study_id not in ids}
        people = {plain_participant(s) for _, s in chosen if s.participant_id} - others
        return _Person(tuple(chosen), frozenset(people | ({plain} if listed else set())))

    def _participants(self, cohort_id: str) -> set[str]:
        table = self._enrolment.participants(cohort_id)
        return (
            set()
            if table is None
            else {without_prefix(str(p)) or "" for p in table["participant_id"]}
        )

    def _remove(self, person: _Person) -> Iterator[tuple[str, str, str]]:
        root = self._folder.root
        for cohort_id in dict.fromkeys(cohort for cohort, _ in person.studies):
            gone = [str(s.study_id) for c, s in person.studies if c == cohort_id]
            self._enrolment.remove(cohort_id, gone)
            yield "map, decisions and check", f"cohorts/{cohort_id}", REMOVED
            for path in _named(self._folder.packages(cohort_id), gone):
                path.unlink()
                yield "package", _below(path, root), REMOVED
        for cohort_id in self._enrolment.ids():
            if self._enrolment.remove_participants(cohort_id):
                yield "participant", f"cohorts/{cohort_id}/participants.tsv", REMOVED
        for study_id in person.ids:
            place = self._folder.results / f"{study_id}{RESULT_SUFFIX}"
            if place.is_dir():
                shutil.rmtree(place)
                yield "results", _below(place, root), REMOVED
            self._ledger.forget(study_id)
            yield "digests and reasons", f"ledger.sqlite, {study_id}", REMOVED
        for path in sorted(self._folder.cache.glob("*")):
            if path.is_file():
                path.unlink()
        yield "cached values", "cache", REMOVED
        for path in sorted(self._folder.log.parent.glob(f"{self._folder.log.name}*")):
            if _drop_lines(path, person.ids):
                yield "lines of the log", _below(path, root), REMOVED

    def _remaining(self, person: _Person) -> Iterator[tuple[str, str, str]]:
        """List what cannot be removed from here, and who can."""
        for study_id in person.ids:
            row = self._ledger.row(study_id)
            if row is not None and row.submitted_at is not None:
                yield "study at the service", _at_service(row), REMAINS
            if row is not None:
                yield "id, size and date in the ledger", study_id, REMAINS
        for folder in ("exports", "results/aggregated"):
            for path in sorted((self._folder.root / folder).rglob("*")):
                if path.is_file() and _mentions(path, person.names):
                    what = "table or figure" if folder == "exports" else "report of many studies"
                    yield what, _below(path, self._folder.root), REMAINS
        yield "scans, backups, and copies outside the workspace", "elsewhere", REMAINS


def _named(folder: Path, ids: Sequence[str]) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(p for p in folder.iterdir() if any(study_id in p.name for study_id in ids))
    return []


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _drop_lines(path: Path, ids: Sequence[str]) -> bool:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    kept = [line for line in lines if not any(study_id in line for study_id in ids)]
    if len(kept) == len(lines):
        return False
    with atomic_write(path, mode=PRIVATE) as temporary:
        temporary.write_text("".join(kept), encoding="utf-8")
    return True


def _mentions(path: Path, names: set[str]) -> bool:
    with suppress(OSError):
        data = path.read_bytes()
        return any(name.encode() in data for name in names if name)
    return True


def _at_service(row: LedgerRow) -> str:
    sent = f"{row.submitted_at:%Y-%m-%d}" if row.submitted_at else ""
    return f"{row.study_id}, sent {sent}: ask neuropacs support to delete it"
