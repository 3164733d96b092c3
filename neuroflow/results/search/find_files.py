"""Find the result files in a folder, whatever put them there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from neuroflow.contract import AGGREGATED
from neuroflow.errors import FolderError
from neuroflow.io import in_unicode, is_unicode
from neuroflow.results.reports import REPORT_FILES
from neuroflow.results.search.folder_files import (
    PICTURES,
    SHEETS,
    SUFFIX,
    VALUES,
    holds_results,
    sort_files,
    study_of,
)
from neuroflow.results.search.group_zips import GroupZips

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

Signature = tuple[int, int, int, int, int]
"""Of a file: its size, modification and change time (ns); and the times of the result folder it is
in, which change when a file comes or goes there (0 where they are of no use)."""
_NEVER = (0, 0)


class ValueFile(NamedTuple):
    """A file with values of regions."""

    path: str  # Where it is; text, for there may be many thousands
    source: str  # The same from the folder that was searched, with ``/``
    study_id: str  # From its folder's or its own name; empty for a report of many studies
    signature: Signature  # Shows that a file changed without reading it
    beside: str = ""  # The names of the reports in the same folder, with ``/`` between them
    # Where the values read from it before are, if it is unchanged; else -1.
    row: int = -1


Unchanged = Callable[[str, str], ValueFile | None]
"""Returns a folder's values as they are known, given its place below the one that is searched and
its path; None where it is to be looked at."""


@dataclass(slots=True)
class ReportFiles:
    """The files of the reports of one study."""

    study_id: str  # Whose
    texts: list[str] = field(default_factory=list)  # Paths of the files, the prediction's first
    pictures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # Files that are not read, by name
    # True where no folder states whose they are: the name begins with the service's order.
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds."""

    # Files with values, those of single studies first, in the order of their paths.
    values: tuple[ValueFile, ...]
    reports: dict[str, ReportFiles]  # Reports by study
    unreadable: tuple[str, ...] = ()  # Folders that could not be read, and why
    packed: tuple[str, ...] = ()  # ZIPs of results that could not be read, and why


def scan(folder: Path, unchanged: Unchanged | None = None, zips: GroupZips | None = None) -> Found:
    """Find all result files under a folder; with `zips`, also those in ZIPs of results."""
    is_file = os.path.isfile(folder)  # noqa: PTH113  pathlib raises below an unreadable folder
    if zips is not None and is_file and holds_results(folder):
        unpacked = zips.unpack(folder, folder.name)
        if unpacked is not None:
            return replace(scan(unpacked), packed=tuple(zips.left_out))
    if is_file:
        _refuse_archive(folder)
        match = VALUES.fullmatch(folder.name)
        study = (match["study"] or study_of(folder.absolute().parent.name)) if match else ""
        return Found(
            (ValueFile(str(folder), folder.name, study, _signature(folder.stat(), _NEVER)),), {}
        )
    search = _Search(folder, unchanged)
    search.run()
    packed = [name for name in search.archives if holds_results(folder / name)]
    if zips is not None:
        for name in packed:
            if (unpacked := zips.unpack(folder / name, name)) is not None:
                search.run(unpacked, f"{name}/")
        packed = zips.left_out
    found = Found(
        tuple(in_reading_order(search.values)),
        search.reports,
        tuple(search.unreadable),
        tuple(sorted(packed)),
    )
    has_reports = any(each.texts or each.pictures for each in found.reports.values())
    if not found.values and not has_reports and (search.archives or not found.reports):
        raise _no_results(folder, search.archives)
    return found


def _no_results(folder: Path, archives: Sequence[str]) -> FolderError:
    if archives:
        what, advice = "archives", "Unpack them"
        if min(archives).lower().endswith(SHEETS):
            what, advice = "Excel files", "Save them as CSV"
        return FolderError(
            f"There are no results in {folder}, but {what}.",
            why=f"There are {len(archives)}, for example {min(archives)}.",
            advice=f"{advice}, and read the folder again.",
        )
    return FolderError(
        f"There are no results in {folder}.",
        why="No aidp.csv, table of regions or report was found at any depth.",
        advice="Choose the folder that holds the result folders.",
    )


def _refuse_archive(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:  # the reader reports it
        return
    if start.startswith(_ARCHIVES):
        is_sheet = path.suffix.lower().startswith(".xls")
        raise FolderError(
            f"{path} is {'an Excel file' if is_sheet else 'an archive'}.",
            why="Results are read from folders and text files.",
            advice="Save it as CSV." if is_sheet else "Unpack it, and choose the resulting folder.",
        )


def in_reading_order(files: list[ValueFile]) -> list[ValueFile]:
    """Put files into the order in which a study's values are looked for."""
    files.sort(key=_originals_first)
    own = [file for file in files if file.study_id and SUFFIX in file.source]
    other = [file for file in files if file.study_id and SUFFIX not in file.source]
    many = [file for file in files if not file.study_id]
    many.sort(key=_by_time, reverse=True)
    return own + other + many


def _originals_first(file: ValueFile) -> str:
    return file.source.replace(" (", "~(")  # "aidp (1).csv" comes after "aidp.csv"


def _by_time(file: ValueFile) -> int:
    return file.signature[1]


class _Search:
    """One walk through a folder."""

    def __init__(self, folder: Path, unchanged: Unchanged | None) -> None:
        self._folder = folder
        self._unchanged = unchanged
        self.values: list[ValueFile] = []
        self.reports: dict[str, ReportFiles] = {}
        self.unreadable: list[str] = []
        self.archives: list[str] = []

    def run(self, start: Path | None = None, above: str = "") -> None:
        """Look through the folder, or through another one in its place."""
        start = (start or self._folder).absolute()
        is_zip = start.suffix.lower() == ".zip"
        waiting = [
            (
                str(start) if above else str(self._folder),
                start.stem if is_zip else start.name,
                above,
            )
        ]
        seen = {start.resolve()}
        while waiting:
            place, name, inside = waiting.pop()
            times = self._times(place, name)  # before the listing, to notice what comes meanwhile
            try:
                entries = list(os.scandir(place))
            except OSError as error:
                if not inside:
                    raise _no_folder(self._folder, error) from error
                if not isinstance(error, FileNotFoundError):  # what went meanwhile is not missed
                    self.unreadable.append(f"{inside} ({error.strerror})")
                continue
            files = []
            holds_many = AGGREGATED in inside.split("/")
            for entry in entries:
                if not is_unicode(entry.name):
                    self.unreadable.append(
                        f"{inside}{in_unicode(entry.name)} (its name is not Unicode)"
                    )
                elif entry.is_dir():
                    times = _NEVER  # what comes deeper down does not show in this folder's times
                    holds_many = holds_many or entry.name.endswith(SUFFIX)
                    below = f"{inside}{entry.name}/"
                    if self._is_unchanged(entry.path, entry.name, below):
                        continue
                    if not _is_link_back(entry, seen):
                        waiting.append((entry.path, entry.name, below))
                elif entry.name[0] != ".":
                    files.append(entry)
            holds_many = holds_many and not name.endswith(SUFFIX)
            self._look(place, "" if holds_many else name, inside, files, times)

    def _times(self, place: str, name: str) -> tuple[int, int]:
        """Return when a result folder's entries changed, where that is of use."""
        if self._unchanged is None or not name.endswith(SUFFIX):
            return _NEVER
        try:
            stat = os.stat(place)  # noqa: PTH116  thousands of them
        except OSError:  # the listing reports it
            return _NEVER
        return stat.st_mtime_ns, stat.st_ctime_ns

    def _is_unchanged(self, place: str, name: str, below: str) -> bool:
        """Take a folder's entries as they are known, if nothing came or went since."""
        before = self._unchanged(below, place) if self._unchanged is not None else None
        if before is None:
            return False
        self.values.append(before)
        if before.beside:
            self._add_reports(place, study_of(name), before.beside.split("/"))
        return True

    def _look(
        self,
        place: str,
        name: str,
        inside: str,
        entries: list[os.DirEntry[str]],
        times: tuple[int, int],
    ) -> None:
        """Keep the files of one folder; one without a name holds files of many studies."""
        found = sort_files(name, entries)
        study = study_of(name)
        self.archives += [inside + file for file in found.archives]
        beside = sorted([*found.reports, *(found.others if found.is_result else ())])
        if found.is_result and beside:
            self._add_reports(place, study, beside)
        for order, files in found.loose.items():
            self._add_reports(place, order, files, is_loose=True)
        if len(found.values) > 1 or (found.values and found.values[0][1] != study):
            times = _NEVER  # only the usual result folder is worth remembering
        for entry, owner in found.values:
            with suppress(FileNotFoundError):  # it went meanwhile, or is a link to nothing
                signature = _signature(entry.stat(), times)
                source = inside + entry.name
                self.values.append(
                    ValueFile(entry.path, source, owner, signature, "/".join(beside))
                )

    def _add_reports(
        self, place: str, study: str, files: Sequence[str], *, is_loose: bool = False
    ) -> None:
        report = self.reports.setdefault(study, ReportFiles(study, is_loose=is_loose))
        report.is_loose = report.is_loose and is_loose
        for file in sorted(files, key=_prediction_first):
            path = f"{place}{os.sep}{file}"
            if file.lower().endswith(REPORT_FILES):
                report.texts.append(path)
            elif file.lower().endswith(PICTURES):
                report.pictures.append(path)
            else:
                report.others.append(file)


def _is_link_back(entry: os.DirEntry[str], seen: set[Path]) -> bool:
    """Check for a link to a folder that was visited before."""
    if not entry.is_symlink():
        return False
    real = Path(entry.path).resolve()
    if real in seen:
        return True
    seen.add(real)
    return False


def _no_folder(folder: Path, error: OSError) -> FolderError:
    if isinstance(error, FileNotFoundError):
        return FolderError(f"There is no folder {folder}.", advice="Check the path.")
    return FolderError(
        f"{folder} cannot be searched.",
        why=f"{error.strerror}.",
        advice="Check the permissions.",
    )


def _prediction_first(file: str) -> tuple[bool, str]:
    return not file.lower().startswith("prediction"), file


def _signature(stat: os.stat_result, times: tuple[int, int]) -> Signature:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, *times
