"""Which result files a folder holds, however they came there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from neuroflow.errors import FolderError
from neuroflow.results.regions import is_region
from neuroflow.results.sheet import ID_HEADERS, VALUE_HEADERS, header_metric, plain

SUFFIX = "_out"
_VALUES = re.compile(r"(?:(?P<study>.+)[ _.-])?aidp\.csv", re.IGNORECASE)
_TABLES = (".csv", ".tsv")
_TEXTS = (".txt",)
_PICTURES = (".png", ".jpg", ".jpeg")
_LONG_HEADERS = {"region", "regions", "roi", "rois", "brainregion"}
_OWN_HEADERS = {"regionname", "kind", "system"}  # an exported cohort table is no result
_ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
    b"Rar!",
    b"\xd0\xcf\x11\xe0",
)
"""How zip (and .xlsx), gzip, 7z, bzip2, xz, rar files and old Excel files begin."""
_PEEK = 1 << 16  # bytes: enough for a header of some hundred regions


class ValueFile(NamedTuple):
    """A file with values of regions.

    Parameters
    ----------
    path
        Where it is; text, for there may be many thousands.
    source
        The same from the folder that was searched, with ``/``.
    study_id
        What its folder's or its own name says; empty for a report of many studies.
    signature
        Size, modification and change time (ns): what tells a changed file without reading it.
    """

    path: str
    source: str
    study_id: str
    signature: tuple[int, int, int]


@dataclass(slots=True)
class Report:
    """The reports of one study.

    Parameters
    ----------
    study_id
        Whose.
    texts, pictures
        The files, the prediction's first.
    """

    study_id: str
    texts: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds.

    Parameters
    ----------
    values
        Files with values, those of single studies first, in the order of their paths.
    reports
        Reports by study.
    unreadable
        Folders that could not be looked into, and why.
    """

    values: tuple[ValueFile, ...]
    reports: dict[str, Report]
    unreadable: tuple[str, ...] = ()


def scan(folder: Path) -> Found:
    """Find all result files under a folder.

    Parameters
    ----------
    folder
        A folder at any height above the results, a result folder itself, or a single file.

    Returns
    -------
    Found
        Every ``aidp.csv`` with the study its folder is named after (``_out`` dropped), every
        ``<study>_aidp.csv``, every other table that has a header of regions and an id column
        (a report of many studies), and the reports in result folders.

    Raises
    ------
    FolderError
        There is no such folder, it cannot be read, or it is an archive.
    """
    if folder.is_file():
        _refuse_archive(folder)
        match = _VALUES.fullmatch(folder.name)
        study = (match["study"] or _study_of(folder.absolute().parent.name)) if match else ""
        return Found((ValueFile(str(folder), folder.name, study, _signature(folder.stat())),), {})
    values: list[ValueFile] = []
    reports: dict[str, Report] = {}
    unreadable: list[str] = []
    for name, inside, entries in _walk(folder, unreadable):
        _look(name, inside, entries, values, reports)
    return Found(tuple(_in_order(values)), reports, tuple(unreadable))


def _refuse_archive(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:  # told by the reader
        return
    if start.startswith(_ARCHIVES):
        is_sheet = path.suffix.lower().startswith(".xls")
        raise FolderError(
            f"{path} is {'an Excel file' if is_sheet else 'an archive'}.",
            why="Results are read from folders and text files.",
            advice="Save it as CSV." if is_sheet else "Unpack it, and choose the folder it makes.",
        )


def _in_order(files: list[ValueFile]) -> list[ValueFile]:
    """Put result folders first, then other files of one study, then reports of many."""
    files.sort(key=attrgetter("source"))
    own = [file for file in files if file.study_id and SUFFIX in file.source]
    other = [file for file in files if file.study_id and SUFFIX not in file.source]
    return own + other + [file for file in files if not file.study_id]


def _walk(folder: Path, unreadable: list[str]) -> Iterator[tuple[str, str, list[os.DirEntry[str]]]]:
    """Give each folder's name, its path inside (ending in ``/``), and its files."""
    waiting = [(str(folder), folder.absolute().name, "")]
    seen = {folder.resolve()}
    while waiting:
        place, name, inside = waiting.pop()
        files = []
        try:
            entries = list(os.scandir(place))
        except OSError as error:
            if not inside:
                raise _no_folder(folder, error) from error
            if not isinstance(error, FileNotFoundError):  # what went meanwhile is not missed
                unreadable.append(f"{inside} ({error.strerror})")
            continue
        for entry in entries:
            if entry.is_dir():
                if entry.is_symlink():  # may lead back up
                    real = Path(entry.path).resolve()
                    if real in seen:
                        continue
                    seen.add(real)
                waiting.append((entry.path, entry.name, f"{inside}{entry.name}/"))
            elif entry.name[0] != ".":
                files.append(entry)
        yield name, inside, files


def _no_folder(folder: Path, error: OSError) -> FolderError:
    if isinstance(error, FileNotFoundError):
        return FolderError(f"There is no folder {folder}.", advice="Check the path.")
    return FolderError(
        f"{folder} cannot be searched.",
        why=f"{error.strerror}.",
        advice="Check the permissions.",
    )


def _look(
    name: str,
    inside: str,
    entries: list[os.DirEntry[str]],
    values: list[ValueFile],
    reports: dict[str, Report],
) -> None:
    """Sort the files of one folder."""
    is_result = name.endswith(SUFFIX)
    texts, pictures = [], []
    for entry in entries:
        file = entry.name
        kind = file[file.rfind(".") :].lower()
        match = _VALUES.fullmatch(file) if kind == ".csv" else None
        if match is not None:
            is_result = is_result or match["study"] is None
            study = match["study"] or _study_of(name)
            values += _value_file(entry, inside, study)
        elif kind in _TABLES and not is_result and _is_report_of_many(Path(entry.path)):
            values += _value_file(entry, inside, "")
        elif kind in _TEXTS:
            texts.append(Path(entry.path))
        elif kind in _PICTURES:
            pictures.append(Path(entry.path))
    is_result = is_result or any(path.name.lower() == "prediction.txt" for path in texts)
    if is_result and (texts or pictures):
        study = _study_of(name)
        report = reports.setdefault(study, Report(study))
        report.texts += sorted(texts, key=_prediction_first)
        report.pictures += sorted(pictures, key=_prediction_first)


def _prediction_first(path: Path) -> tuple[bool, str]:
    return not path.name.lower().startswith("prediction"), path.name


def _study_of(folder_name: str) -> str:
    return folder_name.removesuffix(SUFFIX) or folder_name


def _value_file(entry: os.DirEntry[str], inside: str, study_id: str) -> list[ValueFile]:
    try:
        signature = _signature(entry.stat())
    except FileNotFoundError:  # it went meanwhile, or is a link to nothing
        return []
    return [ValueFile(entry.path, inside + entry.name, study_id, signature)]


def _signature(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _is_report_of_many(path: Path) -> bool:
    """Tell a table of results from any other: an id column, and a header of regions or values."""
    try:
        with path.open("rb") as file:
            text = file.read(_PEEK).decode("utf-8", errors="replace").lstrip("\ufeff")
    except OSError:  # nothing says that it is one
        return False
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    cells = [cell.strip().strip('"') for cell in re.split(r"[,;\t]", next(lines, ""))]
    headers = {plain(cell) for cell in cells}
    if not headers & set(ID_HEADERS) or headers >= _OWN_HEADERS:
        return False
    is_long = bool(headers & _LONG_HEADERS) and any(
        header_metric(cell) or plain(cell) in VALUE_HEADERS for cell in cells
    )
    return is_long or sum(map(is_region, cells)) > 1
