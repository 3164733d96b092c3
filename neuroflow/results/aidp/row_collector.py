"""Collect values where one study has several rows."""

from __future__ import annotations

from neuroflow.matrix import RegionName
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.sheet import Cell, ParsedSheet


class RowCollector:
    """Gathers the values and facts of studies row by row."""

    def __init__(self, grid: CsvGrid) -> None:
        self._grid = grid
        self._columns: dict[tuple[RegionName, int], int] = {}
        self._studies: dict[str, int] = {}
        self._cells: list[dict[int, Cell]] = []
        self._facts: list[dict[str, Cell]] = []
        self._repeats: dict[Cell, Cell] = {}
        self._varying: set[str] = set()

    def study(self, label: str) -> int:
        """Return the number of the study in a row."""
        if label not in self._studies:
            self._studies[label] = len(self._cells)
            self._cells.append({})
            self._facts.append({})
        return self._studies[label]

    def value(self, study: int, name: RegionName, cell: Cell) -> None:
        """Keep a value; a name given again gets a column of its own."""
        cells, again = self._cells[study], 0
        while (column := self._columns.setdefault((name, again), len(self._columns))) in cells:
            again += 1
        cells[column] = cell

    def fact(self, study: int, name: str, cell: Cell) -> None:
        """Keep a fact; what varies within a study is none."""
        old = self._facts[study].setdefault(name, cell)
        if self._grid.text(old) != self._grid.text(cell):
            self._varying.add(name)
        elif old != cell:
            self._repeats[cell] = old

    def sheet(self, id_name: str) -> ParsedSheet:
        """Put together what was gathered; `id_name` is the header of the studies' ids."""
        facts = [
            {name: cell for name, cell in study.items() if name and name not in self._varying}
            for study in self._facts
        ]
        sheet = ParsedSheet(
            "long",
            [name for name, _ in self._columns],
            [[study.get(j) for j in range(len(self._columns))] for study in self._cells],
            list(self._studies),
            facts,
            id_name,
            self._repeats,
        )
        if self._varying:
            named = sorted(name or "(no name)" for name in self._varying)
            sheet.warnings.append(f"columns not used: {', '.join(named)}")
        return sheet
