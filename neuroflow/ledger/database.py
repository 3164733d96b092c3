"""The SQLite file of the ledger: opening, validation, transactions and translated errors."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path

from neuroflow.errors import LedgerError, LedgerLostError, Wording

APPLICATION_ID = 0x6E_66_6C_67  # "nflg", in the header of the file
VERSION = 1


class LedgerFile:
    """One SQLite file, safe in several threads and several processes.

    SQLite, *Write-Ahead Logging* and *PRAGMA synchronous*, https://sqlite.org/wal.html
    """

    def __init__(
        self,
        path: Path,
        *,
        # the file's, whatever the umask
        mode: int = 0o600,
        # The file is read into memory, as it is now.
        read_only: bool = False,
        # Asked once, when a new file is made: its answer is the fact ``made_beside`` for good.
        made_beside: Callable[[], str] = str,
    ) -> None:
        self.path = path
        self.is_read_only = read_only
        self._made_beside = made_beside
        self._lock = threading.RLock()
        with self._translated("opened"):
            if not read_only:
                _create(path, mode)
            self._db = sqlite3.connect(
                ":memory:" if read_only else path,
                timeout=30.0,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.row_factory = sqlite3.Row
            try:
                if read_only:
                    copy_read_only(path, self._db)
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file from the first read to the commit, against threads and processes."""
        if self.is_read_only:
            raise LedgerError(
                f"The ledger {self.path} can only be read.",
                why="The workspace cannot be written by this user, or not in this place.",
                advice="Do this where the workspace can be written.",
            )
        with self._transaction("written") as db:
            yield db

    def select(
        self, query: str, values: tuple[object, ...] | Mapping[str, object] = ()
    ) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock, self._translated("read"):
            return self._db.execute(query, values).fetchall()

    def pragma(self, name: str) -> object:
        """Return a setting of SQLite."""
        return self.select(f"PRAGMA {name}")[0][0]

    def checkpoint(self) -> None:
        """Bring everything into the main file, so that it is complete without its log."""
        with self._lock, self._translated("written"):
            # While another process reads, some may stay in the log until the next time.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

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
                for statement in statements("schema.sql"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {VERSION}")
        if self.pragma("application_id") != APPLICATION_ID:
            raise _unusable(self.path)
        if self.pragma("user_version") != VERSION:
            raise of_other_version(self.path, f"Its format is {self.pragma('user_version')}.")
        damage = self.pragma("quick_check")
        if damage != "ok":
            raise _damaged(self.path, str(damage))
        with self._transaction("opened") as db:
            for statement in statements("additions.sql"):
                db.execute(statement)
            if is_new:
                fact = ("made_beside", self._made_beside())
                db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", fact)
        if self.is_read_only:
            return
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
            code = getattr(error, "sqlite_errorcode", None)
            if code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise _damaged(self.path, str(error), verb) from error
            raise LedgerError(
                f"The ledger {self.path} cannot be {verb}.",
                why=f"SQLite reports: {error}.",
                advice="Check the disk's free space and the permissions of the folder and the "
                "file. Do not delete it: it records what was sent.",
            ) from error
        except OSError as error:
            raise LedgerError(
                f"The ledger {self.path} cannot be {verb}.",
                why=f"{error.strerror or error}.",
                advice="Check the permissions of the folder and the file.",
            ) from error


def _create(path: Path, mode: int) -> None:
    """Make a file that only those may read who are meant to; SQLite would follow the umask."""
    if str(path) == ":memory:":
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def copy_read_only(path: Path, target: sqlite3.Connection) -> None:
    """Copy a ledger, and what is only in its log, into `target` without writing beside it."""
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    with tempfile.TemporaryDirectory() as folder:
        source = path
        if has_log:  # SQLite would have to write an index beside it
            source = Path(shutil.copyfile(path, Path(folder) / path.name))
            shutil.copyfile(log, Path(folder) / log.name)
        uri = f"{source.absolute().as_uri()}?mode={'rw' if has_log else 'ro&immutable=1'}"
        with closing(sqlite3.connect(uri, uri=True)) as opened:
            opened.backup(target)


def statements(name: str) -> Iterator[str]:
    """Cut a script of this room into statements, leaving triggers whole."""
    script = resources.files("neuroflow.ledger").joinpath(name).read_text(encoding="utf-8")
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _damaged(path: Path, damage: str, verb: str = "used") -> LedgerLostError:
    return LedgerLostError(
        f"The ledger {path} cannot be {verb}: it is damaged, or not a ledger.",
        why=f"SQLite reports: {_first_line(damage)}.",
        advice=rebuild_advice(path.parent),
    )


def _first_line(damage: str) -> str:
    """Return the first of up to a hundred lines of SQLite's check, without its heading."""
    lines = [line for line in damage.splitlines() if line and not line.startswith("***")]
    return lines[0].rstrip(".") if lines else damage


def rebuild_advice(folder: Path) -> Wording:
    """Return how a ledger is made again, in the words of each front end."""
    keep = "Do not delete anything, and do not restore an older copy of the ledger: it would "
    why = f"{keep}list studies that were sent since as not sent."
    command = f"neuroflow rebuild {shlex.quote(str(folder))}"
    return Wording(
        f"Workspace.with_new_ledger({str(folder)!r}) and its rebuild() make it again from the "
        f"packages and the server; nothing is sent. {why}",
        cli=f"`{command}` makes it again from the packages and the server; nothing is sent. {why}",
        form=f"Run `{command}` in a terminal: it makes the ledger again from the packages and the "
        f"server; nothing is sent. {why}",
    )


def _unusable(path: Path) -> LedgerError:
    return LedgerError(
        f"{path} is not a ledger of neuroflow.",
        why="It is a database of another program.",
        advice="Move it away, or choose another workspace folder.",
    )


def of_other_version(path: Path, why: str) -> LedgerError:
    """Make the error of a ledger that another version of neuroflow wrote."""
    return LedgerError(
        f"The ledger {path} was made by a different version of neuroflow.",
        why=why,
        advice="Install that version or a newer one. Do not move or delete the ledger: it records "
        "what was sent.",
    )
