"""Sort the files of one folder: values, reports, further files; by names, tables by content."""

from __future__ import annotations

import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from neuroflow.io import find_encoding
from neuroflow.matrix import is_region
from neuroflow.results.aidp import ID_HEADERS, VALUE_HEADERS, header_metric, plain
from neuroflow.results.reports import REPORT_FILES

SUFFIX = "_out"
_AGAIN = r"(?: ?\(\d{1,3}\))?"  # what browsers and Windows add to a name that is there already
VALUES = re.compile(rf"(?:(?P<study>.+)[ _.-])?aidp{_AGAIN}\.csv", re.IGNORECASE)
_OUT = re.compile(rf"{SUFFIX}{_AGAIN}\Z")
_TABLES = (".csv", ".tsv")
READ = (*_TABLES, *REPORT_FILES)
"""Endings of the files that are opened."""
PICTURES = (".png", ".jpg", ".jpeg")
_LOOSE = re.compile(
    rf"(?P<order>.+)_(?:report|failure){_AGAIN}\.(?P<kind>txt|json|xml|png|jpe?g|csv|tsv)",
    re.IGNORECASE,
)
"""What the portal and the API of neuropacs call the files that are downloaded one by one."""
_LONG_HEADERS = {"region", "regions", "roi", "rois", "brainregion"}
_OWN_HEADERS = {"regionname", "kind", "system"}  # an exported cohort table is no result
_PACKED = (".zip", ".gz", ".tgz", ".7z", ".rar", ".tar", ".xz", ".bz2")
SHEETS = (".xlsx", ".xls")
_PEEK = 1 << 16  # bytes: enough for a header of some hundred regions
_PEEK_LINES = 20
MAX_MEMBERS = 100_000
"""Names in a ZIP that are looked at."""


@dataclass(slots=True)
class FolderFiles:
    """The files of one folder by kind."""

    is_result: bool  # True where the folder belongs to one study
    values: list[tuple[os.DirEntry[str], str]] = field(default_factory=list)  # And whose
    reports: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # That are not read
    loose: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # By order
    archives: list[str] = field(default_factory=list)  # Archives and Excel files


def sort_files(name: str, entries: Sequence[os.DirEntry[str]]) -> FolderFiles:
    """Sort the files of a folder; one without a name holds files of many studies."""
    found = FolderFiles(name.endswith(SUFFIX) or (name != "" and _has_own_values(entries)))
    tables = []
    for entry in entries:
        kind = entry.name[entry.name.rfind(".") :].lower()
        match = VALUES.fullmatch(entry.name) if kind == ".csv" else None
        if match is not None:
            found.values.append((entry, match["study"] or study_of(name)))
        elif kind not in _TABLES:
            _sort_other(found, entry.name, kind)
        elif found.is_result or _LOOSE.fullmatch(entry.name):
            tables.append(entry)
        elif _is_report_of_many(Path(entry.path)):
            found.values.append((entry, ""))
        else:
            found.others.append(entry.name)
    if name and "prediction.txt" in map(str.lower, found.reports):
        found.is_result = True
    has_values = found.is_result and bool(found.values)  # then the usual file counts
    for entry in sorted(tables, key=lambda entry: entry.name):
        named = _LOOSE.fullmatch(entry.name)
        study = study_of(name) if found.is_result else named["order"] if named else ""
        if study and not has_values and _has_regions(Path(entry.path)):
            found.values.append((entry, study))
        else:
            found.others.append(entry.name)
    return found


def holds_results(path: Path) -> bool:
    """Check whether an archive is a ZIP of results, as the portal makes it of a group."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()[:MAX_MEMBERS]]
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False
    return any(
        VALUES.fullmatch(name) or _LOOSE.fullmatch(name) or name.lower() == "prediction.txt"
        for name in names
    )


def _has_own_values(entries: Sequence[os.DirEntry[str]]) -> bool:
    """Check for values that a folder's name assigns to a study."""
    matches = (VALUES.fullmatch(entry.name) for entry in entries)
    return any(match is not None and match["study"] is None for match in matches)


def study_of(folder_name: str) -> str:
    """Return the study that a folder's name states."""
    if folder_name.endswith(SUFFIX):  # nearly all
        return folder_name.removesuffix(SUFFIX) or folder_name
    return _OUT.sub("", folder_name) or folder_name


def _sort_other(found: FolderFiles, file: str, kind: str) -> None:
    if not found.is_result and (named := _LOOSE.fullmatch(file)):
        found.loose[named["order"]].append(file)
    elif kind in REPORT_FILES or kind in PICTURES:
        found.reports.append(file)
    else:
        found.others.append(file)
        if kind in (*_PACKED, *SHEETS):
            found.archives.append(file)


def _has_regions(path: Path) -> bool:
    """Check whether a table names regions, in its header or down its first column."""
    rows = _first_rows(path)
    header = [name for row in rows[:1] for name in row]
    first = [row[0] for row in rows[1:]]
    return sum(map(is_region, header)) > 1 or sum(map(is_region, first)) > 1


def _first_rows(path: Path) -> list[list[str]]:
    """Return the cells of a table's first lines; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_PEEK)
            text = data.decode(find_encoding(data), errors="replace").lstrip("\ufeff")
    except OSError:  # nothing states that it is one
        return []
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [
        [cell.strip().strip('"') for cell in re.split(r"[,;\t]", line)]
        for line in islice(lines, _PEEK_LINES)
    ]


def _is_report_of_many(path: Path) -> bool:
    """Check for a table of results: an id column, and a header of regions or values."""
    cells = next(iter(_first_rows(path)), [])
    headers = {plain(cell) for cell in cells}
    if not headers & set(ID_HEADERS) or headers >= _OWN_HEADERS:
        return False
    is_long = bool(headers & _LONG_HEADERS) and any(
        header_metric(cell) or plain(cell) in VALUE_HEADERS for cell in cells
    )
    return is_long or sum(map(is_region, cells)) > 1
