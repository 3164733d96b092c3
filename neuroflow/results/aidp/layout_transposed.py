"""The transposed layout: a row per value, a column per study; usually without a header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neuroflow.io import is_number
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.layout_long import has_names
from neuroflow.results.aidp.layouts import NamePlaces
from neuroflow.results.aidp.named_values import sort_names
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import (
    REGION_HEADERS,
    VALUE_HEADERS,
    ParsedSheet,
    counts_rows,
    plain,
)


class Transposed:
    """A column of names and a column per study."""

    name: ClassVar = "transposed"
    order: ClassVar = 30

    def recognise(self, grid: CsvGrid, schema: Schema, places: NamePlaces) -> bool:
        """Check for a column of names; the long layout was tried before."""
        return has_names(grid, schema, places)

    def read(self, grid: CsvGrid, schema: Schema, column: int) -> ParsedSheet:
        """Read a column of names and a column per study."""
        start = int(plain(grid.rows[0][column]) in ("", *REGION_HEADERS))
        columns = [j for j in range(len(grid.rows[0])) if j != column]
        counts = [j for j in columns[:column] if counts_rows([row[j] for row in grid.rows[start:]])]
        columns = [j for j in columns if j not in counts or len(columns) == 1]
        names = [row[column] for row in grid.rows[start:]]
        sheet = sort_names(
            grid, schema, names, len(columns), lambda study, name: (name + start, columns[study])
        )
        labels = [grid.rows[0][j] for j in columns]
        if start and not any(sheet.ids) and not _names_value(labels):
            sheet.ids = labels
            sheet.id_name = grid.rows[0][column] or "column"
            for facts, j in zip(sheet.facts, columns, strict=True):
                facts[sheet.id_name] = (0, j)
        return sheet


def _names_value(labels: Sequence[str]) -> bool:
    return len(labels) == 1 and (plain(labels[0]) in ("", *VALUE_HEADERS) or is_number(labels[0]))


LAYOUT = Transposed()
