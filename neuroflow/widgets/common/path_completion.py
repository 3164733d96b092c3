"""Completion of typed paths, and the contents of folders for the file picker."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

MAX_NAMES = 200
"""How many names complete a typed path at most."""
MAX_SHOWN = 2_000
"""How many names the picker lists at most; a browser draws each of them."""
MAX_READ = 100_000
"""How many names of a folder are read at most; a folder of scans may hold a million."""


def clean_path(typed: str) -> str:
    """Return a path as it was meant: one copied from Windows has quotes, a dragged one is a URL."""
    text = typed.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if not text.lower().startswith("file:///") or len(text) < 9:
        return typed
    from urllib.request import url2pathname  # only here: it takes time to load

    return url2pathname(text[len("file://") :])


def complete_path(typed: str, *, folders_only: bool = False) -> list[str]:
    """Return the paths that complete a typed one."""
    folder, _, start = typed.rpartition("/") if "/" in typed else typed.rpartition(os.sep)
    if not folder and not typed.startswith(("/", os.sep)):
        return []
    parent = Path(os.path.expanduser(folder + os.sep))  # noqa: PTH111  pathlib raises for ~nobody
    return [str(path) for path in list_folder(parent, folders_only=folders_only, start=start)]


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What a folder holds, as the picker lists it."""

    paths: tuple[Path, ...] = ()  # Folders first
    n_folders: int = 0  # How many of them are folders
    problem: str = ""  # Why nothing can be listed
    n_more: int = 0  # Names that are not listed
    is_huge: bool = False  # Not all names were read

    @property
    def remark(self) -> str:
        """What the user has to know about the list; often nothing."""
        if self.problem:
            return f"This folder cannot be read: {self.problem}."
        if self.is_huge:
            return f"The folder is huge: some of its names are not listed. {_TYPE}"
        return f"{self.n_more:,} more names are not listed. {_TYPE}" if self.n_more else ""


_TYPE = "Type the path above to find them."


def list_folder(folder: Path, *, folders_only: bool = False, start: str = "") -> list[Path]:
    """List some of a folder, subfolders first; hidden names only if `start` begins with a dot."""
    contents = read_folder(folder, folders_only=folders_only, start=start)
    return list(contents.paths[:MAX_NAMES])  # using the path itself reports what is wrong


def read_folder(folder: Path, *, folders_only: bool = False, start: str = "") -> FolderContents:
    """Return what a folder holds, without hidden names unless `start` begins with a dot."""
    try:
        with os.scandir(folder) as entries:
            # islice: listing a huge folder must not take minutes.
            read = [
                (not entry.is_dir(), entry.name)
                for entry in islice(entries, MAX_READ)
                if entry.name.lower().startswith(start.lower())
                and (start.startswith(".") or not entry.name.startswith("."))
            ]
            is_huge = next(entries, None) is not None
    except OSError as error:
        return FolderContents(problem=error.strerror or type(error).__name__)
    found = sorted(each for each in read if not (folders_only and each[0]))
    shown = found[:MAX_SHOWN]
    return FolderContents(
        tuple(folder / name for _, name in shown),
        n_folders=sum(not is_file for is_file, _ in shown),
        n_more=len(found) - len(shown),
        is_huge=is_huge,
    )


def starting_places() -> list[tuple[str, Path]]:
    """Return where to begin to look, by name: the home folder, and disks and shares."""
    places = [("Home folder", Path.home())]
    if sys.platform == "win32":
        drives = (Path(f"{letter}:\\") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return [*places, *((f"Drive {drive}", drive) for drive in drives if drive.exists())]
    places.append(("Whole computer (/)", Path("/")))
    above = [Path("/Volumes")] if sys.platform == "darwin" else [Path("/mnt"), Path("/media")]
    above += [path for place in above if place.name == "media" for path in read_folder(place).paths]
    disks = [path for place in above for path in read_folder(place, folders_only=True).paths]
    return [*places, *((f"Disk {path}", path) for path in disks if os.path.ismount(path))]
