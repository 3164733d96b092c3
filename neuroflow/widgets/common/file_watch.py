"""Whether another program has written into a workspace since it was looked at: nothing is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

LEDGER_FILES = ("ledger.sqlite", "ledger.sqlite-wal")
"""What changes in a workspace's folder when a study's state does."""

Mtimes = tuple[int, ...]


def mtimes(folder: Path, names: Iterable[str]) -> Mtimes:
    """Return what changes when one of some files or folders is written.

    Examples
    --------
    >>> mtimes(Path("no-such-folder"), LEDGER_FILES)
    (0, 0)
    """
    return tuple(_mtime(folder / name) for name in names)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
