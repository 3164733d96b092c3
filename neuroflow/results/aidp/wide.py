"""The layouts where every study has every name: wide, and transposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neuroflow.io import is_missing, is_number
from neuroflow.matrix import resolve
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.metric_rows import metric_column, read_metric_rows
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import (
    ID_HEADERS,
    REGION_HEADERS,
    VALUE_HEADERS,
    Cell,
    ParsedSheet,
    counts_rows,
    plain,
    required,
)


def read_wide(grid: CsvGrid, schema: Schema) -> ParsedSheet:
    """Read a header of names and a row per study."""
    header = grid.rows[0]
    rows = [i for i in range(1, len(grid.rows)) if grid.rows[i] != header]
    metric = metric_column(grid, schema, rows)
    if metric is None:
        sheet = _sort(grid, schema, header, len(rows), lambda study, name: (rows[study], name))
    else:
        sheet = read_metric_rows(grid, schema, rows, metric)
    if len(rows) < len(grid.rows) - 1:
        sheet.warnings.append("its header stands in it more than once")
    return sheet


def read_transposed(grid: CsvGrid, schema: Schema, column: int) -> ParsedSheet:
    """Read a column of names and a column per study."""
    start = int(plain(grid.rows[0][column]) in ("", *REGION_HEADERS))
    columns = [j for j in range(len(grid.rows[0])) if j != column]
    counts = [j for j in columns[:column] if counts_rows([row[j] for row in grid.rows[start:]])]
    columns = [j for j in columns if j not in counts or len(columns) == 1]
    names = [row[column] for row in grid.rows[start:]]
    sheet = _sort(
        grid, schema, names, len(columns), lambda study, name: (name + start, columns[study])
    )
    sheet.layout = "transposed"
    labels = [grid.rows[0][j] for j in columns]
    if start and not any(sheet.ids) and not _says_value(labels):
        sheet.ids = labels
        sheet.id_name = grid.rows[0][column] or "column"
        for facts, j in zip(sheet.facts, columns, strict=True):
            facts[sheet.id_name] = (0, j)
    return sheet


def _says_value(labels: Sequence[str]) -> bool:
    return len(labels) == 1 and (plain(labels[0]) in ("", *VALUE_HEADERS) or is_number(labels[0]))


def _sort(
    grid: CsvGrid,
    schema: Schema,
    names: Sequence[str],
    studies: int,
    cell: Callable[[int, int], Cell],
) -> ParsedSheet:
    """Sort names into values, facts and the id."""

    def texts(name: int) -> list[str]:
        return [grid.rows[r][c] for r, c in (cell(study, name) for study in range(studies))]

    values = [i for i, is_value in enumerate(_are_values(names, texts)) if is_value]
    facts = sorted({i for i, name in enumerate(names) if name} - set(values))
    if schema.id_column is None:
        id_name = _id_name(names, facts, texts)
    else:
        id_name = required(grid, names, schema.id_column)
    return ParsedSheet(
        "wide",
        [resolve(names[i]) for i in values],
        [[cell(study, i) for i in values] for study in range(studies)],
        [""] * studies if id_name is None else texts(id_name),
        [{names[i]: cell(study, i) for i in facts} for study in range(studies)],
        "" if id_name is None else names[id_name],
    )


def _are_values(names: Sequence[str], texts: Callable[[int], list[str]]) -> list[bool]:
    """Tell values from facts: a name outside the dictionary needs a metric, or a side, to be one.

    The side counts only where no name has a metric.
    """
    found = [resolve(name) for name in names]
    suffixed = any(name.suffix for name in found)

    def is_value(index: int) -> bool:
        name, cells = found[index], texts(index)
        if name.known:
            return True
        if name.suffix:
            return any(map(is_number, cells)) or all(map(is_missing, cells))
        return not suffixed and name.hemisphere in ("left", "right") and any(map(is_number, cells))

    return [is_value(index) for index in range(len(names))]


def _id_name(
    names: Sequence[str], candidates: Sequence[int], texts: Callable[[int], list[str]]
) -> int | None:
    """Choose the id: the first of `ID_HEADERS` that tells all studies apart, else the first."""
    plains = {plain(names[i]): i for i in reversed(candidates)}
    found = [plains[header] for header in ID_HEADERS if header in plains]
    for i in found:
        if len(set(texts(i))) == len(texts(i)) and all(texts(i)):
            return i
    return found[0] if found else None
