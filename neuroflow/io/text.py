"""Read the small tables that users keep as text; the only place that decodes them.

One dialect for all of them: UTF-8 (with or without a byte order mark), UTF-16 or Latin-1; tabs,
semicolons or commas; decimal points or commas; quoted cells; lines of comments; empty lines.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuroflow.errors import NeuroflowError, Wording
from neuroflow.io.file_kinds import advice_for, kind_of_file
from neuroflow.io.limits import MAX_CELLS, MAX_TABLE_BYTES, in_megabytes
from neuroflow.io.numbers import decimal_mark, is_missing, is_number

DELIMITERS, PIPE = (",", ";", "\t"), "|"
COMMENT = "#"
_SHOWN = 10  # lines that an error names
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_EXCEL_HINT = re.compile(r"sep=.?", re.IGNORECASE)  # a first line that only names the delimiter
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")  # 1,234 may be either


class TextError(ValueError):
    """A text that cannot be read, and the line where that is found."""

    def __init__(self, line: int, why: str, advice: str = "", *, is_binary: bool = False) -> None:
        super().__init__(line, why)
        self.line, self.why, self.advice, self.is_binary = line, why, advice, is_binary


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table with a header, as it was written; all rows are as long as the header."""

    path: Path  # The file, for messages
    header: list[str]  # Each name once
    rows: list[list[str]]  # Cells without blanks around them; empty rows are left out
    lines: list[int]  # The line of each row, counted from 1
    decimal: str  # The decimal mark of its numbers
    error: type[NeuroflowError]  # What its errors are

    def column(self, name: str) -> list[str | None]:
        """Return the cells of a column; None where there is no value."""
        index = self.header.index(name)
        return [None if is_missing(row[index]) else row[index] for row in self.rows]

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each row as cells by their names, after its line; missing values are empty."""
        for line, row in zip(self.lines, self.rows, strict=True):
            cells = ("" if is_missing(cell) else cell for cell in row)
            yield line, dict(zip(self.header, cells, strict=True))

    def with_point(self, cell: str) -> str:
        """Write a number with a decimal point; whatever is no number stays as it is."""
        is_comma = self.decimal == "," and _COMMA_NUMBER.fullmatch(cell)
        return cell.replace(",", ".") if is_comma else cell

    def refuse(self, bad: Iterable[bool], what: str, advice: str = "") -> None:
        """Raise an error that names the rows that are bad, if any is."""
        _refuse(self.path, self.error, self.lines, bad, what, advice=advice)


def read_text_table(
    path: Path, *, error: type[NeuroflowError], known: Collection[str] = ()
) -> TextTable:
    """Read a table that a user wrote; names of columns in `known` may be in any case."""
    try:
        text, _ = decode(_read_small(path))
        lines = text.splitlines()
        if lines and _EXCEL_HINT.fullmatch(lines[0].strip()):
            text = text[len(lines[0]) :]
        rows, numbers, _ = split_cells(text, find_delimiter(text))
    except FileNotFoundError as missing:
        raise error(f"{path} does not exist.", advice="Check the path.") from missing
    except OSError as failed:
        raise error(f"{path} cannot be read.", why=f"{failed.strerror}.") from failed
    except TextError as bad:
        message = f"Line {bad.line} of {path} cannot be read."
        if bad.is_binary:
            message = f"{path} is not a table."
        raise error(message, why=bad.why, advice=bad.advice) from bad
    return table_of_rows(path, rows, numbers, error=error, known=known)


def table_of_rows(
    path: Path,
    rows: list[list[str]],
    lines: list[int],
    *,
    error: type[NeuroflowError],
    known: Collection[str] = (),
) -> TextTable:
    """Make a table of cells; the first row is the header."""
    if not rows:
        raise error(f"{path} is empty.", advice="The file needs a header and data rows.")
    return _with_header(path, rows, lines, error, {name.casefold(): name for name in known})


def _read_small(path: Path) -> bytes:
    """Read a file, unless it is larger than a table can be."""
    with path.open("rb") as file:
        data = file.read(MAX_TABLE_BYTES + 1)
    if len(data) > MAX_TABLE_BYTES:
        raise TextError(1, f"It has more than {in_megabytes(MAX_TABLE_BYTES)}.", "Divide it.")
    return data


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a text; return it and the name of its encoding."""
    if kind := kind_of_file(data):
        raise TextError(1, f"It is {kind}, not a text file.", advice_for(kind), is_binary=True)
    if encoding is None:
        encoding = find_encoding(data)
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise TextError(line, f"{error}.", "Name the file's encoding.") from error
    control = len(text) - len(_CONTROL.sub("", text))
    if "\x00" in text or control > len(text) // 20:
        match = _CONTROL.search(text)
        line = text.count("\n", 0, match.start() if match else 0) + 1
        raise TextError(line, "It is not a text file.", advice_for(""), is_binary=True)
    return text, encoding


def find_encoding(data: bytes) -> str:
    """Return the encoding of a text: by its byte order mark, else UTF-8 if it can be that.

    >>> find_encoding("ä".encode("utf-16")), find_encoding("ä".encode("latin-1"))
    ('utf-16', 'latin-1')
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and len(data) % 2 == 0:
        return "utf-16"  # what Excel calls Unicode text
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def find_delimiter(text: str) -> str:
    """Return the delimiter that splits the header into most cells; a tab where none does.

    >>> find_delimiter("participant_id;age, years;sex")
    ';'
    """
    lines = io.StringIO(text, newline="")
    first = next((line for line in lines if line.strip() and not _is_comment(line)), "")
    return max((*reversed(DELIMITERS), PIPE), key=lambda mark: len(sample_cells([first], mark)[0]))


def sample_cells(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Split some lines into cells, whatever is wrong with their quotes."""
    try:
        rows = list(csv.reader(_blank_comments(lines, []), delimiter=delimiter))
    except csv.Error:  # reported with its line once the delimiter is settled
        rows = [line.split(delimiter) for line in lines]
    return rows or [[]]


def split_cells(
    text: str, delimiter: str, skip: int = 0
) -> tuple[list[list[str]], list[int], list[str]]:
    r"""Split a text into rows of cells; return them, the line each row ends in, and the comments.

    >>> split_cells("# ward 3\nid;age\n\n01; 68\n", ";")
    ([['id', 'age'], ['01', '68']], [2, 4], ['# ward 3'])
    """
    marks = text.count(delimiter) + text.count("\n")
    if marks > MAX_CELLS:
        raise TextError(1, f"The table has more than {MAX_CELLS:,} cells.", "Divide it.")
    comments: list[str] = []
    lines = _blank_comments(io.StringIO(text, newline=""), comments)
    for _ in range(skip):
        next(lines, None)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows, numbers = [], []
    try:
        for row in reader:
            cells = list(map(str.strip, row))
            if any(cells):
                rows.append(cells)
                numbers.append(reader.line_num + skip)
    except csv.Error as error:
        raise TextError(reader.line_num + skip, f"{error}.") from error
    return rows, numbers, comments


def trimmed(row: list[str]) -> list[str]:
    """Drop the empty cells at the end of a row."""
    width = max((i + 1 for i, cell in enumerate(row) if cell), default=0)
    return row[:width]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENT)


def _blank_comments(lines: Iterable[str], comments: list[str]) -> Iterator[str]:
    """Empty the lines of comments, so that line numbers stay right."""
    for line in lines:
        if _is_comment(line):
            comments.append(line.strip())
            yield "\n"
        else:
            yield line


def _with_header(
    path: Path,
    rows: list[list[str]],
    lines: list[int],
    error: type[NeuroflowError],
    known: dict[str, str],
) -> TextTable:
    first, *body = rows
    width = max(len(trimmed(first)), *(len(trimmed(row)) for row in body), 0)
    width = min(width, len(first))  # columns without a name and without a value are none
    header = [known.get(name.casefold(), name) for name in first[:width]]
    twice = sorted({name for name, count in Counter(header).items() if count > 1})
    if twice or "" in header:
        raise error(
            f"The header of {path} cannot be used.",
            why=f"These names occur twice: {', '.join(twice)}."
            if twice
            else "A column has no name.",
            advice="Every column needs a unique name.",
        )
    ragged = [len(row) < width or len(trimmed(row)) > width for row in body]
    _refuse(path, error, lines[1:], ragged, f"do not have {width} cells as the header has")
    votes = (cell for row in body for cell in row if is_number(cell))
    decimal = decimal_mark(cell for cell in votes if not _THOUSANDS.fullmatch(cell))
    return TextTable(path, header, [row[:width] for row in body], lines[1:], decimal, error)


def _refuse(
    path: Path,
    error: Callable[..., NeuroflowError],
    lines: Sequence[int],
    bad: Iterable[bool],
    what: str,
    *,
    advice: str = "",
) -> None:
    named = [str(line) for line, is_bad in zip(lines, bad, strict=True) if is_bad]
    if named:
        shown = ", ".join(named[:_SHOWN]) + (", ..." if len(named) > _SHOWN else "")
        raise error(
            f"{path} cannot be used.",
            why=f"These lines {what}: {shown}.",
            advice=Wording.sentences("Correct these lines.", advice),
        )


def is_unicode(name: str) -> bool:
    """Check whether tables and databases can hold a name: Linux admits bytes of any encoding."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def in_unicode(name: str) -> str:
    r"""Return a name with the bytes that are not Unicode written out.

    >>> print(in_unicode("caf\udce9"))
    caf\xe9
    """
    return name if is_unicode(name) else os.fsencode(name).decode("utf-8", "backslashreplace")
