"""The journal of an account: every study sent from this computer, whatever the workspace.

It lies beside the account key and is the second witness besides the server, which shows a study
neither while it is processed nor where the service took its zip away. Lines are only ever added,
each on disk before the step that it announces.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from filelock import FileLock, Timeout

from neuroflow.errors import AccountKeyError, SubmissionError
from neuroflow.io import make_private_folder, private_mode

ACCEPTED = "accepted"
"""State of a line that records what the user knows of, rather than a study."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal."""

    study_id: str  # Its id on the server; what was accepted, for ``accepted``
    state: str  # As in the ledger
    at: str  # When, in UTC
    cohort_id: str = ""  # Where it was sent
    size: int = 0  # Of the zip, in bytes
    sha256: str = ""  # Of the zip
    scan: str = ""  # The id derived from the scan, which differs for random ids and repetitions
    about: str = ""  # A keyed digest of the age and sex that were sent
    workspace: str = ""  # What identifies the workspace that sent it


_NAMES = tuple(each.name for each in fields(JournalEntry))


class Journal:
    """The journal in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = threading.Lock()
        self._version: tuple[int, ...] = ()
        self._forget()

    def _forget(self) -> None:
        """Start anew: nothing of the file is known."""
        self._offset = 0  # Where the next complete line begins
        self._n_entries = self._n_damaged = 0
        self._last: dict[str, JournalEntry] = {}
        self._last_of_scan: dict[str, JournalEntry] = {}
        self._accepted: set[str] = set()

    def add(self, entry: JournalEntry) -> None:
        """Add a line; it is on disk when this returns."""
        line = json.dumps({name: v for name, v in asdict(entry).items() if v}) + "\n"
        try:
            make_private_folder(self.path.parent)
            mode = private_mode(self.path.parent)
            is_new = not self.path.exists()
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            descriptor = os.open(self.path, flags, mode)
            try:
                if is_new and hasattr(os, "fchmod"):
                    os.fchmod(descriptor, mode)  # whatever the umask leaves of it
                torn = os.fstat(descriptor).st_size and not _ends_a_line(descriptor)
                os.write(descriptor, ("\n" if torn else "").encode() + line.encode("ascii"))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise AccountKeyError(
                f"The journal {self.path} cannot be written.",
                why=f"{error.strerror}.",
                advice="Check the folder's permissions and the disk's free space: nothing is sent "
                "that the journal does not record.",
            ) from error

    def last(self, study_id: str) -> JournalEntry | None:
        """Return the last line about a study; None where it was never sent from here."""
        self._read()
        return self._last.get(study_id)

    def id_of(self, scans: Collection[str]) -> str | None:
        """Return the id under which a scan was sent last, by the ids derived from the scan."""
        self._read()
        found = (self._last_of_scan.get(scan) for scan in scans)
        return next((entry.study_id for entry in found if entry is not None), None)

    @property
    def study_ids(self) -> frozenset[str]:
        """All studies that were sent, or begun, from this computer."""
        self._read()
        return frozenset(self._last)

    @property
    def cohort_ids(self) -> frozenset[str]:
        """All cohorts into which something was sent from this computer."""
        self._read()
        return frozenset(entry.cohort_id for entry in self._last.values())

    @property
    def accepted(self) -> frozenset[str]:
        """What the user knows of: ids, tags of keys, ``random``, folders."""
        self._read()
        return frozenset(self._accepted)

    @property
    def is_new(self) -> bool:
        """True where nothing was ever recorded."""
        self._read()
        return not self._n_entries

    @property
    def n_damaged(self) -> int:
        """How many lines cannot be read, besides those that a crash cut short."""
        self._read()
        return self._n_damaged

    @contextmanager
    def sending(self, study_id: str) -> Iterator[None]:
        """Hold a study while it is sent; a process that dies lets go of it."""
        path = self.path.parent / f"sending-{study_id}.lock"
        make_private_folder(path.parent)
        lock = FileLock(path, mode=private_mode(path.parent), is_singleton=False)
        try:
            _acquire(lock, path)
        except Timeout as error:
            raise SubmissionError(
                "The study is being sent from another workspace just now.",
                advice="Wait until that is done, then submit again.",
                study_id=study_id,
            ) from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps open files
                path.unlink()
            lock.release()

    def _read(self) -> None:
        """Read what was added to the file since the last time."""
        with self._reading:
            try:
                stat = self.path.stat()
                version = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
                if version == self._version:
                    return
                is_same = self._version and stat.st_ino == self._version[0]
                if not is_same or stat.st_size < self._offset:
                    self._forget()
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    data = file.read()
            except FileNotFoundError:
                return
            except OSError as error:
                raise AccountKeyError(
                    f"The journal {self.path} cannot be read.",
                    why=f"{error.strerror}.",
                    advice="Correct the permissions of the file.",
                ) from error
            # What follows the last end of a line may still be written.
            complete = data[: data.rfind(b"\n") + 1]
            for line in complete.decode("utf-8", errors="replace").split("\n"):
                self._take(line)
            self._offset += len(complete)
            self._version = version

    def _take(self, line: str) -> None:
        """Take over what one line records."""
        entry = _parsed(line)
        if entry is None:
            # A line cut short by a crash announced a step that was never taken.
            self._n_damaged += line.endswith("}")
            return
        self._n_entries += 1
        if entry.state == ACCEPTED:
            self._accepted.add(entry.study_id)
            return
        self._last[entry.study_id] = entry
        if entry.scan:
            self._last_of_scan[entry.scan] = entry


def _acquire(lock: FileLock, path: Path) -> None:
    """Take a lock whose file the last holder removes; a removed file locks nothing."""
    while True:
        lock.acquire(timeout=0)
        descriptor = lock._context.lock_file_fd
        with suppress(OSError):
            if descriptor and path.stat().st_ino == os.fstat(descriptor).st_ino:
                return
        lock.release()


def _ends_a_line(descriptor: int) -> bool:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"


def _parsed(line: str) -> JournalEntry | None:
    try:
        values = json.loads(line)
        return JournalEntry(**{name: values[name] for name in _NAMES if name in values})
    except (ValueError, TypeError):
        return None
