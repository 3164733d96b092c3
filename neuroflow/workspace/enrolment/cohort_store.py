"""The cohorts of a workspace: which study has which id.

The map from `study_id` to participant is the one place that holds both. It stays in the
workspace, readable by its owner only, and is never uploaded.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pandas as pd

from neuroflow.errors import Wording, WorkspaceError
from neuroflow.identity import random_id
from neuroflow.io import make_private_folder, write_private
from neuroflow.models import Cohort, Study, StudyKind
from neuroflow.workspace.file_names import STUDIES_NAME
from neuroflow.workspace.folder import PERMISSIONS

FILES_NAME = "files.json"
COLUMNS = (
    "study_id",
    "participant_id",
    "session_id",
    "age",
    "sex",
    "label",
    "kind",
    "study_uid",
    "root",
)
_LATER = ("image_digest", "repeats")
"""Columns that maps of earlier versions lack."""

NewId = Callable[[Study, Collection[str]], str]
"""Returns the id of a new study, given the ids of the others in its cohort."""
_Version = tuple[object, ...]


def _random(_study: Study, _taken: Collection[str]) -> str:
    return random_id()


class CohortStore:
    """The cohorts in a folder, one sub-folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: tuple[_Version, Cohort] | None = None

    def ids(self) -> list[str]:
        """List the ids of the cohorts in alphabetical order."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{STUDIES_NAME}"))

    def enrol(
        self,
        cohort_id: str,
        studies: Iterable[Study],
        *,
        keep: Collection[str] = (),
        # adds what a new id is made from to the studies that lack it
        complete: Callable[[list[Study]], list[Study]] = list,
        new_id: NewId = _random,
    ) -> Cohort:
        """Write the studies of a cohort; each keeps the id it had, or gets a new one."""
        every = self.studies(cohort_id)
        known = [study for study in every if study.repeats is None]
        enrolled = complete(list(_recognised(known, list(studies))))
        taken = {study.study_id for study in enrolled if study.study_id}
        for index, study in enumerate(enrolled):
            if study.study_id is None:
                study_id = new_id(study, taken)
                taken.add(study_id)
                enrolled[index] = replace(study, study_id=study_id)
        enrolled += _repetitions(every, enrolled)
        named = {study.study_id for study in enrolled}
        kept = [s for s in every if s.study_id in keep and s.study_id not in named]
        self._write(cohort_id, [*enrolled, *kept])
        return Cohort(cohort_id, tuple(enrolled))

    def studies(self, cohort_id: str) -> tuple[Study, ...]:
        """Return the studies of a cohort; none where there is no such cohort."""
        return self.read(cohort_id).studies if cohort_id in self.ids() else ()

    def add(self, cohort_id: str, study: Study) -> None:
        """Add one study to a cohort."""
        self._write(cohort_id, [*self.read(cohort_id).studies, study])

    def repetitions(self) -> dict[str, str]:
        """Map the deliberate repetitions in all cohorts to the studies that they repeat."""
        tables = [self.frame(cohort_id) for cohort_id in self.ids()]
        return {
            study_id: first
            for table in tables
            for study_id, first in zip(table["study_id"], table["repeats"], strict=True)
            if first
        }

    def remove(self, cohort_id: str, study_ids: Collection[str]) -> None:
        """Remove studies of a cohort."""
        studies = self.read(cohort_id).studies
        self._write(cohort_id, [s for s in studies if s.study_id not in study_ids], fewer=True)

    def rename(self, cohort_id: str, ids: Mapping[str, str]) -> None:
        """Give studies of a cohort other ids."""
        studies = self.read(cohort_id).studies
        self._write(
            cohort_id,
            [replace(s, study_id=ids.get(str(s.study_id), s.study_id)) for s in studies],
        )

    def read(self, cohort_id: str) -> Cohort:
        """Read a cohort; from memory where its files did not change."""
        if cohort_id not in self.ids():
            known = ", ".join(self.ids()) or "none"
            raise WorkspaceError(
                f"There is no cohort {cohort_id!r} in this workspace.",
                why=f"Known cohorts: {known}.",
                advice=Wording(
                    "Make it with Workspace.cohort(cohort_id, studies).",
                    cli="Name the folder of scans to make it: "
                    "neuroflow submit WORKSPACE COHORT FOLDER.",
                    form="Make it in the Cohort form.",
                ),
            )
        version = self._version(cohort_id)
        if self._last is None or self._last[0] != version:
            self._last = version, self._read(cohort_id)
        return self._last[1]

    def _read(self, cohort_id: str) -> Cohort:
        rows = cast(list[dict[str, str]], self.frame(cohort_id).to_dict("records"))
        with self._readable(cohort_id):
            text = (self.folder / cohort_id / FILES_NAME).read_text(encoding="utf-8")
            files = json.loads(text)
            return Cohort(cohort_id, tuple(_study(row, files) for row in rows))

    def _version(self, cohort_id: str) -> _Version:
        """Identify the files of a cohort as they are now: each change replaces them."""
        with self._readable(cohort_id):
            states = [
                (self.folder / cohort_id / name).stat() for name in (STUDIES_NAME, FILES_NAME)
            ]
        return cohort_id, *((s.st_ino, s.st_size, s.st_mtime_ns) for s in states)

    def frame(self, cohort_id: str) -> pd.DataFrame:
        """Return the map of one cohort as a table."""
        with self._readable(cohort_id):
            path = self.folder / cohort_id / STUDIES_NAME
            table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
            table = table.assign(**{name: "" for name in _LATER if name not in table})
            if table[[*COLUMNS, *_LATER]].isna().any(axis=None) or not table["study_id"].is_unique:
                raise ValueError("cut short")
            return table

    def labels(self) -> dict[str, str]:
        """Map the id of every study to its label; a map that cannot be read names none."""
        found: dict[str, str] = {}
        for cohort_id in self.ids():
            with suppress(WorkspaceError):
                table = self.frame(cohort_id)
                found.update(zip(table["study_id"], table["label"], strict=True))
        return found

    @contextmanager
    def _readable(self, cohort_id: str) -> Iterator[None]:
        """Report a damaged map."""
        try:
            yield
        except PermissionError as error:
            raise WorkspaceError(
                f"This user may not read the map of cohort {cohort_id!r}.",
                why=f"{self.folder / cohort_id} belongs to another user.",
                advice=PERMISSIONS,
            ) from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise WorkspaceError(
                f"The map of cohort {cohort_id!r} cannot be read.",
                why=f"{type(error).__name__} in {self.folder / cohort_id}.",
                advice="Restore the folder from a backup; without it results cannot be matched.",
            ) from error

    def _write(self, cohort_id: str, studies: list[Study], *, fewer: bool = False) -> None:
        folder = self.folder / cohort_id
        table = pd.DataFrame([_row(study) for study in studies], columns=[*COLUMNS, *_LATER])
        text = io.StringIO()
        table.to_csv(text, sep="\t", index=False, lineterminator="\n")
        files = {str(s.study_id): [_relative(file, s.root) for file in s.files] for s in studies}
        try:
            make_private_folder(folder)
            # The list of files first: a map without it would name studies that cannot be opened.
            new = [
                (FILES_NAME, json.dumps(files).encode()),
                (STUDIES_NAME, text.getvalue().encode()),
            ]
            for name, data in reversed(new) if fewer else new:
                write_private(folder / name, data)
        except OSError as error:
            raise WorkspaceError(
                f"Cohort {cohort_id!r} cannot be written.",
                why=f"{error.strerror} in {folder}.",
                advice="Check the folder's permissions and the disk's free space.",
            ) from error


def _repetitions(known: Iterable[Study], enrolled: Iterable[Study]) -> list[Study]:
    """Return the repetitions of the studies enrolled, whose files may have been moved."""
    firsts = {study.study_id: study for study in enrolled}
    return [
        replace(firsts[s.repeats], study_id=s.study_id, label=s.label, repeats=s.repeats)
        for s in known
        if s.repeats in firsts
    ]


def _place(study: Study) -> str:
    return str((study.files[0] if study.files else study.root).resolve())


def _recognised(known: Sequence[Study], studies: Sequence[Study]) -> Iterator[Study]:
    """Yield studies with the id and digest that they have in the cohort already."""
    ids = _known_ids(known, studies)
    digests = {study.study_id: study.image_digest for study in known}
    for study in studies:
        study_id = ids.get(_place(study))
        yield replace(
            study, study_id=study_id, image_digest=digests.get(study_id) or study.image_digest
        )


def _known_ids(known: Iterable[Study], studies: Iterable[Study]) -> dict[str, str | None]:
    """Map places to the ids of the same studies last time; a moved one is known by its UID."""
    ids = {_place(study): study.study_id for study in known}
    ids |= _ids_of_archives(ids, studies)
    moved = _by_unique_uid(study for study in studies if _place(study) not in ids)
    places = {_place(study) for study in studies}
    gone = _by_unique_uid(study for study in known if _place(study) not in places)
    return ids | {_place(moved[uid]): gone[uid].study_id for uid in moved.keys() & gone.keys()}


def _ids_of_archives(ids: dict[str, str | None], studies: Iterable[Study]) -> dict[str, str | None]:
    """Map studies in archives that earlier versions knew by the archive alone."""
    inside = [study for study in studies if study.kind is StudyKind.ZIP]
    roots = Counter(str(study.root.resolve()) for study in inside)
    return {
        _place(study): ids[root]
        for study in inside
        if roots[root := str(study.root.resolve())] == 1 and root in ids
    }


def _by_unique_uid(studies: Iterable[Study]) -> dict[str, Study]:
    """Map the Study Instance UIDs that occur once: copies must not share an id."""
    seen: dict[str, list[Study]] = {}
    for study in studies:
        if study.study_uid:
            seen.setdefault(study.study_uid, []).append(study)
    return {uid: found[0] for uid, found in seen.items() if len(found) == 1}


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file.resolve())


def _row(study: Study) -> dict[str, str]:
    values = {column: getattr(study, column) for column in (*COLUMNS, *_LATER)}
    values["root"] = str(study.root.resolve())
    values["kind"] = study.kind.value
    return {column: "" if value is None else str(value) for column, value in values.items()}


def _study(row: dict[str, str], files: dict[str, list[str]]) -> Study:
    root = Path(row["root"])
    return Study(
        label=row["label"],
        kind=StudyKind(row["kind"]),
        root=root,
        files=tuple(root / file for file in files[row["study_id"]]),
        participant_id=row["participant_id"] or None,
        session_id=row["session_id"] or None,
        age=float(row["age"]) if row["age"] else None,
        sex=row["sex"] or None,
        study_uid=row["study_uid"] or None,
        study_id=row["study_id"],
        image_digest=row["image_digest"] or None,
        repeats=row["repeats"] or None,
    )
