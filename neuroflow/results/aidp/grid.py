"""Split the bytes of a result file into a grid of cells."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from neuroflow.errors import AidpError
from neuroflow.io import DELIMITERS, TextError, decode, sample_cells, split_cells, trimmed
from neuroflow.matrix import is_region, load_regions
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.tidy import tidy, without_footer
from neuroflow.results.warning_kinds import WarningKind
from neuroflow.wording import counted

_SAMPLE_LINES = 200  # enough to see the delimiter, cheap for a report of thousands of studies
PIPE, BLANK = "|", " "
"""Delimiters of result files besides those of all tables."""
_WIDE_GAP, _ANY_GAP = re.compile(r"[ \t\xa0]{2,}|\t"), re.compile(r"[ \t\xa0]+")
_RULE = re.compile(r":?-+:?")
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
    percent: frozenset[int] = frozenset()  # The columns that are in percent by their heading
    notes: tuple[str, ...] = ()  # What was left out around the table

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

    >>> read_grid(b"pSN_FW;0,21", Path("aidp.csv"), Schema()).rows
    [['pSN_FW', '0,21']]
    """
    try:
        text, encoding = decode(_without_padding(data), schema.encoding)
        if not text.strip():
            raise unreadable(path, 1, "The file is empty.", "Download it again.")
        delimiter = schema.delimiter or _find_delimiter(text, path, schema.skip_lines)
        rows, lines, comments = _split(text, delimiter, schema.skip_lines)
    except TextError as error:
        advice = _ENCODED if error.is_binary else error.advice
        raise unreadable(path, error.line, error.why, advice) from error
    if not rows:
        raise unreadable(path, 1, "All its cells are empty.", "Download it again.")
    end, footer = without_footer(rows, _region_names())
    rows, lines, titles = _square(rows[:end], lines[:end], path)
    table = tidy(rows, lines)
    around = (*comments, *titles, *footer)
    left_out = [f"{WarningKind.OTHER_LINES}: {'; '.join(footer)}"] * bool(footer)
    notes = (*left_out, *table.notes)
    return CsvGrid(path, table.rows, table.lines, around, delimiter, encoding, table.percent, notes)


def _without_padding(data: bytes) -> bytes:
    """Drop zeros at the end, as disks and networks add them; those of UTF-16 stay."""
    bare = data.rstrip(b"\0")
    return data if not bare or b"\0" in bare or len(data) - len(bare) == 1 else bare


@cache
def _region_names() -> tuple[str, ...]:
    regions = load_regions()
    names = [*regions["stem"], *regions["region"], *regions["region_name"]]
    return tuple(dict.fromkeys(name.casefold() for name in names))


def _split(text: str, delimiter: str, skip: int) -> tuple[list[list[str]], list[int], list[str]]:
    """Split a text into cells, also at runs of blanks; drop the frame of a Markdown table."""
    if delimiter == BLANK:
        lines = io.StringIO(text).readlines()
        wide = all(_WIDE_GAP.search(line.strip()) for line in lines if line.strip())
        gap = _WIDE_GAP if wide else _ANY_GAP
        text = "\n".join(gap.sub("\t", line.strip()) for line in lines)
        return split_cells(text, "\t", skip)
    rows, numbers, comments = split_cells(text, delimiter, skip)
    if delimiter == PIPE and rows and all(len(row) > 2 and not row[0] + row[-1] for row in rows):
        rows = [row[1:-1] for row in rows]
        kept = [i for i, row in enumerate(rows) if not all(map(_RULE.fullmatch, row))]
        rows, numbers = [rows[i] for i in kept], [numbers[i] for i in kept]
    return rows, numbers, comments


def _find_delimiter(text: str, path: str | Path, skip: int) -> str:
    """Choose the delimiter that lets most region names appear; then the most regular one."""
    sample = list(islice(io.StringIO(text, newline=""), _SAMPLE_LINES + skip))[skip:]
    scores = {}
    for delimiter in (*DELIMITERS, PIPE):
        rows = [row for row in sample_cells(sample, delimiter) if len(row) > 1]
        if rows:
            names = sum(is_region(cell) for row in rows for cell in row if cell)
            lengths = {len(row) for row in rows}
            scores[delimiter] = (names, len(rows), -len(lengths), max(lengths))
    if not any(names for names, *_ in scores.values()):
        blanks = [line.split() for line in sample if len(line.split()) > 1]
        if any(is_region(cell) for row in blanks for cell in row):
            return BLANK
    if not scores:
        why = "No comma, semicolon, tab, pipe or blank separates cells."
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
                f"It has {counted(len(cells), 'cell', 'cells')}, "
                f"the table's first line {len(rows[0])}.",
                "The file may be truncated: download it again.",
            )
        square.append(cells + [""] * (width - len(cells)))
    return square, lines, titles
