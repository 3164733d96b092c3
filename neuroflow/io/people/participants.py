"""Read participants.tsv: who was scanned, as BIDS writes it.

Labels are compared exactly after a leading ``sub-`` or ``ses-`` is dropped; ``n/a`` and empty cells
are missing values. A cell that cannot be read is missing and reported with its line; it never
refuses the table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.errors import ParticipantsError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.io.people.bids import (
    is_in_months,
    levels_of,
    read_description,
    read_sessions,
    with_sessions,
)
from neuroflow.io.people.cells import Remarks, ages, column, labels, sexes
from neuroflow.io.people.headings import check_columns, visit_advice, warn_of_other_names
from neuroflow.io.people.table import (
    EXCEL,
    KNOWN,
    read_any_table,
    refuse_one_column,
    with_chosen_columns,
    with_id_column,
)
from neuroflow.io.text import TextTable

BIDS_LABELS = "bids_labels"
"""In ``.attrs`` of a table: its participants came with ``sub-``."""

_PREFIX = re.compile(r"(sub|ses)-", re.IGNORECASE)


def read_participants(
    path: str | Path, *, columns: Mapping[str, str] | None = None, sheet: str | None = None
) -> pd.DataFrame:
    r"""Read a table of participants: participants.tsv of BIDS, or another text file.

    Parameters
    ----------
    path
        The file: tab-separated as in BIDS, or with semicolons, commas or pipes; UTF-8, UTF-16 or
        Latin-1; with decimal points or commas; or an Excel file (.xlsx). Lines
        that start with ``#`` are comments. The participants' column may have another usual name
        (subject, patient_id, MRN, ...). participants.json beside it explains codes of sex and
        group, and ``sub-X/sub-X_sessions.tsv`` adds a row per visit with its own age.
    columns
        Which columns of the file are read as ``participant_id``, ``session_id``, ``group``,
        ``site``, ``age`` and ``sex``, where they have other names:
        ``{"participant_id": "Proband", "age": "Alter"}``. By default those with these names. A
        column that has such a name and is not chosen is then called ``other_age``, for example.
    sheet
        The name of the sheet of an Excel file; the first by default.

    Returns
    -------
    DataFrame
        One row per participant, or per participant and session. ``participant_id`` first, then,
        as far as given, ``session_id``, ``group``, ``site``, ``age`` (years; 90 for ``89+``),
        ``sex`` (``"M"``, ``"F"`` or ``"O"``), then all further columns; those that hold numbers,
        but for few cells, are numbers.

    Raises
    ------
    ParticipantsError
        The file is missing, unreadable or empty, has no column ``participant_id``, has a
        participant (and session) twice with different cells, or lacks a column of `columns`. The
        message names the lines, or the columns.
    OptionError
        There is no such sheet, or `columns` has another name than those above.

    Warns
    -----
    ResultWarning
        Cells that cannot be read are missing: one warning per kind, with lines. Labels of groups
        that differ in case and blanks only become one.

    References
    ----------
    .. [1] Brain Imaging Data Structure, "Participants file".

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "participants.tsv"
    >>> _ = path.write_text("participant_id\tage\tsex\nsub-01\t61\tF\n")
    >>> read_participants(path)
      participant_id   age sex
    0             01  61.0   F
    """
    path = Path(os.path.expanduser(path))  # noqa: PTH111  pathlib raises for ~nobody
    text = read_any_table(path, error=ParticipantsError, known=KNOWN, sheet=sheet)
    if not columns:
        refuse_one_column(text)
    text = with_id_column(with_chosen_columns(text, columns or {}))
    check_columns(text)
    if not columns:
        warn_of_other_names(text)
    description = read_description(path)
    remarks = Remarks(text)
    frame = _people(text, description, remarks)
    keys = [name for name in ("participant_id", "session_id") if name in frame]
    frame = _without_repeats(text, frame, keys, remarks)
    sentences = remarks.sentences()
    visits = []
    for label, one in read_sessions(path):
        of_one = Remarks(one)
        cells = {name: one.column(name) for name in one.header}
        visit = _columns(one, cells, description, of_one)
        visits.append(pd.DataFrame({"participant_id": without_prefix(label), **visit}))
        sentences += of_one.sentences()
    if visits:
        frame = with_sessions(frame, pd.concat(visits, ignore_index=True))
    for sentence in sentences:
        warn_user(sentence, ResultWarning)
    if any((label or "").startswith("sub-") for label in text.column("participant_id")):
        frame.attrs[BIDS_LABELS] = True
    return frame


def _people(
    text: TextTable, description: dict[str, dict[str, Any]], remarks: Remarks
) -> pd.DataFrame:
    columns = {name: text.column(name) for name in text.header}
    ids = [without_prefix(label) for label in columns.pop("participant_id")]
    text.refuse([label is None for label in ids], "have no participant_id")
    return pd.DataFrame(
        {"participant_id": pd.Series(ids), **_columns(text, columns, description, remarks)}
    )


def _columns(
    text: TextTable,
    columns: dict[str, list[str | None]],
    description: dict[str, dict[str, Any]],
    remarks: Remarks,
) -> dict[str, pd.Series]:
    """Read the columns of people or visits, those that are known first."""
    table: dict[str, pd.Series] = {}
    if "session_id" in columns:
        sessions = [without_prefix(label) for label in columns.pop("session_id")]
        table["session_id"] = pd.Series(sessions, dtype="str")
    if "group" in columns:
        given = labels(columns.pop("group"), remarks, levels_of(description, "group"))
        table["group"] = pd.Series(given, dtype="str")
    if "site" in columns:
        table["site"] = pd.Series(columns.pop("site"), dtype="str")
    if "age" in columns:
        in_months = is_in_months(description, "age")
        table["age"] = ages(text, columns.pop("age"), remarks, in_months=in_months)
    if "sex" in columns:
        table["sex"] = sexes(columns.pop("sex"), remarks, levels_of(description, "sex"))
    return table | {name: column(text, name, values, remarks) for name, values in columns.items()}


def _without_repeats(
    text: TextTable, frame: pd.DataFrame, keys: list[str], remarks: Remarks
) -> pd.DataFrame:
    """Drop rows that repeat another one whole; refuse those that contradict it."""
    if not frame.duplicated(keys).any():  # as nearly always, in a table that is read often
        return frame
    again = frame.duplicated(keep="first")
    for row in again.to_numpy().nonzero()[0].tolist():
        remarks.add("rows that repeat another one, excluded", str(frame[keys[0]].iat[row]), row)
    twice = frame.duplicated(keys, keep=False) & ~(
        frame.duplicated(keep=False) & (frame.groupby(keys, dropna=False).ngroup() >= 0)
    )
    text.refuse(twice.tolist(), f"repeat a {' and '.join(keys)}", visit_advice(text))
    return frame[~again].reset_index(drop=True)


def is_more_than_text(path: str | Path) -> bool:
    """Whether a table is an Excel file, or has files beside it that belong to it."""
    path = Path(path).expanduser()
    is_text = path.suffix.lower() not in EXCEL
    return not is_text or bool(read_description(path)) or bool(read_sessions(path))


class ParticipantRows:
    """Finds the row of a participant, at once for each of thousands of studies."""

    def __init__(self, participants: pd.DataFrame) -> None:
        self._participants = participants.copy()
        self._places: dict[tuple[str | None, str | None], int] = {}
        sessions = participants.get("session_id")
        visits = [None] * len(participants) if sessions is None else sessions.tolist()
        keys = zip(participants["participant_id"].tolist(), visits, strict=True)
        for place, (who, visit) in enumerate(keys):
            self._places.setdefault((who, None if pd.isna(visit) else visit), place)

    def find(self, participant_id: str, session_id: str | None = None) -> pd.Series | None:
        """Find a participant's row; the session's own where there is one."""
        who = without_prefix(participant_id)
        alone = self._places.get((who, None))
        place = self._places.get((who, without_prefix(session_id)), alone)
        return None if place is None else self._participants.iloc[place]

    def other_names(self, participant_id: str) -> list[str]:
        """Return what the table has in place of a study: other visits, or labels without zeros."""
        who = str(without_prefix(participant_id))
        visits = [str(visit) for (person, visit) in self._places if person == who and visit]
        labels = dict.fromkeys(person for person, _ in self._places if person)
        alike = [name for name in labels if name != who and name.lstrip("0") == who.lstrip("0")]
        return [f"visit {visit}" for visit in visits] or [f"participant {one}" for one in alike]


def study_names(participant: str | None, session: str | None) -> set[str]:
    """Return what a study may be called by its participant and session.

    >>> sorted(study_names("sub-01", "2"))
    ['01', '01_2', 'sub-01', 'sub-01_ses-2']
    """
    person, visit = without_prefix(participant), without_prefix(session)
    if not person:
        return set()
    found = {person, f"sub-{person}"}
    return found | {f"{person}_{visit}", f"sub-{person}_ses-{visit}"} if visit else found


def without_prefix(label: str | None) -> str | None:
    """Drop ``sub-`` or ``ses-`` from a BIDS label.

    >>> without_prefix("sub-01"), without_prefix("01"), without_prefix(None)
    ('01', '01', None)
    """
    if label is None or pd.isna(label):
        return None
    return _PREFIX.sub("", str(label).strip(), count=1) or None
