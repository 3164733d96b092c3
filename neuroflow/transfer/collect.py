"""Fetching results: only what is new or changed, each file whole or not at all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from neuroflow.errors import ConnectionLostError, IdError, TransferError
from neuroflow.ledger import Ledger, LedgerRow, utc_now
from neuroflow.models import RESULT_FILES, Entry, Event, OnEvent, ResultFolder
from neuroflow.states import State
from neuroflow.transfer.crew import Clockwork, Crew, DroppedError, PostponedError
from neuroflow.transfer.paths import RESULT_SUFFIX, safe_name
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.reports import is_failure, is_stale
from neuroflow.transfer.results import find_folders, find_results, list_folder

__all__ = ["collect", "find_results"]

STAGE = "collect"
ATTEMPTS = 3


def collect(
    connect: Callable[[], Remote],
    ledger: Ledger,
    folder: Path,
    *,
    connections: int = 4,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Fetch every result that is complete and new or changed.

    Files land in ``folder/<study_id>_out/``. A folder that is still incomplete is left for the
    next time. Results of studies that the ledger does not know are fetched too, and say so.

    Parameters
    ----------
    connect
        Opens a connection.
    ledger
        Learns what was collected.
    folder
        The workspace's folder of results.
    connections
        How many folders at once, each over a connection of its own.
    stop
        When set, the folders under way are finished and no other is begun.
    clock, sleep
        What tells the time and what waits.

    Yields
    ------
    Event
        Of each study in bytes, and of the whole (`study_id` None) in folders.

    Raises
    ------
    ConnectError
        The server cannot be reached, or not any more.
    RemoteRefusedError
        ``output/`` may not be listed.
    TransferError
        This disk is full or may not be written.
    """
    clockwork = Clockwork(clock, sleep, stop or threading.Event())
    fetcher = _Fetcher(ledger, folder, clock)
    odd: list[str] = []
    with connect() as first:
        tasks = [_Task(each) for each in find_folders(first, odd.append)]
        total = _Total(len(tasks), clock)
        for sentence in odd:
            yield replace(total.event("skipped"), message=sentence)
        yield total.event("started")
        if tasks:
            crew = Crew(
                connect, tasks, fetcher.handle, first=first, size=connections, clockwork=clockwork
            )
            yield from crew.work(total.after)
        yield total.event("done")


@dataclass(slots=True)
class _Total:
    """Folders done of the whole job."""

    size: int
    clock: Callable[[], datetime]
    done: int = 0

    def after(self, event: Event) -> Event | None:
        if event.status not in {"done", "skipped", "failed"}:
            return None
        self.done += 1
        return self.event("progress")

    def event(self, status: str) -> Event:
        return Event(STAGE, None, self.done, self.size, status, "", self.clock())


@dataclass(slots=True)
class _Task:
    folder: ResultFolder
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class _Fetcher:
    """Handles one result folder: list, compare, fetch, record."""

    ledger: Ledger
    folder: Path
    clock: Callable[[], datetime]

    def handle(self, remote: Remote, task: _Task, tell: OnEvent) -> None:
        """Bring one folder to this disk, if it is complete and not here yet."""
        study_id = task.folder.study_id
        try:
            self._handle(remote, list_folder(remote, task.folder), tell)
        except ConnectionLostError as error:
            task.attempts += 1
            if task.attempts >= ATTEMPTS:
                tell(self._event(study_id, 0, 0, "failed", str(error)))
                raise DroppedError from error
            raise PostponedError(self.clock()) from error
        except (TransferError, IdError) as error:
            if type(error) is TransferError:
                raise  # this disk: the next study would fare no better
            tell(self._event(study_id, 0, 0, "failed", str(error)))

    def _handle(self, remote: Remote, found: ResultFolder, tell: OnEvent) -> None:
        study_id = found.study_id
        row = self.ledger.row(study_id)
        why_not = self._why_not(found, row)
        if why_not:
            tell(self._event(study_id, 0, 0, "skipped", why_not))
            return
        target = self.folder / f"{study_id}{RESULT_SUFFIX}"
        wanted = [
            (entry, target / name)
            for entry, name in _checked_names(found)
            if not _is_here(entry, target / name)
        ]
        total = sum(entry.size for entry, _ in wanted)
        done = 0
        for entry, local in wanted:
            _make(target)
            counted = _Counted(tell, self._event(study_id, done, total, "progress", ""))
            remote.get(entry.path, local, entry.size, counted.on_bytes)
            _stamp(local, entry)
            done += entry.size
        is_news = bool(wanted)
        message = self._record(found, row, is_news=is_news)
        tell(self._event(study_id, total, total, "done" if is_news else "skipped", message))

    def _why_not(self, found: ResultFolder, row: LedgerRow | None) -> str:
        """Say why a folder is left for another time; empty where it is not."""
        if row is not None and is_stale(row, found):
            return "only results of what was sent earlier are there"
        if found.is_complete or is_failure(found, self.clock()):
            return ""
        names = {entry.name for entry in found.files}
        missing = [name for name in RESULT_FILES if name not in names]
        return f"still being written: {', '.join(missing)} missing"

    def _record(self, found: ResultFolder, row: LedgerRow | None, *, is_news: bool) -> str:
        """Note in the ledger what was fetched; return it in words."""
        new = State.COLLECTED if found.is_complete else State.FAILED
        message = "results collected" if found.is_complete else "a failure report came back"
        if row is None:
            return f"{message}; not sent from this workspace"
        if row.state is new and not is_news:
            return "nothing new"
        if row.state in {State.UPLOADING, State.PARTLY_SENT} and new is State.FAILED:
            return "a failure report of an upload that was cut short"  # it is sent again whole
        if not row.state.may_become(new):
            self.ledger.record(
                row.cohort_id, row.study_id, State.SUBMITTED, "its results are on the server"
            )
        self.ledger.record(row.cohort_id, row.study_id, new, message)
        return message

    def _event(self, study_id: str, done: int, total: int, status: str, message: str) -> Event:
        return Event(STAGE, study_id, done, total, status, message, self.clock())


@dataclass(frozen=True, slots=True)
class _Counted:
    """Tells of the bytes of one file as part of a whole folder."""

    tell: OnEvent
    before: Event

    def on_bytes(self, done: int) -> None:
        self.tell(replace(self.before, done=self.before.done + done))


def _checked_names(found: ResultFolder) -> list[tuple[Entry, str]]:
    """Check every name, and that no two are the same where case does not count."""
    names = [(entry, safe_name(entry.name)) for entry in found.files]
    if len({name.casefold() for _, name in names}) < len(names):
        raise IdError(
            "Two names in a result folder differ in case only.",
            advice="Tell the service's support; nothing was written.",
            study_id=found.study_id,
        )
    return names


def _is_here(entry: Entry, local: Path) -> bool:
    """Tell whether a file was fetched before and is still the same."""
    try:
        facts = local.stat()
    except OSError:
        return False  # fetching it says what is wrong, if anything is
    is_same_time = entry.modified is None or int(facts.st_mtime) == entry.modified.timestamp()
    return facts.st_size == entry.size and is_same_time


def _make(target: Path) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TransferError(
            "The folder of results cannot be made on this disk.",
            why=f"{error.strerror}.",
            advice="Check the disk's free space and the folder's permissions.",
        ) from error


def _stamp(local: Path, entry: Entry) -> None:
    """Give a file the server's time, to know it again."""
    if entry.modified is not None:
        seconds = entry.modified.timestamp()
        os.utime(local, (seconds, seconds))
