"""The SQLite file of the ledger: opening, validation, transactions and translated errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from neuroflow.errors import LedgerError

APPLICATION_ID = 0x6E_66_6C_67  # "nflg", in the header of the file
VERSION = 1

# Added to ledgers of every age; a version of neuroflow that does not know it passes over it.
_UPTIMES = """
CREATE TABLE IF NOT EXISTS uptimes (
    event_id INTEGER PRIMARY KEY REFERENCES events (id),
    boot_id  TEXT NOT NULL,
    seconds  REAL NOT NULL
) STRICT
"""


class LedgerFile:
    """One SQLite file, safe in several threads and several processes.

    References
    ----------
    SQLite, *Write-Ahead Logging* and *PRAGMA synchronous*, https://sqlite.org/wal.html
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._translated("opened"):
            self._db = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file from the first read to the commit, against threads and processes."""
        with self._transaction("written") as db:
            yield db

    def select(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock, self._translated("read"):
            return self._db.execute(query, values).fetchall()

    def pragma(self, name: str) -> object:
        """Return a setting of SQLite."""
        return self.select(f"PRAGMA {name}")[0][0]

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        """Make the tables in a new file; refuse a file that is not ours, and leave it as it is."""
        with self._transaction("opened") as db:
            is_new = not self.pragma("schema_version") and not self.pragma("application_id")
            if is_new:
                # executescript would commit the transaction that keeps other processes out.
                for statement in _statements(_schema()):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {VERSION}")
        if self.pragma("application_id") != APPLICATION_ID:
            raise _unusable(self.path, "It is a database of another program.")
        if self.pragma("user_version") != VERSION:
            raise _unusable(self.path, "It was made by a different version of neuroflow.")
        damage = self.pragma("quick_check")
        if damage != "ok":
            raise _unusable(self.path, f"It is damaged: {damage}.")
        self._db.execute(_UPTIMES)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def _transaction(self, verb: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated(verb):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(
                f"The ledger {self.path} cannot be {verb}.",
                why=f"SQLite says: {error}.",
                advice="Check the disk's free space and the folder's permissions; if the file is "
                "damaged, restore it from a backup. Do not delete it: it records what was sent.",
            ) from error


def _schema() -> str:
    return resources.files("neuroflow.ledger").joinpath("schema.sql").read_text(encoding="utf-8")


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, leaving triggers whole."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _unusable(path: Path, why: str) -> LedgerError:
    return LedgerError(
        f"{path} is not a ledger of neuroflow.",
        why=why,
        advice="Move it away, or choose another workspace folder.",
    )
