"""Notes about studies: a short text each, for the team that shares the workspace.

They are in ``notes.tsv``, readable by those who may read the workspace. A note may hold anything:
it is in no table, report, log or export, and nothing of it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.io import local_user
from neuroflow.ledger import utc_now
from neuroflow.workspace.file_names import NOTES_FILE
from neuroflow.workspace.study_table import StudyTable, one_line

MAX_NOTE = 500
"""Characters of a note."""


class Notes:
    """The notes of one workspace."""

    def __init__(self, root: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.table = StudyTable(root / NOTES_FILE, ("study_id", "note", "by", "at"), "notes")
        self._clock = clock

    def write(self, study_id: str, text: str) -> None:
        """Write the note of a study in place of the earlier one; an empty text removes it."""
        if not isinstance(text, str):
            raise OptionError(f"A note must be text, not {type(text).__name__}.", about="note")
        words = one_line(text)
        if len(words) > MAX_NOTE:
            raise OptionError(
                f"The note has {len(words)} characters.",
                advice=f"Write at most {MAX_NOTE}.",
                about="note",
            )
        at = self._clock().isoformat(timespec="seconds")

        def edit(table: pd.DataFrame) -> pd.DataFrame:
            is_mine = table["study_id"] == study_id
            if words in set(table.loc[is_mine, "note"]):
                return table  # the first one wrote it
            others = table[~is_mine]
            return (
                self.table.with_row(others, study_id, words, one_line(local_user()), at)
                if words
                else others
            )

        self.table.change(edit)

    def texts(self) -> dict[str, str]:
        """Map studies to their notes."""
        table = self.table.read()
        return dict(zip(table["study_id"], table["note"], strict=True))
