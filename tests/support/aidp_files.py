"""Writes the same values as every kind of result file the service may send."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neuroflow.matrix.regions import load_regions

STEMS = tuple(load_regions()["stem"])
LAYOUTS = (
    "metric column", "metric columns", "metric rows", "named", "wide", "transposed", "titled",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Values by study and (stem, metric as written), with facts by study."""

    values: Sequence[Mapping[tuple[str, str], float]]
    ids: Sequence[str] = ("",)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for row in self.values for _, metric in row))

    @property
    def stems(self) -> list[str]:
        return list(dict.fromkeys(stem for row in self.values for stem, _ in row))


@dataclass(frozen=True)
class Dialect:
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    newline: str = "\n"
    quoted: bool = False
    comment: str = ""
    missing: str = ""
    trailing: bool = True
    id_header: str = "Subject"
    unit: str = ""  # Below each heading of values, where headings are in one row
    summaries: bool = False  # Mean and SD below the studies
    footer: str = ""

    def number(self, value: float) -> str:
        return self.missing if math.isnan(value) else repr(value).replace(".", self.decimal)


def rows_of(table: Table, layout: str, dialect: Dialect) -> list[list[str]]:
    """Lay a table out."""
    grid = _values_of(table, layout, dialect.number, dialect.id_header)
    several = len(table.ids) > 1
    has_one_heading = layout in ("wide", "metric columns")
    if dialect.unit and has_one_heading:
        n_values = len(table.metrics) * (len(table.stems) if layout == "wide" else 1)
        lead = len(grid[0]) - n_values
        grid.insert(1, ["-"] * lead + [dialect.unit] * (len(grid[0]) - lead))
    if dialect.summaries and layout == "wide" and several:
        width = len(grid[0]) - 1
        grid += [[word, *[dialect.number(0.25)] * width] for word in ("Mean", "SD")]
    return [*grid, [dialect.footer]] if dialect.footer else grid


def _values_of(table: Table, layout: str, number, id_header: str) -> list[list[str]]:
    several = len(table.ids) > 1
    keys = [(stem, metric) for stem in table.stems for metric in table.metrics]
    facts = list(table.facts.items())

    def cell(row, key):
        return number(row[key]) if key in row else ""

    if layout in ("wide", "transposed", "titled"):
        header = ([id_header] if several else []) + [name for name, _ in facts]
        grid = [header + [f"{stem}_{metric}" for stem, metric in keys]]
        for study, row in zip(table.ids, table.values, strict=True):
            lead = ([study] if several else []) + [text for _, text in facts]
            grid.append(lead + [cell(row, key) for key in keys])
        if layout == "wide":
            return grid
        turned = [list(column) for column in zip(*grid, strict=True)]
        return turned if layout == "transposed" or several else [["", "0"], *turned]
    ids = [id_header] if several else []
    grid = []
    if layout == "metric rows":
        grid = [[*ids, "metric", *(name for name, _ in facts), *table.stems]]
        for study, row in zip(table.ids, table.values, strict=True):
            for metric in table.metrics:
                lead = [*([study] if several else []), metric, *(text for _, text in facts)]
                grid.append(lead + [cell(row, (stem, metric)) for stem in table.stems])
        return grid
    for study, row in zip(table.ids, table.values, strict=True):
        lead = [study] if several else []
        if layout == "metric columns":
            grid += [
                [*lead, stem, *(cell(row, (stem, metric)) for metric in table.metrics)]
                for stem in table.stems
            ]
        elif layout == "metric column":
            grid += [[*lead, stem, metric, cell(row, (stem, metric))] for stem, metric in keys]
        else:
            grid += [
                [*lead, f"{stem}_{metric}", cell(row, (stem, metric))] for stem, metric in keys
            ]
    headers = {
        "metric columns": ["region", *table.metrics],
        "metric column": ["region", "metric", "value"],
        "named": ["name", "value"],
    }
    return [ids + headers[layout], *grid]


def write(table: Table, layout: str, dialect: Dialect) -> bytes:
    """Give the bytes of a result file."""
    stream = io.StringIO(newline="")
    if dialect.comment:
        stream.write(f"# {dialect.comment}{dialect.newline}")
    csv.writer(
        stream,
        delimiter=dialect.delimiter,
        lineterminator=dialect.newline,
        quoting=csv.QUOTE_ALL if dialect.quoted else csv.QUOTE_MINIMAL,
    ).writerows(rows_of(table, layout, dialect))
    text = stream.getvalue()
    return (text if dialect.trailing else text.removesuffix(dialect.newline)).encode(
        dialect.encoding
    )
