"""The wide layout whose rows name the metric: a row per study and metric, a column per region."""

from __future__ import annotations

from collections.abc import Sequence

from neuroflow.io import is_missing, is_number
from neuroflow.matrix import is_region, metric_name, resolve
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.row_collector import RowCollector
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import (
    ID_HEADERS,
    METRIC_HEADERS,
    ParsedSheet,
    first_of,
    plain,
    required,
    with_metric,
)


def metric_column(grid: CsvGrid, schema: Schema, rows: Sequence[int]) -> int | None:
    """Find the column that holds the metric of each row, where no region's name has it."""
    header = grid.rows[0]
    if schema.metric_column is not None:
        return required(grid, header, schema.metric_column)
    if any(resolve(name).suffix for name in header):
        return None
    for j in (j for j, name in enumerate(header) if not is_region(name)):
        if rows and all(metric_name(grid.rows[i][j]) for i in rows):
            return j
    named = first_of(header, METRIC_HEADERS)
    if named is None or any(is_number(grid.rows[i][named]) for i in rows):
        return None
    return named


def read_metric_rows(
    grid: CsvGrid, schema: Schema, rows: Sequence[int], metric: int
) -> ParsedSheet:
    """Read a header of regions and a row per study and metric; `metric` is the metrics' column."""
    header = grid.rows[0]
    own_id = _id_column(grid, schema, metric)
    ids = ["" if own_id is None else grid.rows[i][own_id] for i in rows]
    others = [j for j in range(len(header)) if j not in (metric, own_id)]
    regions = [j for j in others if _is_region(header[j], [grid.rows[i][j] for i in rows], ids)]
    rest = [j for j in range(len(header)) if j != metric and j not in regions]
    collected = RowCollector(grid)
    for i, label in zip(rows, ids, strict=True):
        row = grid.rows[i]
        study = collected.study(label)
        for j in regions:
            collected.value(study, with_metric(resolve(header[j]), row[metric]), (i, j))
        for j in rest:
            collected.fact(study, header[j], (i, j))
    return collected.sheet("" if own_id is None else header[own_id])


def _id_column(grid: CsvGrid, schema: Schema, metric: int) -> int | None:
    header = grid.rows[0]
    if schema.id_column is not None:
        return required(grid, header, schema.id_column)
    found = {plain(name): j for j, name in reversed(list(enumerate(header))) if j != metric}
    return next((found[word] for word in ID_HEADERS if word in found), None)


def _is_region(name: str, cells: Sequence[str], ids: Sequence[str]) -> bool:
    """Check for values: a name outside the dictionary needs numbers that differ by the metric."""
    found = resolve(name)
    if found.known or not all(is_number(cell) or is_missing(cell) for cell in cells):
        return found.known
    numbers = {pair for pair in zip(ids, cells, strict=True) if is_number(pair[1])}
    is_sided = found.hemisphere in ("left", "right")
    return len(numbers) > len({study for study, _ in numbers}) or (is_sided and bool(numbers))
