"""The long layout: a row per region, with the metric beside it, in its name, or in the header."""

from __future__ import annotations

from dataclasses import replace

from neuroflow.results.dialect import Grid
from neuroflow.results.numbers import is_missing, is_number
from neuroflow.results.regions import RegionName, is_region, metric_name, resolve
from neuroflow.results.schema import Schema
from neuroflow.results.sheet import (
    ID_HEADERS,
    METRIC_HEADERS,
    SIDE_HEADERS,
    VALUE_HEADERS,
    Sheet,
    Spot,
    first_of,
    header_metric,
    plain,
    required,
)


def read_long(grid: Grid, schema: Schema, column: int) -> Sheet:
    """Read a row per region; `column` holds the names."""
    roles = Roles(grid, schema, column)
    if not roles.values:
        raise grid.error(
            0,
            "There is no telling which column holds the values.",
            "Name them in a Schema's value_columns.",
        )
    collected = _Collected(grid)
    for i in roles.body:
        row = grid.rows[i]
        study = collected.study("" if roles.id is None else row[roles.id])
        if roles.suffixed and not is_region(row[column]):
            collected.fact(study, row[column], (i, next(iter(roles.values))))
            continue
        name = resolve(row[column], "" if roles.side is None else row[roles.side])
        for j, metric in roles.values.items():
            written = metric or ("" if roles.metric is None else row[roles.metric])
            collected.value(study, with_metric(name, written), (i, j))
        for j in roles.rest:
            collected.fact(study, roles.header[j], (i, j))
    return collected.sheet("" if roles.id is None else roles.header[roles.id])


class Roles:
    """Which column of a long file holds what."""

    def __init__(self, grid: Grid, schema: Schema, column: int) -> None:
        first = grid.rows[0]
        self.headed = not is_region(first[column]) and not any(map(is_number, first))
        self.headed |= schema.region_column is not None
        self.header = first if self.headed else [""] * len(first)
        self.body = [
            i
            for i in range(int(self.headed), len(grid.rows))
            if not self.headed or grid.rows[i] != first
        ]
        self.suffixed = any(resolve(grid.rows[i][column]).suffix for i in self.body)
        self.side = first_of(self.header, SIDE_HEADERS)
        self.metric = self._metric(grid, schema, column)
        taken = {column, self.side, self.metric}
        self.rest = [j for j in range(len(first)) if j not in taken]
        self.id = self._id(grid, schema)
        self.says_value = first_of(self.header, VALUE_HEADERS) is not None
        self.values = self._values(grid, schema)
        self.rest = [j for j in self.rest if j not in self.values]

    def _metric(self, grid: Grid, schema: Schema, column: int) -> int | None:
        if schema.metric_column is not None:
            return required(grid, self.header, schema.metric_column)
        for j in range(len(self.header)):
            cells = [grid.rows[i][j] for i in self.body]
            if j != column and cells and all(map(metric_name, cells)):
                return j
        named = first_of(self.header, METRIC_HEADERS)
        if (
            named is None
            or named == column
            or any(is_number(grid.rows[i][named]) for i in self.body)
        ):
            return None
        return named

    def _id(self, grid: Grid, schema: Schema) -> int | None:
        if schema.id_column is not None:
            return required(grid, self.header, schema.id_column)
        found = {plain(self.header[j]): j for j in reversed(self.rest)}
        return next((found[word] for word in ID_HEADERS if word in found), None)

    def _values(self, grid: Grid, schema: Schema) -> dict[int, str]:
        """Find the columns of values and the metric each header tells; none if there is doubt."""
        if schema.value_columns is not None:
            columns = schema.value_columns.items()
            return {required(grid, self.header, name): metric for name, metric in columns}
        rest = [j for j in self.rest if j != self.id]
        metrics = {j: header_metric(self.header[j]) for j in rest}
        if any(metrics.values()):
            return {j: metric for j, metric in metrics.items() if metric}
        named = first_of([self.header[j] for j in rest], VALUE_HEADERS)
        if named is not None:
            return {rest[named]: ""}
        numeric = [j for j in rest if self._is_numeric([grid.rows[i][j] for i in self.body])]
        return {numeric[0]: ""} if len(numeric) == 1 else {}

    @staticmethod
    def _is_numeric(cells: list[str]) -> bool:
        return any(map(is_number, cells)) and all(is_number(c) or is_missing(c) for c in cells)


class _Collected:
    """Gathers the rows of a long file by study."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._columns: dict[tuple[RegionName, int], int] = {}
        self._studies: dict[str, int] = {}
        self._spots: list[dict[int, Spot]] = []
        self._facts: list[dict[str, Spot]] = []
        self._repeats: dict[Spot, Spot] = {}
        self._varying: set[str] = set()

    def study(self, label: str) -> int:
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
            sheet.warnings.append(f"columns not used: {', '.join(sorted(self._varying))}")
        return sheet


def with_metric(name: RegionName, written: str) -> RegionName:
    """Add the metric that stands beside a name; one in the name itself goes first."""
    if name.suffix or not written:
        return name
    return replace(name, metric=metric_name(written) or written, suffix=written)
