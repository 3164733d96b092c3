"""Completion of typed paths, and the contents of folders for the file picker."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

MAX_NAMES = 200
"""How many names are offered at most; a folder of scans may hold a million."""


def complete_path(typed: str, *, folders_only: bool = False) -> list[str]:
    """Return the paths that complete a typed one.

    Examples
    --------
    >>> complete_path("no-such-folder/x")
    []
    """
    folder, _, start = typed.rpartition("/") if "/" in typed else typed.rpartition(os.sep)
    if not folder and not typed.startswith(("/", os.sep)):
        return []
    parent = Path(os.path.expanduser(folder + os.sep))  # noqa: PTH111  pathlib raises for ~nobody
    return [str(path) for path in list_folder(parent, folders_only=folders_only, start=start)]


def list_folder(folder: Path, *, folders_only: bool = False, start: str = "") -> list[Path]:
    """List a folder, subfolders first; hidden names only if `start` begins with a dot."""
    try:
        with os.scandir(folder) as entries:
            # islice: listing a huge folder must not take minutes.
            found = [
                (not entry.is_dir(), entry.name)
                for entry in islice(entries, 50 * MAX_NAMES)
                if entry.name.lower().startswith(start.lower())
                and (start.startswith(".") or not entry.name.startswith("."))
                and (entry.is_dir() or not folders_only)
            ]
    except OSError:
        return []  # using the path itself reports what is wrong
    return [folder / name for _, name in sorted(found)[:MAX_NAMES]]
