"""What the researcher decided for single studies: excluded, age or sex filled in.

The user's own files are never changed: these decisions are in ``decisions.tsv`` beside the
cohort's map, readable by its owner only.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import cast

import pandas as pd
from filelock import BaseFileLock, FileLock

from neuroflow.errors import WorkspaceError
from neuroflow.io import private_mode, write_private
from neuroflow.workspace.file_names import DECISIONS_NAME
from neuroflow.workspace.folder import PERMISSIONS

LOCK_TIMEOUT_SECONDS = 10.0
"""How long another process may take to write a decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one study."""

    excluded: str = ""  # Why the study is left out; empty where it is not
    age: float | None = None  # Age at the scan in years, where participants.tsv lacks it.
    sex: str | None = None  # ``"M"`` or ``"F"``, where participants.tsv has neither.
    repeated: str = ""  # Why another study was repeated as this one; empty for all others


class DecisionStore:
    """The decisions of all cohorts of a workspace, one file for each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, cohort_id: str) -> dict[str, Decision]:
        """Read what was decided in one cohort."""
        path = self._path(cohort_id)
        if not path.exists():
            return {}
        try:
            table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
            rows = cast(list[dict[str, str]], table.to_dict("records"))
            return {row["study_id"]: _decision(row) for row in rows}
        except PermissionError as error:
            raise WorkspaceError(
                f"This user may not read the decisions of cohort {cohort_id!r}.",
                why=f"{path} belongs to another user.",
                advice=PERMISSIONS,
            ) from error
        except (OSError, ValueError, KeyError) as error:
            raise WorkspaceError(
                f"The decisions of cohort {cohort_id!r} cannot be read.",
                why=f"{type(error).__name__} in {path}.",
                advice="Restore the file from a backup, or remove it and decide again.",
            ) from error

    def change(self, cohort_id: str, study_id: str, **what: object) -> None:
        """Decide something of one study; what others decide meanwhile is not lost."""
        try:
            with self._locked(cohort_id):
                decisions = self.read(cohort_id)
                before = decisions.get(study_id, Decision())
                decisions[study_id] = replace(before, **what)  # type: ignore[arg-type]
                self.write(cohort_id, decisions)
        except OSError as error:  # a lock that is held too long is one, too
            raise self._failed(cohort_id, error) from error

    def rename(self, cohort_id: str, ids: Mapping[str, str]) -> None:
        """Move decisions to the new ids of their studies."""
        try:
            with self._locked(cohort_id):
                decisions = self.read(cohort_id)
                if decisions.keys() & ids.keys():
                    renamed = {ids.get(old, old): each for old, each in decisions.items()}
                    self.write(cohort_id, renamed)
        except OSError as error:
            raise self._failed(cohort_id, error) from error

    def write(self, cohort_id: str, decisions: Mapping[str, Decision]) -> None:
        """Write what was decided in one cohort; studies without a decision are not written."""
        rows = [
            (study_id, *("" if value is None else str(value) for value in astuple(decision)))
            for study_id, decision in decisions.items()
            if decision != Decision()
        ]
        table = pd.DataFrame(rows, columns=["study_id", *(f.name for f in fields(Decision))])
        text = io.StringIO()
        table.to_csv(text, sep="\t", index=False, lineterminator="\n")
        try:
            write_private(self._path(cohort_id), text.getvalue().encode())
        except OSError as error:
            raise self._failed(cohort_id, error) from error

    def _locked(self, cohort_id: str) -> BaseFileLock:
        path = self._path(cohort_id).with_suffix(".lock")
        return FileLock(path, timeout=LOCK_TIMEOUT_SECONDS, mode=private_mode(path.parent))

    def _failed(self, cohort_id: str, error: OSError) -> WorkspaceError:
        return WorkspaceError(
            f"The decisions of cohort {cohort_id!r} cannot be written.",
            why=f"{error.strerror or error} in {self._path(cohort_id).parent}.",
            advice="Check the folder's permissions and the disk's free space.",
        )

    def _path(self, cohort_id: str) -> Path:
        return self.folder / cohort_id / DECISIONS_NAME


def _decision(row: Mapping[str, str]) -> Decision:
    age = float(row["age"]) if row["age"] else None
    repeated = row.get("repeated", "")  # earlier versions have no such column
    return Decision(row["excluded"], age, row["sex"] or None, repeated)
