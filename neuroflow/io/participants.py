"""participants.tsv: who was scanned, as BIDS writes it.

Labels are matched exactly once a leading ``sub-`` or ``ses-`` is dropped; ``n/a`` and empty cells
are missing values. Nothing is guessed: a sex or age that cannot be read is an error that names the
lines.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from neuroflow.errors import ParticipantsError

MISSING = frozenset({"", "n/a", "na", "nan", "none", "null"})
"""What counts as no value, case folded (BIDS writes ``n/a``)."""

_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F"}
_KNOWN = ("participant_id", "session_id", "group", "site", "age", "sex")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # 007 is a label
_PREFIX = re.compile(r"(sub|ses)-", re.IGNORECASE)


def read_participants(path: str | Path) -> pd.DataFrame:
    r"""Read a participants.tsv.

    Parameters
    ----------
    path
        The file; tab-separated as in BIDS, or with commas or semicolons.

    Returns
    -------
    DataFrame
        One row per participant, or per participant and session. ``participant_id`` first, then,
        as far as given, ``session_id``, ``group``, ``site``, ``age`` (years), ``sex`` (``"M"`` or
        ``"F"``), then all further columns; those that hold only numbers are numbers.

    Raises
    ------
    ParticipantsError
        Missing, unreadable or empty; no ``participant_id``; a participant (and session) given
        twice; an age or sex that cannot be read. The lines are named.

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
    header, rows, lines = _read(path)
    columns: dict[str, list[str | None]] = {
        name: [_value(row[index]) for row in rows] for index, name in enumerate(header)
    }
    ids = [without_prefix(label) for label in columns.pop("participant_id")]
    _refuse(path, lines, [label is None for label in ids], "have no participant_id")
    table: dict[str, pd.Series] = {"participant_id": pd.Series(ids)}
    if "session_id" in columns:
        sessions = [without_prefix(label) for label in columns.pop("session_id")]
        table["session_id"] = pd.Series(sessions, dtype=table["participant_id"].dtype)
    for name in ("group", "site"):
        if name in columns:
            table[name] = pd.Series(columns.pop(name), dtype=table["participant_id"].dtype)
    for name in [name for name in _CONVERTERS if name in columns]:
        table[name] = _convert(path, lines, name, columns.pop(name))
    table |= {name: _column(values) for name, values in columns.items()}
    frame = pd.DataFrame(table)
    keys = [name for name in ("participant_id", "session_id") if name in frame]
    twice = frame.duplicated(keys, keep=False)
    _refuse(path, lines, twice.tolist(), f"repeat a {' and '.join(keys)}")
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


def _read(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Read header, rows and the line each row stands in."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise ParticipantsError(
            f"Line {reader.line_num} of {path} cannot be read.", why=f"{error}."
        ) from error
    if not rows:
        raise ParticipantsError(f"{path} is empty.", advice="It needs a header and one row each.")
    header = [_column_name(name) for name in rows[0]]
    _check_header(path, header)
    if len(rows) == 1:
        raise ParticipantsError(f"{path} has a header, but no participants.")
    _refuse(path, lines[1:], [len(row) != len(header) for row in rows[1:]], _ragged(header))
    return header, rows[1:], lines[1:]


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ParticipantsError(f"There is no {path}.", advice="Check the path.") from error
    except OSError as error:
        raise ParticipantsError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what Excel calls Unicode text
            return data.decode("utf-16")
        if b"\x00" in data:
            raise ParticipantsError(
                f"{path} is not a text file.", advice="Save the table as tab-separated text."
            )
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _column_name(written: str) -> str:
    return written.casefold() if written.casefold() in _KNOWN else written


def _check_header(path: Path, header: list[str]) -> None:
    if "participant_id" not in header:
        raise ParticipantsError(
            f"{path} has no column participant_id.",
            why=f"Its columns are {', '.join(header)}.",
            advice="Name the column with the participants' labels participant_id, as BIDS does.",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or "" in header:
        raise ParticipantsError(
            f"The header of {path} cannot be used.",
            why=f"Given twice: {', '.join(twice)}." if twice else "A column has no name.",
            advice="Every column needs a name of its own.",
        )


def _ragged(header: list[str]) -> str:
    return f"do not have {len(header)} cells as the header has"


def _refuse(path: Path, lines: list[int], bad: list[bool], what: str) -> None:
    """Raise for the lines that are bad, if any."""
    named = [str(line) for line, is_bad in zip(lines, bad, strict=True) if is_bad]
    if named:
        shown = ", ".join(named[:10]) + (", ..." if len(named) > 10 else "")
        raise ParticipantsError(
            f"{path} cannot be used.",
            why=f"These lines {what}: {shown}.",
            advice="Mend these lines.",
        )


def _value(cell: str) -> str | None:
    return None if cell.casefold() in MISSING else cell


def _convert(path: Path, lines: list[int], name: str, values: list[str | None]) -> pd.Series:
    convert, accepted = _CONVERTERS[name]
    converted = [None if value is None else convert(value) for value in values]
    bad = [new is None and value is not None for value, new in zip(values, converted, strict=True)]
    _refuse(path, lines, bad, f"have {name} that cannot be read (accepted: {accepted})")
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


def _column(values: list[str | None]) -> pd.Series:
    """Make numbers of a column that holds nothing else."""
    given = [value for value in values if value is not None]
    if given and all(_NUMBER.fullmatch(value) for value in given):
        return pd.Series([math.nan if value is None else float(value) for value in values])
    return pd.Series(values, dtype=object if not given else None)
