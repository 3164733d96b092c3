"""The long layout: a row per region, with the metric beside it, in its name, or in the header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neuroflow.io import is_missing, is_number
from neuroflow.matrix import is_region, metric_name, resolve
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.layouts import NamePlaces
from neuroflow.results.aidp.row_collector import RowCollector
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import (
    ID_HEADERS,
    METRIC_HEADERS,
    REGION_HEADERS,
    SIDE_HEADERS,
    VALUE_HEADERS,
    ParsedSheet,
    counts_rows,
    first_of,
    header_metric,
    header_side,
    plain,
    required,
    with_metric,
)


class Long:
    """A row per region."""

    name: ClassVar = "long"
    order: ClassVar = 20

    def recognise(self, grid: CsvGrid, schema: Schema, places: NamePlaces) -> bool:
        """Check whether a header, or a column, states where the metric or the values are."""
        if not has_names(grid, schema, places):
            return False
        roles = Roles(grid, schema, places.column)
        if roles.metric is not None or any(roles.values.values()):
            return True
        headed = plain(grid.rows[0][places.column]) in REGION_HEADERS
        return headed and (not roles.suffixed or (bool(roles.values) and roles.says_value))

    def read(self, grid: CsvGrid, schema: Schema, column: int) -> ParsedSheet:
        """Read a row per region; `column` holds the names."""
        roles = Roles(grid, schema, column)
        if not roles.values:
            raise grid.error(
                0,
                "It is not clear which column holds the values.",
                "Name them in a Schema's value_columns.",
            )
        collected = RowCollector(grid, is_chosen=schema.value_columns is not None)
        for i in roles.body:
            row = grid.rows[i]
            study = collected.study("" if roles.id is None else row[roles.id])
            if roles.suffixed and not is_region(row[column]):
                collected.fact(study, row[column], (i, next(iter(roles.values))))
                continue
            beside = "" if roles.side is None else row[roles.side]
            for j, metric in roles.values.items():
                name = resolve(row[column], roles.sides.get(j, beside))
                written = metric or ("" if roles.metric is None else row[roles.metric])
                collected.value(study, with_metric(name, written), (i, j))
            for j in roles.rest:
                collected.fact(study, roles.header[j], (i, j))
        return collected.sheet("" if roles.id is None else roles.header[roles.id])


def has_names(grid: CsvGrid, schema: Schema, places: NamePlaces) -> bool:
    """Check for names of regions in a column, or for a header that promises them."""
    if places.down:
        return True
    return places.has_region_header and bool(Roles(grid, schema, places.column).values)


class Roles:
    """Which column of a long file holds what."""

    def __init__(self, grid: CsvGrid, schema: Schema, column: int) -> None:
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
        self.id = self._id(grid, schema, column)
        self.sides: dict[int, str] = {}  # the side that a column of values is of
        self.says_value = first_of(self.header, VALUE_HEADERS) is not None
        self.values = self._values(grid, schema)
        self.rest = [j for j in self.rest if j not in self.values]

    def _metric(self, grid: CsvGrid, schema: Schema, column: int) -> int | None:
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

    def _id(self, grid: CsvGrid, schema: Schema, column: int) -> int | None:
        if schema.id_column is not None:
            return required(grid, self.header, schema.id_column)
        found = {plain(self.header[j]): j for j in reversed(self.rest)}
        named = (found[word] for word in ID_HEADERS if word in found)
        return next((j for j in named if not self._numbers_regions(grid, j, column)), None)

    def _numbers_regions(self, grid: CsvGrid, j: int, column: int) -> bool:
        """Check whether a column numbers the regions of one study; it holds no ids then."""
        regions = [grid.rows[i][column] for i in self.body]
        is_one_study = len(set(regions)) == len(regions)
        return is_one_study and counts_rows([grid.rows[i][j] for i in self.body])

    def _values(self, grid: CsvGrid, schema: Schema) -> dict[int, str]:
        """Find the columns of values and the metric in each header; none if there is doubt."""
        if schema.value_columns is not None:
            columns = schema.value_columns.items()
            return {required(grid, self.header, name): metric for name, metric in columns}
        rest = [j for j in self.rest if j != self.id]
        if sided := self._sided(rest):
            return sided
        metrics = {j: header_metric(self.header[j]) for j in rest}
        if any(metrics.values()):
            return {j: metric for j, metric in metrics.items() if metric}
        named = first_of([self.header[j] for j in rest], VALUE_HEADERS)
        if named is not None:
            return {rest[named]: ""}
        numeric = [j for j in rest if self._is_numeric([grid.rows[i][j] for i in self.body])]
        return {numeric[0]: ""} if len(numeric) == 1 else {}

    def _sided(self, rest: Sequence[int]) -> dict[int, str]:
        """Find columns of values of the left and the right side, and the metric of each."""
        found = {j: header_side(self.header[j]) for j in rest}
        found = {j: (side, metric) for j, (side, metric) in found.items() if side}
        if {side for side, _ in found.values()} != {"left", "right"}:
            return {}
        self.sides = {j: side for j, (side, _) in found.items()}
        return {j: metric for j, (_, metric) in found.items()}

    @staticmethod
    def _is_numeric(cells: list[str]) -> bool:
        is_numeric = all(is_number(cell) or is_missing(cell) for cell in cells)
        return is_numeric and any(map(is_number, cells)) and not counts_rows(cells)


LAYOUT = Long()
