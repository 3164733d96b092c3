"""Collect values where one study has several rows."""

from __future__ import annotations

import re

from neuroflow.errors import Wording
from neuroflow.io import MAX_CELLS, is_number
from neuroflow.matrix import RegionName
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.sheet import BESIDE_A_MEAN, Cell, ParsedSheet, counts_rows, plain
from neuroflow.results.warning_kinds import WarningKind

MAX_REPEATS = 1000
"""A region that one study has more often is damage: each costs a column in all studies."""


class RowCollector:
    """Gathers the values and facts of studies row by row."""

    def __init__(self, grid: CsvGrid, *, is_chosen: bool = False) -> None:
        self._is_chosen = is_chosen  # the user named the columns to use
        self._grid = grid
        self._columns: dict[tuple[RegionName, int], int] = {}
        self._times: dict[tuple[int, RegionName], int] = {}
        self._studies: dict[str, int] = {}
        self._cells: list[dict[int, Cell]] = []
        self._facts: list[dict[str, Cell]] = []
        self._repeats: dict[Cell, Cell] = {}
        self._varying: set[str] = set()
        self._places: dict[str, int] = {}  # the column of each fact that varies

    def study(self, label: str) -> int:
        """Return the number of the study in a row."""
        if label not in self._studies:
            self._studies[label] = len(self._cells)
            self._cells.append({})
            self._facts.append({})
        return self._studies[label]

    def value(self, study: int, name: RegionName, cell: Cell) -> None:
        """Keep a value; a name given again gets a column of its own."""
        again = self._times.get((study, name), 0)
        self._times[study, name] = again + 1
        if again > MAX_REPEATS:
            raise self._grid.error(
                cell[0],
                f"It gives {name.region} for more than the {MAX_REPEATS}th time in one study.",
                Wording(
                    "Name the column that holds the studies in a Schema's id_column, if there is "
                    "one; else download the file again.",
                    cli="Name the column that holds the studies, if there is one, as id_column in "
                    "the file for --schema; else download the file again.",
                ),
            )
        column = self._columns.setdefault((name, again), len(self._columns))
        self._cells[study][column] = cell

    def _unused(self) -> list[str]:
        """Name the columns that vary within a study; those with numbers apart."""
        numeric = sorted(filter(self._has_numbers, self._varying))
        others = sorted(name or "(no name)" for name in self._varying if name not in numeric)
        named = [f"{WarningKind.UNUSED_COLUMNS} ({len(numeric)}): {', '.join(numeric)}"]
        return named * bool(numeric) + [f"columns not used: {', '.join(others)}"] * bool(others)

    def _has_numbers(self, name: str) -> bool:
        """Check for numbers that are neither counts of rows nor statistics beside a mean."""
        if not name or self._is_chosen:
            return False
        words = set(re.split(r"[^a-z]+", name.casefold()))
        if words & BESIDE_A_MEAN or plain(name) in BESIDE_A_MEAN:
            return False
        cells = [row[self._places[name]] for row in self._grid.rows]
        numbers = [cell for cell in cells if is_number(cell)]
        return bool(numbers) and not counts_rows(numbers)

    def fact(self, study: int, name: str, cell: Cell) -> None:
        """Keep a fact; what varies within a study is none."""
        old = self._facts[study].setdefault(name, cell)
        if self._grid.text(old) != self._grid.text(cell):
            self._varying.add(name)
            self._places[name] = cell[1]
        elif old != cell:
            self._repeats[cell] = old

    def sheet(self, id_name: str) -> ParsedSheet:
        """Put together what was gathered; `id_name` is the header of the studies' ids."""
        if len(self._columns) * len(self._cells) > MAX_CELLS:
            raise self._grid.error(
                0,
                f"Its {len(self._cells)} studies and {len(self._columns)} regions would make more "
                f"than {MAX_CELLS:,} values.",
                "Download the file again, or split it.",
            )
        facts = [
            {name: cell for name, cell in study.items() if name and name not in self._varying}
            for study in self._facts
        ]
        sheet = ParsedSheet(
            [name for name, _ in self._columns],
            [[study.get(j) for j in range(len(self._columns))] for study in self._cells],
            list(self._studies),
            facts,
            id_name,
            self._repeats,
        )
        if self._varying:
            sheet.warnings += self._unused()
        return sheet
