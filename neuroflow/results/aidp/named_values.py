"""Sort the names of a file where every study has every name: wide and transposed layouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neuroflow.io import is_missing, is_number
from neuroflow.matrix import resolve
from neuroflow.results.aidp.grid import CsvGrid
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.sheet import ID_HEADERS, Cell, ParsedSheet, plain, required


def sort_names(
    grid: CsvGrid,
    schema: Schema,
    names: Sequence[str],
    studies: int,
    cell: Callable[[int, int], Cell],
) -> ParsedSheet:
    """Sort the names that every study has into values, facts and the id."""

    def texts(name: int) -> list[str]:
        return [grid.rows[r][c] for r, c in (cell(study, name) for study in range(studies))]

    values = [i for i, is_value in enumerate(_are_values(names, texts)) if is_value]
    facts = sorted({i for i, name in enumerate(names) if name} - set(values))
    if schema.id_column is None:
        id_name = _id_name(names, facts, texts)
    else:
        id_name = required(grid, names, schema.id_column)
    return ParsedSheet(
        [resolve(names[i]) for i in values],
        [[cell(study, i) for i in values] for study in range(studies)],
        [""] * studies if id_name is None else texts(id_name),
        [{names[i]: cell(study, i) for i in facts} for study in range(studies)],
        "" if id_name is None else names[id_name],
    )


def _are_values(names: Sequence[str], texts: Callable[[int], list[str]]) -> list[bool]:
    """Separate values from facts: a name outside the dictionary needs a metric or a side."""
    found = [resolve(name) for name in names]
    suffixed = any(name.suffix for name in found)

    def is_value(index: int) -> bool:
        name, cells = found[index], texts(index)
        if name.known:
            return True
        if name.suffix:
            return any(map(is_number, cells)) or all(map(is_missing, cells))
        # The side counts only where no name has a metric.
        return not suffixed and name.hemisphere in ("left", "right") and any(map(is_number, cells))

    return [is_value(index) for index in range(len(names))]


def _id_name(
    names: Sequence[str], candidates: Sequence[int], texts: Callable[[int], list[str]]
) -> int | None:
    """Choose the id: the first of `ID_HEADERS` that is unique for each study, else the first."""
    plains = {plain(names[i]): i for i in reversed(candidates)}
    found = [plains[header] for header in ID_HEADERS if header in plains]
    for i in found:
        if len(set(texts(i))) == len(texts(i)) and all(texts(i)):
            return i
    return found[0] if found else None
