"""Read participants.tsv: who was scanned, as BIDS writes it.

Labels are compared exactly after a leading ``sub-`` or ``ses-`` is dropped; ``n/a`` and empty cells
are missing values. Nothing is guessed: a sex or age that cannot be read is an error that names the
lines.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from neuroflow.errors import ParticipantsError
from neuroflow.io.text import TextTable, read_text_table

_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F"}
_KNOWN = ("participant_id", "session_id", "group", "site", "age", "sex")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # 007 is a label
_PREFIX = re.compile(r"(sub|ses)-", re.IGNORECASE)


def read_participants(path: str | Path) -> pd.DataFrame:
    r"""Read a table of participants: participants.tsv of BIDS, or another text file.

    Parameters
    ----------
    path
        The file: tab-separated as in BIDS, or with semicolons or commas; UTF-8, UTF-16 or
        Latin-1; with decimal points or commas. Lines that start with ``#`` are comments.

    Returns
    -------
    DataFrame
        One row per participant, or per participant and session. ``participant_id`` first, then,
        as far as given, ``session_id``, ``group``, ``site``, ``age`` (years), ``sex`` (``"M"`` or
        ``"F"``), then all further columns; those that hold only numbers are numbers.

    Raises
    ------
    ParticipantsError
        The file is missing, unreadable or empty, has no column ``participant_id``, has a
        participant (and session) twice, or an age or sex that cannot be read. The message names
        the lines.

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
    text = read_text_table(path, error=ParticipantsError, known=_KNOWN)
    _check(text)
    columns = {name: text.column(name) for name in text.header}
    ids = [without_prefix(label) for label in columns.pop("participant_id")]
    text.refuse([label is None for label in ids], "have no participant_id")
    table: dict[str, pd.Series] = {"participant_id": pd.Series(ids)}
    if "session_id" in columns:
        sessions = [without_prefix(label) for label in columns.pop("session_id")]
        table["session_id"] = pd.Series(sessions, dtype=table["participant_id"].dtype)
    for name in ("group", "site"):
        if name in columns:
            table[name] = pd.Series(columns.pop(name), dtype=table["participant_id"].dtype)
    for name in [name for name in _CONVERTERS if name in columns]:
        table[name] = _convert(text, name, columns.pop(name))
    table |= {name: _column(text, values) for name, values in columns.items()}
    frame = pd.DataFrame(table)
    keys = [name for name in ("participant_id", "session_id") if name in frame]
    twice = frame.duplicated(keys, keep=False)
    text.refuse(twice.tolist(), f"repeat a {' and '.join(keys)}")
    return frame


class ParticipantRows:
    """Finds the row of a participant, at once for each of thousands of studies.

    Examples
    --------
    >>> rows = ParticipantRows(pd.DataFrame({"participant_id": ["01"], "age": [61.0]}))
    >>> float(rows.find("sub-01", "ses-2")["age"])
    61.0
    >>> rows.find("02") is None
    True
    """

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


def without_prefix(label: str | None) -> str | None:
    """Drop ``sub-`` or ``ses-`` from a BIDS label.

    Examples
    --------
    >>> without_prefix("sub-01"), without_prefix("01"), without_prefix(None)
    ('01', '01', None)
    """
    if label is None or pd.isna(label):
        return None
    return _PREFIX.sub("", str(label).strip(), count=1) or None


def _check(text: TextTable) -> None:
    if "participant_id" not in text.header:
        raise ParticipantsError(
            f"{text.path} has no column participant_id.",
            why=f"Its columns are {', '.join(text.header)}.",
            advice="Name the column with the participants' labels participant_id, as BIDS does.",
        )
    if not text.rows:
        raise ParticipantsError(f"{text.path} has a header, but no participants.")


def _convert(text: TextTable, name: str, values: list[str | None]) -> pd.Series:
    convert, accepted = _CONVERTERS[name]
    converted = [None if value is None else convert(text.with_point(value)) for value in values]
    bad = [new is None and value is not None for value, new in zip(values, converted, strict=True)]
    text.refuse(bad, f"have {name} that cannot be read (accepted: {accepted})")
    return pd.Series(converted, dtype="float64" if name == "age" else None)


def _age(text: str) -> float | None:
    try:
        age = float(text)
    except ValueError:
        return None
    return age if math.isfinite(age) and 0 <= age <= 130 else None


def _sex(text: str) -> str | None:
    return _SEXES.get(text.casefold())


_CONVERTERS: dict[str, tuple[Callable[[str], object], str]] = {
    "age": (_age, "years, as a number"),
    "sex": (_sex, "M, F or n/a"),
}


def _column(text: TextTable, values: list[str | None]) -> pd.Series:
    """Make numbers of a column that holds nothing else."""
    numbers = [None if value is None else text.with_point(value) for value in values]
    given = [number for number in numbers if number is not None]
    if given and all(_NUMBER.fullmatch(number) for number in given):
        return pd.Series([math.nan if number is None else float(number) for number in numbers])
    return pd.Series(values, dtype=object if not given else None)
