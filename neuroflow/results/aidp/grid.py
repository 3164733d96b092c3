"""Split the bytes of a result file into a grid of cells."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from neuroflow.errors import AidpError
from neuroflow.io import DELIMITERS, TextError, decode, sample_cells, split_cells, trimmed
from neuroflow.matrix import is_region
from neuroflow.results.aidp.schema import Schema

_SAMPLE_LINES = 200  # enough to see the delimiter, cheap for a report of thousands of studies
_ENCODED = "Download it again, or name its encoding in a Schema."


@dataclass(frozen=True, slots=True)
class CsvGrid:
    """The cells of a file, all rows equally long."""

    path: str | Path  # The file, for messages
    rows: list[list[str]]  # Its cells, stripped of surrounding blanks; empty rows are left out
    lines: list[int]  # The line each row ends in, counted from 1
    comments: tuple[str, ...]  # Comment lines and titles above the table
    delimiter: str  # How it was written
    encoding: str

    def text(self, cell: tuple[int, int]) -> str:
        """Return the text of a cell, given as (row, column)."""
        return self.rows[cell[0]][cell[1]]

    def error(self, row: int, why: str, advice: str = "") -> AidpError:
        """Make the error of a row, which names its line."""
        return unreadable(self.path, self.lines[row], why, advice)


def unreadable(path: str | Path, line: int, why: str, advice: str = "") -> AidpError:
    """Make the error of a line: it names the file and the line."""
    return AidpError(f"{path}, line {line}: cannot be read.", why=why, advice=advice)


def read_grid(data: bytes, path: str | Path, schema: Schema) -> CsvGrid:
    """Split a file into cells.

    Examples
    --------
    >>> read_grid(b"pSN_FW;0,21", Path("aidp.csv"), Schema()).rows
    [['pSN_FW', '0,21']]
    """
    try:
        text, encoding = decode(data, schema.encoding)
        if not text.strip():
            raise unreadable(path, 1, "The file is empty.", "Download it again.")
        delimiter = schema.delimiter or _find_delimiter(text, path, schema.skip_lines)
        rows, lines, comments = split_cells(text, delimiter, schema.skip_lines)
    except TextError as error:
        advice = _ENCODED if error.is_binary else error.advice
        raise unreadable(path, error.line, error.why, advice) from error
    if not rows:
        raise unreadable(path, 1, "All its cells are empty.", "Download it again.")
    rows, lines, titles = _square(rows, lines, path)
    return CsvGrid(path, rows, lines, (*comments, *titles), delimiter, encoding)


def _find_delimiter(text: str, path: str | Path, skip: int) -> str:
    """Choose the delimiter that lets most region names appear; then the most regular one."""
    sample = list(islice(io.StringIO(text, newline=""), _SAMPLE_LINES + skip))[skip:]
    scores = {}
    for delimiter in DELIMITERS:
        rows = [row for row in sample_cells(sample, delimiter) if len(row) > 1]
        if rows:
            names = sum(is_region(cell) for row in rows for cell in row)
            lengths = {len(row) for row in rows}
            scores[delimiter] = (names, len(rows), -len(lengths), max(lengths))
    if not scores:
        why = "No comma, semicolon or tab separates cells."
        raise unreadable(path, skip + 1, why, "Download it again.")
    return max(scores, key=scores.__getitem__)


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
    width = max(len(trimmed(row)) for row in rows)
    width = min(width, len(rows[0]))  # the first line is right, a longer one is not
    square = []
    for row, line in zip(rows, lines, strict=True):
        cells = row if len(row) == width else trimmed(row)
        if len(cells) > width or len(row) < width:
            raise unreadable(
                path,
                line,
                f"It has {len(cells)} cells, the table's first line {len(rows[0])}.",
                "The file may be truncated: download it again.",
            )
        square.append(cells + [""] * (width - len(cells)))
    return square, lines, titles
