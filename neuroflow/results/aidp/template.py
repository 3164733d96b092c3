"""The shortcut for cohorts: files that differ in numbers and facts only, read by one pattern.

A template is made from a file that was read the long way and gave no warning. Another file
fits only if everything else in it is the same, byte by byte; then it would have been read the same
way. Whatever does not fit is read the long way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from neuroflow.io import is_missing, is_number
from neuroflow.matrix import FRACTIONS, is_region, resolve
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.sheet import HEADER_WORDS, Cell, ParsedSheet, header_metric, plain

_NUMBER = "([0-9.eE+-]++)"
_FACT = "[A-Za-z0-9_ .:/+-]*+"


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of file."""

    pattern: re.Pattern[str]  # The whole file, with a group for each value and each fact
    values: tuple[int, ...]  # The group of each value
    facts: Mapping[str, str]  # The facts of the first file
    varying: Mapping[str, int]  # The facts that may differ, and the group of each
    fractions: tuple[int, ...]  # Which values must lie between 0 and 1

    def match(self, data: bytes) -> tuple[list[float], dict[str, str]] | None:
        """Read a file of this kind; None if it is of another, or would give a warning."""
        match = self.pattern.fullmatch(data.decode("ascii")) if data.isascii() else None
        if match is None:
            return None
        try:
            values = list(map(float, match.group(0, *self.values)[1:]))
        except ValueError:  # 1.2.3
            return None
        new = {name: match[group] for name, group in self.varying.items()}
        usual = (
            min(values) >= 0
            and self._are_in_range(values)
            and all(_alike(self.facts[name], text) for name, text in new.items())
        )
        return (values, {**self.facts, **new}) if usual else None

    def _are_in_range(self, values: list[float]) -> bool:
        if len(self.fractions) == len(values):
            return max(values) <= 1
        fractions = [values[i] for i in self.fractions]
        return max(fractions, default=0.0) <= 1 and isfinite(sum(values))


def make_template(data: bytes, grid: CsvGrid, sheet: ParsedSheet) -> Template | None:
    """Make the template of a file whose values are all there and usual."""
    text = data.decode("ascii", errors="ignore")
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = (
        len(text) == len(data)
        and '"' not in text
        and text.count("\r") == text.count("\r\n")
        and text.count("\n") == text.count(newline)
    )
    if not plain or len(sheet.ids) != 1:
        return None
    return _Maker(grid, sheet).make(text.split(newline), newline)


class _Maker:
    def __init__(self, grid: CsvGrid, sheet: ParsedSheet) -> None:
        self._grid = grid
        self._sheet = sheet
        self._values = {cell: j for j, cell in enumerate(sheet.cells[0]) if cell is not None}
        self._facts = {name: grid.text(cell) for name, cell in sheet.facts[0].items()}
        self._varying = {
            cell: name
            for name, cell in sheet.facts[0].items()
            if _may_vary(name, self._facts[name])
        }
        self._groups: dict[Cell, int] = {}

    def make(self, lines: list[str], newline: str) -> Template | None:
        rows = {line: row for row, line in enumerate(self._grid.lines)}
        parts = [
            self._line(line, rows[number]) if number in rows else re.escape(line)
            for number, line in enumerate(lines, start=1)
        ]
        if len(self._groups) != len(self._values) + len(self._varying):
            return None  # there are blanks around a cell
        names = self._sheet.names
        return Template(
            re.compile(re.escape(newline).join(parts)),
            tuple(self._groups[cell] for cell in self._values),
            self._facts,
            {name: self._groups[cell] for cell, name in self._varying.items()},
            tuple(j for j, name in enumerate(names) if name.metric in FRACTIONS),
        )

    def _line(self, line: str, row: int) -> str:
        texts = line.split(self._grid.delimiter)
        return re.escape(self._grid.delimiter).join(
            self._cell(text, (row, column)) for column, text in enumerate(texts)
        )

    def _cell(self, text: str, cell: Cell) -> str:
        row, column = cell
        if column >= len(self._grid.rows[row]) or text != self._grid.text(cell):
            return re.escape(text)
        first = self._sheet.repeats.get(cell)
        if first in self._groups:
            return f"(?P=fact{self._groups[first]})"
        if cell not in self._values and cell not in self._varying:
            return re.escape(text)
        group = self._groups[cell] = len(self._groups) + 1  # 0 is the whole file
        return _NUMBER if cell in self._values else f"(?P<fact{group}>{_FACT})"


def _may_vary(name: str, text: str) -> bool:
    """Check whether a fact may differ without a change in how the file is read."""
    found = resolve(name)
    may_be_value = is_region(name) or found.hemisphere in ("left", "right")
    return not may_be_value and re.fullmatch(_FACT, text) is not None


def _alike(one: str, other: str) -> bool:
    """Check whether two facts are the same to the recognition of layouts."""
    if one == other:
        return True
    return (
        other == other.strip()
        and is_number(one) == is_number(other)
        and is_missing(one) == is_missing(other)
        and not is_region(other)
        and not header_metric(other)
        and plain(other) not in HEADER_WORDS
    )
