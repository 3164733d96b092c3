"""Modification times, to notice what other programs write into a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Mtimes = tuple[int, ...]


def mtimes(folder: Path, names: Iterable[str]) -> Mtimes:
    """Return the modification times of files or folders in ns; 0 if missing.

    >>> mtimes(Path("no-such-folder"), ["a", "b"])
    (0, 0)
    """
    return tuple(_mtime(folder / name) for name in names)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
