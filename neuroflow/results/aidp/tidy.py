"""What people and programs put around a table: footers, units, headings in two rows, summaries.

Each is recognised by its own words, never by its place alone, and what is left out is named in the
warnings of the file. What is not recognised stays, and is refused where it makes no table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from neuroflow.io import is_number
from neuroflow.matrix import is_region, metric_name
from neuroflow.results.warning_kinds import WarningKind

_UNITS = frozenset(
    {
        *("fraction", "[1]", "(1)", "%", "[%]", "(%)", "percent", "prozent", "a.u.", "au", "ratio"),
        *("unitless", "dimensionless", "[-]", "(-)", "unit", "units", "einheit", "unité", "none"),
        *("years", "year", "[years]", "jahre", "ans", "text", "string", "anteil", "[fraction]"),
        *("mm2/s", "mm²/s", "mm^2/s", "µm²/ms", "um2/ms", "μm²/ms", "µm2/ms", "[mm²/s]", "[mm2/s]"),
    }
)
_EMPTY_UNITS = frozenset({"", "-", "1", "–"})
_STATISTICS = frozenset(
    {"mean", "average", "std", "sd", "stdev", "median", "min", "max", "mittelwert", "moyenne", "n"}
)
_CENTRE = frozenset({"mean", "average", "avg", "mittelwert", "mittel", "moyenne"})
_SUMMARIES = _CENTRE | frozenset(
    {
        *("sd", "std", "stdev", "standarddeviation", "sem", "standardabweichung", "écarttype"),
        *("ecarttype", "meansd", "groupmean", "grandmean", "groupsd"),
    }
)
_BESIDE_SUMMARIES = frozenset(
    {"median", "min", "max", "minimum", "maximum", "n", "count", "sum", "total", "iqr", "range"}
)
_PERCENT = re.compile(r"\s*[(\[]?\s*(%|percent|prozent)\s*[)\]]?", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(by|notes?|generated|created|made|reports?|source|copyright|version|printed|page|date)\b",
    re.I,
)
_WORDS = re.compile(r"\w+[\s.,:]+\w+|[.:]$")  # two words, or the end of a sentence


@dataclass(frozen=True, slots=True)
class Tidied:
    """A table without what stands around it."""

    rows: list[list[str]]
    lines: list[int]
    percent: frozenset[int]  # The columns that are in percent by their heading or unit
    notes: list[str]  # What was left out


def without_footer(rows: list[list[str]], regions: Sequence[str]) -> tuple[int, list[str]]:
    """Return how many rows are left without the sentences below a table, and those sentences."""
    end, width = len(rows), max(map(len, rows))
    while end > 2 and _is_sentence(rows[end - 1], width, regions):
        end -= 1
    return end, [", ".join(filter(None, row)) for row in rows[end:]]


def _is_sentence(row: Sequence[str], width: int, regions: Sequence[str]) -> bool:
    cells = [cell for cell in row if cell]
    if not cells or len(cells) > width or any(map(is_region, cells)):
        return False
    if len(cells) >= max(width, 2) and not _ABOUT.search(cells[0]):  # as long as a row
        return False
    if any(map(is_number, cells)) or not any(map(_WORDS.search, cells)):
        return False
    last = cells[-1].casefold()
    return not any(region.startswith(last) for region in regions)  # cut off in a name


def tidy(rows: list[list[str]], lines: list[int]) -> Tidied:
    """Join headings in two rows, and leave out units and summaries; all rows are equally long."""
    percent: set[int] = set()
    notes: list[str] = []
    if len(rows) > 2 and (heading := _joined(rows[0], rows[1])) is not None:
        rows, lines = [heading, *rows[2:]], [lines[0], *lines[2:]]
    if len(rows) > 2 and _is_units(rows[0], rows[1]):
        percent |= {j for j, cell in enumerate(rows[1]) if _PERCENT.fullmatch(cell)}
        rows, lines = [rows[0], *rows[2:]], [lines[0], *lines[2:]]
    if any("%" in cell or "ercent" in cell or "rozent" in cell for cell in rows[0]):
        marked = {j for j, cell in enumerate(rows[0]) if _PERCENT.search(cell)}
        if not any(map(is_number, rows[0])):
            percent |= marked
            heading = [
                _PERCENT.sub("", cell).strip() if j in marked else cell
                for j, cell in enumerate(rows[0])
            ]
            rows = [heading, *rows[1:]]
    if out := _summaries(rows):
        named = [next(filter(None, rows[i])) for i in out]
        notes.append(f"{WarningKind.SUMMARY_ROWS}: {', '.join(named)}")
        kept = [i for i in range(len(rows)) if i not in set(out)]
        rows, lines = [rows[i] for i in kept], [lines[i] for i in kept]
    return Tidied(rows, lines, frozenset(percent), notes)


def _plain(cell: str) -> str:
    if any(map(str.isdigit, cell)):  # N00 and SD01 are ids of studies
        return cell
    return "".join(filter(str.isalpha, cell.casefold()))


def _is_units(heading: Sequence[str], row: Sequence[str]) -> bool:
    """Check for a row of units below the heading."""
    cells = ["".join(cell.casefold().split()) for cell in row]
    if not any(cell in _UNITS for cell in cells):
        return False
    if not all(cell in _UNITS or cell in _EMPTY_UNITS for cell in cells):
        return False
    return any(is_region(cell) or metric_name(_PERCENT.sub("", cell)) for cell in heading)


def _joined(first: Sequence[str], second: Sequence[str]) -> list[str] | None:
    """Join two rows of headings: regions above metrics, or metrics above regions or statistics."""
    if any(map(is_number, (*first, *second))):
        return None
    below = [cell for cell in second if cell]
    above = [cell for cell in first if cell]
    are_metrics = len(below) > 1 and all(map(metric_name, below))
    are_statistics = len(below) > 1 and all(_plain(cell) in _STATISTICS for cell in below)
    are_regions = sum(map(is_region, below)) > 1
    has_regions = any(is_region(cell) for cell in above)
    has_metrics = any(metric_name(cell) for cell in above)
    is_first = are_metrics and has_regions
    if not (is_first or (has_metrics and not has_regions and (are_statistics or are_regions))):
        return None
    joined, over = [], ""
    for top, bottom in zip(first, second, strict=True):
        over = top or over
        if not bottom:
            joined.append(top)
        elif is_first or are_statistics:
            joined.append(f"{over} {bottom}" if are_statistics else f"{over}_{bottom}")
        else:
            joined.append(f"{bottom}_{over}" if metric_name(over) else bottom)
    return joined


def _summaries(rows: Sequence[Sequence[str]]) -> list[int]:
    """Find the rows of means and standard deviations of all studies."""
    first = [row[0] or next(filter(None, row), "") for row in rows]
    known = {cell: _plain(cell) for cell in set(first)}
    words = [known[cell] for cell in first]
    found = [i for i, word in enumerate(words) if i and word in _SUMMARIES]
    if not found:
        return []
    found += [i for i, word in enumerate(words) if i and word in _BESIDE_SUMMARIES]
    if len(found) < len(rows) - 1:
        return sorted(found)
    centre = [i for i in found if words[i] in _CENTRE]  # a report of one study, as mean and SD
    return sorted(set(found) - set(centre)) if len(centre) == 1 else []
