"""Withdrawal of consent: remove a person from a workspace, and never send them again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd

from neuroflow.contract import AGGREGATED, RESULT_SUFFIX
from neuroflow.errors import NeuroflowError, OptionError, WorkspaceError
from neuroflow.io import PRIVATE, atomic_write, without_prefix
from neuroflow.ledger import Ledger, LedgerRow
from neuroflow.models import Study
from neuroflow.workspace.enrolment import Enrolment, named_studies
from neuroflow.workspace.file_names import EXPORTS, NOTES_FILE, RESULTS, SET_ASIDE_FILE
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.notes import Notes
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


class _Removal:
    """Does one step after the other, and keeps what was removed and what was not."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.rows: list[tuple[str, str, str]] = []
        self.left: list[str] = []

    def of(self, what: str, path: Path, action: Callable[[], object], more: str = "") -> None:
        """Remove something; an action that returns False found nothing to remove."""
        where = ", ".join(filter(None, (_below(path, self._root), more)))
        try:
            if action() is not False:
                self.rows.append((what, where, REMOVED))
        except OSError as error:
            self.left.append(f"{where} ({error.strerror})")
        except NeuroflowError as error:
            self.left.append(f"{where} ({(error.why or error.what).rstrip('.')})")


class Withdrawal:
    """Forgets studies and participants of a workspace."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        enrolment: Enrolment,
        clock: Callable[[], datetime],
        keep_decisions: Callable[[], object] = lambda: False,
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._enrolment = enrolment
        self._clock = clock
        self._keep_decisions = keep_decisions

    def preview(self, name: str) -> list[str]:
        """List the studies that would be forgotten, as cohort and label."""
        return [f"{cohort} {study.label}" for cohort, study in self._find(name).studies]

    def forget(self, name: str) -> pd.DataFrame:
        """Remove all that the workspace holds of a study or participant; leave a tombstone.

        The tombstone comes first, so that nothing is sent should the rest fail. What cannot be
        removed stops nothing else; the map, by which a second run finds them, goes last.
        """
        person = self._find(name)
        with self._folder.locked():
            self._folder.tombstones.add(person.studies, person.participants, self._clock())
            removal = _Removal(self._folder.root)
            self._remove_files(person, removal)
            self._remove_records(person, removal)
            if not removal.left:
                self._remove_from_cohorts(person, removal)
            if removal.left:
                raise WorkspaceError(
                    f"Not everything of {name!r} could be removed.",
                    why=f"Left, with the entry in the map: {'; '.join(removal.left)}.",
                    advice="Correct the permissions and run it again; nothing is sent meanwhile.",
                )
            rows = [*removal.rows, *self._remaining(person)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _find(self, name: str) -> _Person:
        if not isinstance(name, str) or not name.strip():
            raise OptionError("Name a study or a participant.")
        plain = without_prefix(name.strip()) or name
        every = [
            (cohort, study)
            for cohort in self._enrolment.ids()
            for study in self._enrolment.stored(cohort)
        ]
        of_person = [(c, s) for c, s in every if s.participant_id and plain_participant(s) == plain]
        ids = {study.study_id for study in named_studies([s for _, s in every], name)}
        chosen = of_person or [(c, s) for c, s in every if s.study_id in ids]
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

    def _remove_files(self, person: _Person, removal: _Removal) -> None:
        """Remove packages, results, cached values and lines of the log."""
        for cohort_id in dict.fromkeys(cohort for cohort, _ in person.studies):
            for path in _named(self._folder.packages(cohort_id), person.ids):
                removal.of("package", path, path.unlink)
        for study_id in person.ids:
            place = self._folder.results / f"{study_id}{RESULT_SUFFIX}"
            if place.is_dir():
                removal.of("results", place, partial(_remove_folder, place))
        removal.of("cached values", self._folder.cache, partial(_empty, self._folder.cache))
        for path in sorted(self._folder.log.parent.glob(f"{self._folder.log.name}*")):
            removal.of("lines of the log", path, partial(_drop_lines, path, person.ids))

    def _remove_records(self, person: _Person, removal: _Removal) -> None:
        """Remove the study from the ledger, participants.tsv and the decisions on results."""
        for study_id in person.ids:
            removal.of(
                "digests and reasons",
                self._folder.ledger,
                partial(self._ledger.forget, study_id),
                study_id,
            )
        for cohort_id in self._enrolment.ids():
            removal.of(
                "participant",
                self._folder.participants(cohort_id),
                partial(self._enrolment.remove_participants, cohort_id),
            )
        notes = self._folder.root / NOTES_FILE
        removal.of("note", notes, partial(Notes(notes.parent).table.drop, person.ids))
        removal.of("results set aside", self._folder.root / SET_ASIDE_FILE, self._keep_decisions)

    def _remove_from_cohorts(self, person: _Person, removal: _Removal) -> None:
        for cohort_id in dict.fromkeys(cohort for cohort, _ in person.studies):
            gone = [str(s.study_id) for c, s in person.studies if c == cohort_id]
            removal.of(
                "map, decisions and check",
                self._folder.cohorts / cohort_id,
                partial(self._enrolment.remove, cohort_id, gone),
            )

    def _remaining(self, person: _Person) -> Iterator[tuple[str, str, str]]:
        """List what cannot be removed from here, and who can."""
        for study_id in person.ids:
            row = self._ledger.row(study_id)
            if row is not None and row.submitted_at is not None:
                yield "study at the service", _at_service(row), REMAINS
            if row is not None:
                yield "id, size and date in the ledger", study_id, REMAINS
        for folder in (EXPORTS, f"{RESULTS}/{AGGREGATED}"):
            for path in sorted((self._folder.root / folder).rglob("*")):
                if path.is_file() and _mentions(path, person.names):
                    what = "table or figure" if folder == EXPORTS else "report of many studies"
                    yield what, _below(path, self._folder.root), REMAINS
        yield "scans, backups, and copies outside the workspace", "elsewhere", REMAINS


def _named(folder: Path, ids: Sequence[str]) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(p for p in folder.iterdir() if any(study_id in p.name for study_id in ids))
    return []


def _remove_folder(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)  # all that can be
    if place.exists():
        shutil.rmtree(place)  # states why


def _empty(folder: Path) -> bool:
    """Remove the files of a folder, all that can be."""
    files = [path for path in sorted(folder.glob("*")) if path.is_file()]
    errors = []
    for path in files:
        try:
            path.unlink()
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return bool(files)


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
