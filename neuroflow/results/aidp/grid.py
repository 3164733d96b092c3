"""From the bytes of a result file to a grid of cells: encoding, delimiter, quotes, comments."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from neuroflow.errors import AidpError
from neuroflow.matrix import is_region
from neuroflow.results.aidp.schema import DELIMITERS, Schema

COMMENT = "#"
_SAMPLE_LINES = 200  # enough to see the delimiter, cheap for a report of thousands of studies
_ENCODED = "Fetch it again, or tell its encoding with a Schema."
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a file, all rows equally long."""

    path: str | Path  # The file, for messages
    rows: list[list[str]]  # Its cells, stripped of surrounding blanks; empty rows are left out
    lines: list[int]  # The line each row ends in, counted from 1
    comments: tuple[str, ...]  # Comment lines and titles above the table
    delimiter: str  # How it was written
    encoding: str

    def text(self, spot: tuple[int, int]) -> str:
        """Give the cell in a row and column."""
        return self.rows[spot[0]][spot[1]]

    def error(self, row: int, why: str, advice: str = "") -> AidpError:
        """Make the error of a row."""
        return unreadable(self.path, self.lines[row], why, advice)


def unreadable(path: str | Path, line: int, why: str, advice: str = "") -> AidpError:
    """Make the error of a line: it names the file and the line."""
    return AidpError(f"{path}, line {line}: cannot be read.", why=why, advice=advice)


def read_grid(data: bytes, path: str | Path, schema: Schema) -> Grid:
    """Split a file into cells.

    Examples
    --------
    >>> read_grid(b"pSN_FW;0,21", Path("aidp.csv"), Schema()).rows
    [['pSN_FW', '0,21']]
    """
    text, encoding = _decode(data, path, schema.encoding)
    if not text.strip():
        raise unreadable(path, 1, "The file is empty.", "Fetch it again.")
    delimiter = schema.delimiter or _find_delimiter(text, path, schema.skip_lines)
    rows, lines, comments = _split(text, path, delimiter, schema.skip_lines)
    if not rows:
        raise unreadable(path, 1, "There is nothing in its cells.", "Fetch it again.")
    rows, lines, titles = _square(rows, lines, path)
    return Grid(path, rows, lines, (*comments, *titles), delimiter, encoding)


def _decode(data: bytes, path: str | Path, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        encoding = find_encoding(data)
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise unreadable(path, line, f"{error}.", "Name the file's encoding.") from error
    control = len(_CONTROL.findall(text))
    if "\x00" in text or control > len(text) // 20:
        match = _CONTROL.search(text)
        line = text.count("\n", 0, match.start() if match else 0) + 1
        raise unreadable(path, line, "It is not a text file.", _ENCODED)
    return text, encoding


def find_encoding(data: bytes) -> str:
    """Tell how a text is encoded: by its byte order mark, else UTF-8 if it can be that.

    Examples
    --------
    >>> find_encoding("ä".encode("utf-16")), find_encoding("ä".encode("latin-1"))
    ('utf-16', 'latin-1')
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls Unicode text
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _find_delimiter(text: str, path: str | Path, skip: int) -> str:
    """Choose the delimiter that lets most region names appear; then the most regular one."""
    sample: list[str] = []
    for line in io.StringIO(text, newline=""):
        if len(sample) == _SAMPLE_LINES + skip:
            break
        sample.append(line)
    scores = {}
    for delimiter in DELIMITERS:
        rows = [row for row in _sample_rows(sample[skip:], delimiter) if len(row) > 1]
        if rows:
            names = sum(is_region(cell) for row in rows for cell in row)
            lengths = {len(row) for row in rows}
            scores[delimiter] = (names, len(rows), -len(lengths), max(lengths))
    if not scores:
        why = "No comma, semicolon or tab separates cells."
        raise unreadable(path, skip + 1, why, "Fetch it again.")
    return max(scores, key=scores.__getitem__)


def _sample_rows(sample: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(_without_comments(sample, []), delimiter=delimiter))
    except csv.Error:  # told with its line once the delimiter is settled
        return [line.split(delimiter) for line in sample]


def _without_comments(lines: Iterable[str], comments: list[str]) -> Iterator[str]:
    """Blank comment lines, so that line numbers stay right."""
    for line in lines:
        if line.lstrip().startswith(COMMENT):
            comments.append(line.strip())
            yield "\n"
        else:
            yield line


def _split(
    text: str, path: str | Path, delimiter: str, skip: int
) -> tuple[list[list[str]], list[int], list[str]]:
    comments: list[str] = []
    lines = _without_comments(io.StringIO(text, newline=""), comments)
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
        raise unreadable(path, reader.line_num + skip, f"{error}.") from error
    return rows, numbers, comments


def _square(
    rows: list[list[str]], lines: list[int], path: str | Path
) -> tuple[list[list[str]], list[int], list[str]]:
    """Drop empty columns at the right and titles at the top; refuse rows of unequal length."""
    first = next((i for i, row in enumerate(rows) if sum(map(bool, row)) > 1), None)
    if first is None:
        raise unreadable(path, lines[0], "No row has more than one cell.")
    titles = ["".join(row) for row in rows[:first]]
    rows, lines = rows[first:], lines[first:]
    if rows[0][-1] and len(set(map(len, rows))) == 1:
        return rows, lines, titles
    width = max(len(_trimmed(row)) for row in rows)
    width = min(width, len(rows[0]))  # the first line is right, a longer one is not
    square = []
    for row, line in zip(rows, lines, strict=True):
        cells = row if len(row) == width else _trimmed(row)
        if len(cells) > width or len(row) < width:
            raise unreadable(
                path,
                line,
                f"It has {len(cells)} cells, the table's first line {len(rows[0])}.",
                "The file may have been cut short: fetch it again.",
            )
        square.append(cells + [""] * (width - len(cells)))
    return square, lines, titles


def _trimmed(row: list[str]) -> list[str]:
    width = max((i + 1 for i, cell in enumerate(row) if cell), default=0)
    return row[:width]
