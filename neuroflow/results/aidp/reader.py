"""Read one aidp.csv: its values with regions resolved, its facts, and warnings.

Nothing is guessed and nothing dropped: a value that is no number, a region given twice, a value
outside its range, an unknown name or an unusual count is kept as far as possible and reported
in the warnings. A file that cannot be read is one `AidpError`, naming the file and the line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from math import isnan
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import AidpError
from neuroflow.io import (
    MAX_TABLE_BYTES,
    decimal_mark,
    in_megabytes,
    is_missing,
    is_number,
    other_mark,
    to_floats,
)
from neuroflow.matrix import EXPECTED_VALUES, FRACTIONS, MISSING_CODES, REGION_COLUMNS, RegionName
from neuroflow.results.aidp.grid import CsvGrid, read_grid
from neuroflow.results.aidp.layouts import read_sheet
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import ParsedSheet
from neuroflow.results.aidp.template import Template, make_template
from neuroflow.results.warning_kinds import WarningKind

_SHOWN = 5  # examples per warning; the count is always given
_USUAL_BYTES = 1 << 16  # more than the file of one study has
_PATIENCE = 32  # files that all differ are not worth a pattern each
_KINDS = 8  # more kinds of files than this in one cohort are read, but without the shortcut


@dataclass(frozen=True, slots=True, eq=False)
class AidpFile:
    """What one result file holds."""

    path: str | Path  # The file
    names: tuple[RegionName, ...]  # Its values' regions, sides and metrics, each once
    values: npt.NDArray[np.float64]  # Shape (studies, names); NaN where there is no number
    ids: tuple[str, ...]  # The studies' ids as the file has them; empty where it has none
    facts: tuple[Mapping[str, str], ...]  # For each study, what is no value of a region, as written
    layout: str  # ``"long"``, ``"wide"`` or ``"transposed"``
    delimiter: str  # How it was written
    decimal: str
    encoding: str
    comments: tuple[str, ...]  # Comment lines and titles
    sha256: str  # The file's digest, in hexadecimal
    warnings: tuple[tuple[str, ...], ...]  # For each study, what is unexpected in it
    id_name: str = ""  # The fact that `ids` were taken from; empty where there is none

    @property
    def records(self) -> pd.DataFrame:
        """One row per study and value: ``id``, region columns, ``metric``, ``value``."""
        studies = len(self.ids)
        frame = {"id": np.repeat(np.array(self.ids, dtype=object), len(self.names))}
        for column in REGION_COLUMNS:
            frame[column] = np.tile(
                np.array([getattr(name, column) for name in self.names], dtype=object), studies
            )
        return pd.DataFrame(frame).assign(value=self.values.ravel())


class AidpReader:
    """Reads many result files; the second of a kind costs a fraction of the first."""

    def __init__(self, schema: Schema | None = None) -> None:
        self.schema = schema or Schema()
        self._kinds: list[tuple[Template, AidpFile]] = []
        self._in_vain = 0  # files read the long way since the shortcut last paid

    def read(self, path: str | Path) -> AidpFile:
        """Read a file; see `read_aidp`."""
        try:
            with FileIO(path) as file:  # no buffer: it is read at once
                data = file.read(_USUAL_BYTES) or b""
                if len(data) == _USUAL_BYTES:  # room for the largest is asked for only then
                    data += file.read(MAX_TABLE_BYTES + 1 - _USUAL_BYTES) or b""
        except OSError as error:
            raise AidpError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
        if len(data) > MAX_TABLE_BYTES:
            raise AidpError(
                f"{path} cannot be read.",
                why=f"It has more than {in_megabytes(MAX_TABLE_BYTES)}; a report of 20,000 "
                "studies has half of that.",
                advice="Download it again, or split it.",
            )
        return self.parse(data, path)

    def parse(self, data: bytes, path: str | Path) -> AidpFile:
        """Read a file's bytes; `path` is for messages."""
        for position, (template, first) in enumerate(self._kinds):
            found = template.match(data)
            if found is not None:
                self._in_vain = 0
                if position:  # the last that fitted is tried first
                    self._kinds.insert(0, self._kinds.pop(position))
                return _refill(first, data, path, *found)
        grid = read_grid(data, path, self.schema)
        sheet = read_sheet(grid, self.schema)
        file = _fill(grid, sheet, data, self.schema)
        self._in_vain += 1
        if self._in_vain > _PATIENCE or b"%" in data or not _is_usual(file, sheet):
            return file
        made = make_template(data, grid, sheet)
        if made is not None:
            self._kinds = [(made, file), *self._kinds[: _KINDS - 1]]
        return file


def read_aidp(path: str | Path, schema: Schema | None = None) -> AidpFile:
    """Read one result file of any layout and dialect."""
    return AidpReader(schema).read(path)


def _fill(grid: CsvGrid, sheet: ParsedSheet, data: bytes, schema: Schema) -> AidpFile:
    texts = [["" if s is None else grid.text(s) for s in cells] for cells in sheet.cells]
    if grid.percent:
        texts = _with_percent(grid, sheet, texts)
    decimal = schema.decimal or decimal_mark(cell for row in texts for cell in row)
    values = _SheetValues(grid, sheet, texts, decimal)
    return AidpFile(
        path=grid.path,
        names=values.names,
        values=values.values,
        ids=tuple(sheet.ids),
        facts=tuple({name: grid.text(s) for name, s in row.items()} for row in sheet.facts),
        layout=sheet.layout,
        delimiter=grid.delimiter,
        decimal=decimal,
        encoding=grid.encoding,
        comments=grid.comments,
        sha256=hashlib.sha256(data).hexdigest(),
        warnings=values.warnings,
        id_name=sheet.id_name,
    )


def _with_percent(grid: CsvGrid, sheet: ParsedSheet, texts: list[list[str]]) -> list[list[str]]:
    """Add the sign to numbers below a heading with it, unless all of them are fractions."""
    below: dict[int, list[str]] = {}
    for cells, row in zip(sheet.cells, texts, strict=True):
        for cell, text in zip(cells, row, strict=True):
            if cell is not None and cell[1] in grid.percent and is_number(text):
                below.setdefault(cell[1], []).append(text)
    marked = {
        column
        for column, numbers in below.items()
        if not any("%" in text for text in numbers)
        and max(to_floats(numbers, decimal_mark(numbers)), default=0) > 1
    }
    return [
        [
            f"{text}%" if cell is not None and cell[1] in marked and is_number(text) else text
            for cell, text in zip(cells, row, strict=True)
        ]
        for cells, row in zip(sheet.cells, texts, strict=True)
    ]


def _is_usual(file: AidpFile, sheet: ParsedSheet) -> bool:
    """Check whether every value is there, once, and in its range."""
    fractions = [j for j, name in enumerate(file.names) if name.metric in FRACTIONS]
    inside = file.values[:, fractions]
    return (
        file.decimal == "."
        and len(file.names) == len(sheet.names)
        and bool(np.isfinite(file.values).all())
        and bool(((inside >= 0) & (inside <= 1)).all())
    )


def _refill(
    first: AidpFile, data: bytes, path: str | Path, values: list[float], facts: dict[str, str]
) -> AidpFile:
    """Make the record of a file that differs from the first of its kind in values and facts."""
    return AidpFile(
        path=path,
        names=first.names,
        values=np.array([values]),
        ids=(facts[first.id_name],) if first.id_name else first.ids,
        facts=(facts,),
        layout=first.layout,
        delimiter=first.delimiter,
        decimal=first.decimal,
        encoding=first.encoding,
        comments=first.comments,
        sha256=hashlib.sha256(data).hexdigest(),
        warnings=first.warnings,
        id_name=first.id_name,
    )


class _SheetValues:
    """The values of a sheet, each name once, and warnings about them."""

    def __init__(
        self, grid: CsvGrid, sheet: ParsedSheet, texts: list[list[str]], decimal: str
    ) -> None:
        self._grid = grid
        self._sheet = sheet
        self._texts = texts
        self.names = tuple(dict.fromkeys(sheet.names))
        found = np.array([to_floats(row, decimal) for row in texts])
        column = {name: j for j, name in enumerate(self.names)}
        self._columns: list[list[int]] = [[] for _ in self.names]
        for j, name in enumerate(sheet.names):
            self._columns[column[name]].append(j)
        self.values = found[:, [columns[0] for columns in self._columns]]
        self._respelt = self._other_mark(found, decimal)
        codes = self._missing_codes(found)
        found[codes] = np.nan
        fractions = [name.metric in FRACTIONS for name in sheet.names]
        outside = ((found < 0) | (found > 1)) & np.array(fractions)
        has_issue = ~np.isfinite(found).all(axis=1) | outside.any(axis=1)
        has_issue |= codes.any(axis=1)
        has_issue |= np.array([study in self._respelt for study in range(len(found))], dtype=bool)
        has_issue |= len(self.names) != len(sheet.names)
        has_issue |= np.array([any("%" in text for text in row) for row in texts], dtype=bool)
        about = (*sheet.warnings, *self._not_in_dictionary())
        usual = (*about, *_counted(len(self.names), len(self.names)))
        self.warnings = tuple(
            (*about, *self._issues(study, found[study], outside[study], codes[study]))
            if has_issue[study]
            else usual
            for study in range(len(found))
        )

    def _other_mark(self, found: npt.NDArray[np.float64], decimal: str) -> dict[int, list[int]]:
        """Read numbers with another decimal mark than most; return where they are."""
        respelt: dict[int, list[int]] = {}
        for study, column in zip(*np.nonzero(np.isnan(found)), strict=True):
            value = other_mark(self._texts[study][column], decimal)
            if not isnan(value):
                found[study, column] = value
                respelt.setdefault(int(study), []).append(int(column))
        return respelt

    def _missing_codes(self, found: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Find numbers that can only stand for a missing value."""
        coded = np.isin(found, MISSING_CODES)
        metrics = [name.metric for name in self._sheet.names]
        fractions = np.array([metric in FRACTIONS for metric in metrics], dtype=bool)
        diffusivity = np.array([metric == "MD" for metric in metrics], dtype=bool)
        return coded & (fractions | (diffusivity & (found < 0)))

    def _issues(
        self,
        study: int,
        row: npt.NDArray[np.float64],
        outside: npt.NDArray[np.bool_],
        codes: npt.NDArray[np.bool_],
    ) -> list[str]:
        texts, cells = self._texts[study], self._sheet.cells[study]
        other = [self._shown(study, j) for j in self._respelt.get(study, [])]
        warnings = self._listed(WarningKind.DECIMAL_MARK, other)
        coded = [self._shown(study, int(j)) for j in np.flatnonzero(codes)]
        warnings += self._listed(WarningKind.CODES, coded)
        is_bad = np.isnan(row) & ~codes
        bad = [int(j) for j in np.flatnonzero(is_bad) if not is_missing(texts[j])]
        warnings += self._listed(WarningKind.NO_NUMBER, [self._shown(study, j) for j in bad])
        shares = [j for j, x in enumerate(row) if "%" in texts[j] and not isnan(x)]
        warnings += self._listed(
            "percentages, read as fractions", [self._shown(study, j) for j in shares]
        )
        warnings += self._given_twice(study, row)
        far = [self._shown(study, int(j)) for j in np.flatnonzero(outside)]
        warnings += self._listed(WarningKind.OUTSIDE, far)
        percent = [int(j) for j in np.flatnonzero(outside) if 1 < row[j] <= 100]
        if len(percent) > len(far) / 2 and len(percent) > 1:
            shown = [self._shown(study, j) for j in percent]
            warnings += self._listed(WarningKind.PERCENT, shown)
        given = sum(any(cells[j] is not None for j in columns) for columns in self._columns)
        return warnings + _counted(given, int(np.isfinite(self.values[study]).sum()))

    def _given_twice(self, study: int, row: npt.NDArray[np.float64]) -> list[str]:
        """Resolve names given more than once: equal values count once, others are dropped."""
        cells = self._sheet.cells[study]
        same: list[str] = []
        different: list[str] = []
        for name, columns in enumerate(self._columns):
            there = [j for j in columns if cells[j] is not None]
            if len(there) < 2:
                self.values[study, name] = row[there[0]] if there else np.nan
                continue
            values = {float(row[j]) for j in there if np.isfinite(row[j])}
            self.values[study, name] = values.pop() if len(values) == 1 else np.nan
            shown = "; ".join(self._shown(study, j) for j in there)
            (different if values else same).append(shown)
        warnings = self._listed(WarningKind.CONTRADICTORY, different)
        return warnings + self._listed("found twice", same)

    def _not_in_dictionary(self) -> list[str]:
        unknown = [name.region for name in self.names if not name.known]
        return self._listed("not in the dictionary", list(dict.fromkeys(unknown)))

    def _shown(self, study: int, column: int) -> str:
        name, cell = self._sheet.names[column], self._sheet.cells[study][column]
        line = self._grid.lines[cell[0]] if cell is not None else 0
        return f"{name.region} {name.metric} {self._texts[study][column]!r} in line {line}"

    @staticmethod
    def _listed(what: str, examples: Sequence[str]) -> list[str]:
        if not examples:
            return []
        more = f", and {len(examples) - _SHOWN} more" if len(examples) > _SHOWN else ""
        return [f"{what} ({len(examples)}): {', '.join(examples[:_SHOWN])}{more}"]


def _counted(given: int, numbers: int) -> list[str]:
    warnings = [] if given == EXPECTED_VALUES else [f"{given} values, {EXPECTED_VALUES} expected"]
    return warnings + ([] if numbers == given else [f"{given - numbers} of {given} values missing"])
