"""A small table of decisions about studies, in one file that several people may change."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
from filelock import FileLock

from neuroflow.errors import WorkspaceError
from neuroflow.escaping import visible
from neuroflow.io import private_mode, write_private
from neuroflow.workspace.folder import PERMISSIONS

_LOCK_SECONDS = 10.0


class StudyTable:
    """Rows of text about studies, readable by those who may read the workspace."""

    def __init__(
        self, path: Path, columns: Sequence[str], what: str, later: Sequence[str] = ()
    ) -> None:
        self._path = path
        self._columns = [*columns, *later]
        self._later = later  # columns that files of earlier versions do not have
        self._what = what  # in errors, as in "notes about studies"

    def read(self) -> pd.DataFrame:
        """Return the rows; none where the file does not exist."""
        if not self._path.exists():
            return pd.DataFrame(columns=self._columns, dtype=str)
        try:
            table = pd.read_csv(self._path, sep="\t", dtype=str, keep_default_na=False)
            missing = {name: "" for name in self._later if name not in table}
            return table.assign(**missing)[self._columns]
        except PermissionError as error:
            raise WorkspaceError(
                f"This user may not read the {self._what}.",
                why=f"{self._path} belongs to another user.",
                advice=PERMISSIONS,
            ) from error
        except (OSError, ValueError, KeyError) as error:
            raise self.damaged(error) from error

    def damaged(self, error: Exception) -> WorkspaceError:
        """Return the error of a file whose rows are none."""
        return WorkspaceError(
            f"The {self._what} cannot be read.",
            why=f"{type(error).__name__} in {self._path}.",
            advice="Restore the file from a backup, or remove it and decide again.",
        )

    def change(self, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> bool:
        """Edit the rows, with what others changed meanwhile; return whether they differ now."""
        lock = self._path.with_suffix(".lock")
        try:
            with FileLock(lock, timeout=_LOCK_SECONDS, mode=private_mode(lock.parent)):
                before = self.read()
                after = edit(before)
                if is_changed := not after.reset_index(drop=True).equals(before):
                    text = io.StringIO()
                    after.to_csv(text, sep="\t", index=False, lineterminator="\n")
                    write_private(self._path, text.getvalue().encode())
                return is_changed
        except OSError as error:  # a lock that is held too long is one, too
            raise WorkspaceError(
                f"The {self._what} cannot be written.",
                why=f"{error.strerror or error} in {self._path.parent}.",
                advice="Check the folder's permissions and the disk's free space.",
            ) from error

    def with_row(self, table: pd.DataFrame, *values: str) -> pd.DataFrame:
        """Return rows with one more."""
        row = pd.DataFrame([values], columns=self._columns)
        return pd.concat([table, row], ignore_index=True)

    def keep(self, is_kept: Callable[[pd.DataFrame], pd.Series[bool]]) -> bool:
        """Remove the rows that are not kept; return whether there were any."""
        return self._path.exists() and self.change(lambda table: table[is_kept(table)])

    def keep_only(self, study_ids: Collection[str]) -> bool:
        """Remove the rows of all other studies; return whether there were any."""
        return self.keep(lambda table: table["study_id"].isin(list(study_ids)))

    def drop(self, study_ids: Collection[str]) -> bool:
        """Remove the rows of some studies; return whether there were any."""
        return self.keep(lambda table: ~table["study_id"].isin(list(study_ids)))

    def change_ids(self, ids: Mapping[str, str]) -> None:
        """Move the rows of studies to their new ids."""
        if self._path.exists():
            self.change(lambda table: table.assign(study_id=table["study_id"].replace(dict(ids))))


def one_line(text: str) -> str:
    r"""Return a text in one line, without characters that nobody sees or that cannot be written.

    >>> one_line(" moved,\n\x1b[2J twice ") == "moved, \ufffd[2J twice"
    True
    """
    return " ".join(visible(text).split())
