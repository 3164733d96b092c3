"""Whether another program has written into a workspace since it was looked at: nothing is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

LEDGER = ("ledger.sqlite", "ledger.sqlite-wal")
"""What changes in a workspace's folder when a study's state does."""

Marks = tuple[int, ...]


def marks_of(folder: Path, names: Iterable[str]) -> Marks:
    """Return what changes when one of some files or folders is written.

    Examples
    --------
    >>> marks_of(Path("no-such-folder"), LEDGER)
    (0, 0)
    """
    return tuple(_changed(folder / name) for name in names)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
