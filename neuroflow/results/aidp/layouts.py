"""From a grid of cells to named values: the layouts a result file may have.

===========  =====================================================================================
long         a row per region; one value column, with the metric in a column of its own or in the
             region's name, or one column per metric; several studies with an id column
wide         a row per study; a column per ``<region>_<metric>``; or a row per study and metric, a
             column per region
transposed   a row per ``<region>_<metric>``; a column per study; usually without a header
===========  =====================================================================================

The layout is recognised from where the region names stand. Everything that is neither a region nor
its value is a fact of the study and kept as written.
"""

from __future__ import annotations

from dataclasses import replace

from neuroflow.io import is_number
from neuroflow.matrix import UNKNOWN, is_region
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.long import Roles, read_long, with_metric
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import REGION_HEADERS, ParsedSheet, first_of, plain, required
from neuroflow.results.aidp.wide import read_transposed, read_wide

_UNCORRECTED = ("fa", "fractionalanisotropy")
_CORRECTED = ("fat", "freewatercorrectedfa", "fwcorrectedfa")


def read_sheet(grid: CsvGrid, schema: Schema) -> ParsedSheet:
    """Find names, values and facts in a grid."""
    layout, column = _recognise(grid, schema)
    if layout == "wide":
        sheet = read_wide(grid, schema)
    elif layout == "transposed":
        sheet = read_transposed(grid, schema, column)
    else:
        sheet = read_long(grid, schema, column)
    if not sheet.names or not sheet.ids:
        raise grid.error(0, "No values of regions were found.", "Fetch the file again.")
    _settle_metrics(sheet, schema)
    return sheet


def _recognise(grid: CsvGrid, schema: Schema) -> tuple[str, int]:
    """Tell the layout, and the column that holds the names."""
    across = sum(map(is_region, grid.rows[0]))
    down = [sum(is_region(row[j]) for row in grid.rows) for j in range(len(grid.rows[0]))]
    column = max(range(len(down)), key=down.__getitem__)
    named = first_of(grid.rows[0], REGION_HEADERS)
    if named is not None and (down[named] or not down[column]):
        column = named
    if schema.region_column is not None:
        return schema.layout or "long", required(grid, grid.rows[0], schema.region_column)
    if schema.layout is not None:
        return schema.layout, column
    if across > down[column] or (across == down[column] > 0 and _has_numbers_below(grid, column)):
        return "wide", -1
    if not down[column] and (named is None or not Roles(grid, schema, column).values):
        raise grid.error(
            0,
            "No region names were found.",
            "If this is a result file, tell its layout and columns with a Schema.",
        )
    return ("long" if _is_long(grid, schema, column) else "transposed"), column


def _has_numbers_below(grid: CsvGrid, column: int) -> bool:
    """Tell wide from transposed where a single name is both across and down."""
    below = sum(is_number(row[column]) for row in grid.rows[1:])
    return below > sum(is_number(cell) for cell in grid.rows[0])


def _is_long(grid: CsvGrid, schema: Schema, column: int) -> bool:
    """Tell long from transposed: a long file says where its metric or its values are."""
    roles = Roles(grid, schema, column)
    if roles.metric is not None or any(roles.values.values()):
        return True
    headed = plain(grid.rows[0][column]) in REGION_HEADERS
    return headed and (not roles.suffixed or (bool(roles.values) and roles.says_value))


def _settle_metrics(sheet: ParsedSheet, schema: Schema) -> None:
    """Give every name a metric; keep FA and free-water-corrected FA apart where both are there."""
    if schema.metric is not None:
        sheet.names = [
            with_metric(name, schema.metric) if name.metric is None else name
            for name in sheet.names
        ]
    written = {plain(name.suffix) for name in sheet.names}
    if written & set(_UNCORRECTED) and written & set(_CORRECTED):
        sheet.names = [
            replace(name, metric="FA") if plain(name.suffix) in _UNCORRECTED else name
            for name in sheet.names
        ]
        sheet.warnings.append("both FA and FAt are given: FA is kept apart, as uncorrected")
    if any(name.metric is None for name in sheet.names):
        sheet.warnings.append("the metric of some values is not told")
    # What was written has done its duty; names that mean the same are now equal.
    sheet.names = [replace(name, metric=name.metric or UNKNOWN, suffix="") for name in sheet.names]
