"""Walk through a folder of scans: every file once, without what systems leave behind."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePath

from neuroflow.io import in_unicode, is_unicode
from neuroflow.studies.discovery.grouping import Skipped
from neuroflow.studies.filenames import role

STUDIES_TABLE = "studies.tsv"
IGNORED_FILES = frozenset({"thumbs.db", "desktop.ini", "icon\r", STUDIES_TABLE, "participants.tsv"})
"""Files that are not scans and are not reported as skipped."""
DATASET = "dataset_description.json"
DERIVATIVES = "derivatives"
NOT_UNICODE = "name is not Unicode: rename it"
NOT_HERE = "content is not here (git-annex): run `datalad get` for it"


def walk(root: Path, skipped: list[Skipped]) -> Iterator[str]:
    """Yield every file, following each link once; hidden names are skipped."""
    pending, seen = [root], {os.path.realpath(root)}
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            skipped.append(Skipped(folder, f"folder cannot be read: {error.strerror}"))
            continue
        if folder.name == DERIVATIVES and (folder.parent / DATASET).exists():
            skipped.append(Skipped(folder, "derivatives of a BIDS dataset"))
            continue
        for entry in _usable(entries, folder, skipped):
            kind = _kind(entry)
            if kind == "folder":
                real = os.path.realpath(entry.path)
                if real in seen:
                    skipped.append(Skipped(Path(entry.path), "link to a folder already searched"))
                    continue
                seen.add(real)
                pending.append(Path(entry.path))
            elif kind == "file":
                if entry.name.lower() not in IGNORED_FILES:
                    yield entry.path
            else:
                reason = _broken(entry.path)
                if reason == NOT_HERE and role(entry.name) not in (None, "image"):
                    yield entry.path  # the check of its image states what is missing
                else:
                    skipped.append(Skipped(Path(entry.path), reason))


def _usable(
    entries: Iterable[os.DirEntry[str]], folder: Path, skipped: list[Skipped]
) -> Iterator[os.DirEntry[str]]:
    for entry in entries:
        if is_litter(entry.name):
            continue
        if is_unicode(entry.name):
            yield entry
        else:
            skipped.append(Skipped(folder / in_unicode(entry.name), NOT_UNICODE))


def _broken(path: str) -> str:
    try:
        target = os.readlink(path)  # noqa: PTH115
    except OSError:
        target = ""
    if "annex/objects" in target.replace(os.sep, "/"):
        return NOT_HERE
    return "broken link, or not a file"


def is_litter(name: str) -> bool:
    """Check for a hidden file or folder, or one that macOS adds to archives."""
    return name.startswith((".", "__MACOSX"))


def names_of_scans(names: Iterable[str]) -> list[str]:
    """Choose the names in an archive by the rules of folders."""
    every = sorted(names)
    datasets = {PurePath(name).parent for name in every if PurePath(name).name == DATASET}
    return [name for name in every if _is_scan(PurePath(name), datasets)]


def _is_scan(name: PurePath, datasets: Collection[PurePath]) -> bool:
    if any(map(is_litter, name.parts)) or name.name.lower() in IGNORED_FILES:
        return False
    return not any(
        part == DERIVATIVES and PurePath(*name.parts[:level]) in datasets
        for level, part in enumerate(name.parts)
    )


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else ""
    except OSError:  # a link that leads to itself
        return ""
