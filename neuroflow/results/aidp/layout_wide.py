"""The wide layout: a row per study, a column per value; or a row per study and metric."""

from __future__ import annotations

from typing import ClassVar

from neuroflow.io import is_number
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.layouts import NamePlaces
from neuroflow.results.aidp.metric_rows import metric_column, read_metric_rows
from neuroflow.results.aidp.named_values import sort_names
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import ParsedSheet


class Wide:
    """A header of names and a row per study."""

    name: ClassVar = "wide"
    order: ClassVar = 10

    def recognise(self, grid: CsvGrid, schema: Schema, places: NamePlaces) -> bool:  # noqa: ARG002
        """Check whether the first row has more names than any column."""
        if places.across != places.down:
            return places.across > places.down
        return places.across > 0 and _has_numbers_below(grid, places.column)

    def read(self, grid: CsvGrid, schema: Schema, column: int) -> ParsedSheet:  # noqa: ARG002
        """Read a header of names and a row per study."""
        header = grid.rows[0]
        rows = [i for i in range(1, len(grid.rows)) if grid.rows[i] != header]
        metric = metric_column(grid, schema, rows)
        if metric is None:
            sheet = sort_names(
                grid, schema, header, len(rows), lambda study, name: (rows[study], name)
            )
        else:
            sheet = read_metric_rows(grid, schema, rows, metric)
        if len(rows) < len(grid.rows) - 1:
            sheet.warnings.append("its header is repeated inside it")
        return sheet


def _has_numbers_below(grid: CsvGrid, column: int) -> bool:
    """Separate wide from transposed where one name is both across and down."""
    below = sum(is_number(row[column]) for row in grid.rows[1:])
    return below > sum(is_number(cell) for cell in grid.rows[0])


LAYOUT = Wide()
