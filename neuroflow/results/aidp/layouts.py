"""Turn a grid of cells into named values: the layouts that a result file may have.

===========  =====================================================================================
long         a row per region; one value column, with the metric in a column of its own or in the
             region's name, or one column per metric; several studies with an id column
wide         a row per study; a column per ``<region>_<metric>``; or a row per study and metric, a
             column per region
transposed   a row per ``<region>_<metric>``; a column per study; usually without a header
===========  =====================================================================================

Each layout is a file ``layout_<name>.py`` of this folder with a `LAYOUT`; nothing else names it. It
is recognised from where the region names stand. Everything that is neither a region nor its value
is a fact of the study and kept as written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import ClassVar, Protocol

from neuroflow.matrix import UNKNOWN, is_region
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import (
    REGION_HEADERS,
    ParsedSheet,
    first_of,
    plain,
    required,
    with_metric,
)
from neuroflow.results.warning_kinds import WarningKind

_UNCORRECTED = ("fa", "fractionalanisotropy")
_CORRECTED = ("fat", "freewatercorrectedfa", "fwcorrectedfa")
_PREFIX = "layout_"


@dataclass(frozen=True, slots=True)
class NamePlaces:
    """Where a grid has the names of regions."""

    across: int  # How many are in the first row
    down: int  # How many are in the column that has most
    column: int  # That column, or the one with a header for regions
    has_region_header: bool  # Whether a header states that it holds regions


class Layout(Protocol):
    """One way in which result files are laid out."""

    name: ClassVar[str]
    order: ClassVar[int]  # Lower ones are tried first

    def recognise(self, grid: CsvGrid, schema: Schema, places: NamePlaces) -> bool:
        """Check whether a grid has this layout."""

    def read(self, grid: CsvGrid, schema: Schema, column: int) -> ParsedSheet:
        """Find values, facts and ids; `column` is the column of names, if they are in one."""


@cache
def layouts() -> tuple[Layout, ...]:
    """Return all layouts in the order in which they are tried."""
    folder = str(Path(__file__).parent)
    names = [module.name for module in iter_modules([folder]) if module.name.startswith(_PREFIX)]
    found: list[Layout] = [import_module(f"{__package__}.{name}").LAYOUT for name in names]
    return tuple(sorted(found, key=lambda layout: layout.order))


def read_sheet(grid: CsvGrid, schema: Schema) -> ParsedSheet:
    """Find names, values and facts in a grid."""
    layout, column = _recognise(grid, schema)
    sheet = layout.read(grid, schema, column)
    sheet.layout = layout.name
    if not sheet.names or not sheet.ids:
        raise grid.error(0, "No values of regions were found.", "Download the file again.")
    _settle_metrics(sheet, schema)
    sheet.warnings += grid.notes
    if len(sheet.ids) > 1 and not any(sheet.ids):
        sheet.warnings.append(f"{WarningKind.NUMBERED}: they are numbered")
    return sheet


def _recognise(grid: CsvGrid, schema: Schema) -> tuple[Layout, int]:
    """Return the layout, and the column that holds the names."""
    by_name = {layout.name: layout for layout in layouts()}
    if schema.region_column is not None:
        column = required(grid, grid.rows[0], schema.region_column)
        return by_name[schema.layout or "long"], column
    places = _places(grid)
    if schema.layout is not None:
        return by_name[schema.layout], places.column
    for layout in layouts():
        if layout.recognise(grid, schema, places):
            return layout, places.column
    raise grid.error(
        0,
        "No region names were found.",
        "If this is a result file, give its layout and columns in a Schema.",
    )


def _places(grid: CsvGrid) -> NamePlaces:
    across = sum(map(is_region, grid.rows[0]))
    down = [sum(is_region(row[j]) for row in grid.rows) for j in range(len(grid.rows[0]))]
    column = max(range(len(down)), key=down.__getitem__)
    named = first_of(grid.rows[0], REGION_HEADERS)
    if named is not None and (down[named] or not down[column]):
        column = named
    return NamePlaces(across, down[column], column, named is not None)


def _settle_metrics(sheet: ParsedSheet, schema: Schema) -> None:
    """Set the metric of every name; keep FA and FAt apart where a file has both."""
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
        sheet.warnings.append("the file has both FA and FAt: FA is kept as uncorrected FA")
    if any(name.metric is None for name in sheet.names):
        sheet.warnings.append(WarningKind.NO_METRIC.value)
    # Without what was written, names that mean the same are equal.
    sheet.names = [replace(name, metric=name.metric or UNKNOWN, suffix="") for name in sheet.names]
