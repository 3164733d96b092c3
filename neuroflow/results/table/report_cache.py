"""Reports as they were read before, so that only new and changed files are opened.

The cache holds nothing that cannot be read again: any doubt about it, or a disk that cannot hold
a database, ends it silently.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from neuroflow.io import is_unicode, private_mode
from neuroflow.results.reports import Report, pack, read_report, unpack

FILE_NAME = "reports.sqlite"
_TIMEOUT = 2.0  # seconds to wait for another process; then the cache is not used
_TABLE = """
CREATE TABLE IF NOT EXISTS reports
(path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, since INTEGER, what TEXT)
WITHOUT ROWID
"""
_LOOK_UP = "SELECT size, mtime_ns, ctime_ns, since, what FROM reports WHERE path = ?"
_Row = tuple[int, int, int, int, str]


class ReportCache:
    """Reads reports, those of a folder's cache without opening them."""

    def __init__(self, folder: Path, identity: str, since: int) -> None:
        self._path = folder / FILE_NAME
        self._identity = identity
        self._since = since  # What changed later than this is read again
        self._file = self._open()
        self._has_begun = self._file is not None
        self._new: dict[str, _Row] = {}

    def read(self, text: str) -> Report:
        """Read one report, or take it as it is known."""
        try:
            stat = os.stat(text)  # noqa: PTH116  thousands of them
        except OSError:  # reading reports it
            return read_report(text)
        times = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
        known = self._known(text)
        if known is not None and known[:3] == times and max(times[1:]) < known[3]:
            try:
                return unpack(known[4])
            except (ValueError, TypeError, KeyError):
                pass
        report = replace(read_report(text), text="")  # thousands are kept: none needs its text
        self._new[text] = (*times, self._since, pack(report))
        return report

    def save(self) -> None:
        """Keep what was read."""
        self._close()
        if not self._new:
            return
        rows = [(path, *row) for path, row in self._new.items() if is_unicode(path)]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _keep_private(self._path)
            with closing(sqlite3.connect(self._path, timeout=_TIMEOUT)) as file, file:
                if not self._has_begun:
                    file.execute("DROP TABLE IF EXISTS identity")
                    file.execute("DROP TABLE IF EXISTS reports")
                    file.execute("CREATE TABLE identity (name TEXT)")
                    file.execute("INSERT INTO identity VALUES (?)", (self._identity,))
                    file.execute(_TABLE)
                file.executemany("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?)", rows)
        except (OSError, sqlite3.Error):  # it is read again next time
            return

    def _open(self) -> sqlite3.Connection | None:
        if not self._path.is_file():
            return None
        file = None
        try:
            file = sqlite3.connect(self._path, timeout=_TIMEOUT)
            if file.execute("SELECT name FROM identity").fetchall() == [(self._identity,)]:
                return file
        except (OSError, sqlite3.Error):
            pass
        if file is not None:
            file.close()
        return None

    def _known(self, text: str) -> _Row | None:
        """Look one report up: all of them at once would take much memory."""
        if self._file is None or not is_unicode(text):
            return None
        try:
            found = self._file.execute(_LOOK_UP, (text,)).fetchone()
        except sqlite3.Error:  # damaged, or in use for long: the others are not looked up
            self._close()
            return None
        return None if found is None else tuple(found)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _keep_private(path: Path) -> None:
    """Let nobody else read the file, nor an older one: it holds contents of reports."""
    mode = private_mode(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, mode))
    with suppress(PermissionError):  # another member of the group made it
        path.chmod(mode)
