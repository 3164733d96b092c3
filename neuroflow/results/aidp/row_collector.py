"""What a layout gathers where the values of one study stand in several rows."""

from __future__ import annotations

from neuroflow.matrix import RegionName
from neuroflow.results.aidp.grid import Grid
from neuroflow.results.aidp.sheet import Sheet, Spot


class Collected:
    """Gathers the values and facts of studies row by row."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._columns: dict[tuple[RegionName, int], int] = {}
        self._studies: dict[str, int] = {}
        self._spots: list[dict[int, Spot]] = []
        self._facts: list[dict[str, Spot]] = []
        self._repeats: dict[Spot, Spot] = {}
        self._varying: set[str] = set()

    def study(self, label: str) -> int:
        """Give the number of the study that a row is about."""
        if label not in self._studies:
            self._studies[label] = len(self._spots)
            self._spots.append({})
            self._facts.append({})
        return self._studies[label]

    def value(self, study: int, name: RegionName, spot: Spot) -> None:
        """Keep a value; a name given again gets a column of its own."""
        spots, again = self._spots[study], 0
        while (column := self._columns.setdefault((name, again), len(self._columns))) in spots:
            again += 1
        spots[column] = spot

    def fact(self, study: int, name: str, spot: Spot) -> None:
        """Keep a fact; what varies within a study is none."""
        old = self._facts[study].setdefault(name, spot)
        if self._grid.text(old) != self._grid.text(spot):
            self._varying.add(name)
        elif old != spot:
            self._repeats[spot] = old

    def sheet(self, id_name: str) -> Sheet:
        """Put together what was gathered; `id_name` is the header of the studies' ids."""
        facts = [
            {name: spot for name, spot in study.items() if name and name not in self._varying}
            for study in self._facts
        ]
        sheet = Sheet(
            "long",
            [name for name, _ in self._columns],
            [[study.get(j) for j in range(len(self._columns))] for study in self._spots],
            list(self._studies),
            facts,
            id_name,
            self._repeats,
        )
        if self._varying:
            named = sorted(name or "(no name)" for name in self._varying)
            sheet.warnings.append(f"columns not used: {', '.join(named)}")
        return sheet
