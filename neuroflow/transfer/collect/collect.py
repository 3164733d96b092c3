"""Fetching results: only what is new or changed, each file whole or not at all."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from neuroflow.contract import RESULT_SUFFIX, safe_name
from neuroflow.errors import (
    ConnectionLostError,
    IdError,
    NeuroflowError,
    RemoteRefusedError,
)
from neuroflow.io import sync_folder
from neuroflow.ledger import Ledger, LedgerRow, State, utc_now
from neuroflow.models import Entry, Event, OnEvent, ResultFolder
from neuroflow.transfer.collect.aggregated import fetch_reports
from neuroflow.transfer.collect.discover import inner_folders, list_folders, scan_output
from neuroflow.transfer.collect.folder_contents import (
    has_region_values,
    missing_files,
    ready_message,
)
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.local_files import is_here, make_folder, stamp
from neuroflow.transfer.pool import Clockwork, ConnectionPool, DroppedError, PostponedError
from neuroflow.transfer.remote import Remote, Wanted

STAGE = "collect"
ATTEMPTS = 3
BATCH = 32  # folders fetched together: five round trips for all of them


def collect(
    connect: Callable[[], Remote],
    ledger: Ledger,
    folder: Path,
    *,
    connections: int = 4,
    listing: OutputSnapshot | None = None,
    stop: threading.Event | None = None,
    pause: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Event, None, None]:
    """Fetch every result that is complete and new or changed.

    Files land in ``folder/<study_id>_out/``, reports of many studies in ``folder/aggregated/``. A
    folder that is still incomplete is left for the next time. Results of studies that the ledger
    does not know are fetched too, and say so.
    """
    clockwork = Clockwork(clock, sleep, stop or threading.Event(), pause)
    listing = OutputSnapshot(clock()) if listing is None else listing
    with connect() as first:
        known = {row.study_id for row in ledger.rows()}
        output = scan_output(first, known=known, on_skipped=listing.left_out.append)
        listing.expected = {found.study_id for found in output.folders}
        taken = {study_id.casefold() for study_id in listing.expected}
        fetcher = _Fetcher(ledger, folder, clockwork, listing, taken)
        tasks = _batches(output.folders, connections)
        total = _Total(len(output.folders), clock)
        for sentence in listing.left_out:
            yield total.event("skipped", sentence)
        yield total.event("started")
        clockwork.wait_while_paused()
        reports = [] if clockwork.is_over() else output.reports
        for status, sentence in fetch_reports(first, reports, folder):
            yield total.event(status, sentence)
        if tasks:
            pool = ConnectionPool(
                connect, tasks, fetcher.handle, first=first, size=connections, clockwork=clockwork
            )
            yield from pool.work(total.after)
        yield total.at_the_end()


@dataclass(slots=True)
class _Total:
    """Folders done of the whole job."""

    size: int
    clock: Callable[[], datetime]
    done: int = 0

    def after(self, event: Event) -> Event | None:
        if event.study_id is None or event.status not in {"done", "skipped", "failed"}:
            return None
        self.done += 1
        self.size = max(self.size, self.done)  # more than expected stood inside other folders
        return self.event("progress")

    def event(self, status: str, message: str = "") -> Event:
        return Event(STAGE, None, self.done, self.size, status, message, self.clock())

    def at_the_end(self) -> Event:
        left = self.size - self.done
        return self.event("done", f"{left} left for the next time" if left else "")


@dataclass(slots=True)
class _Batch:
    """Folders that are fetched together; those done are taken out, those inside them come next."""

    folders: list[ResultFolder]
    inner: list[ResultFolder] = field(default_factory=list)
    attempts: int = 0

    def drop_first(self) -> ResultFolder:
        self.attempts = 0
        return self.folders.pop(0)

    def continue_with_inner(self) -> bool:
        """Go on with what was found inside; False where there is nothing."""
        self.folders, self.inner = self.inner, []
        return bool(self.folders)


def _batches(folders: Sequence[ResultFolder], connections: int) -> list[_Batch]:
    size = max(1, min(BATCH, math.ceil(len(folders) / max(1, connections))))
    return [_Batch(list(folders[n : n + size])) for n in range(0, len(folders), size)]


@dataclass(slots=True)
class _Job:
    """What is to be done with one folder, once it was looked into."""

    found: ResultFolder
    row: LedgerRow | None
    target: Path
    wanted: list[tuple[Entry, Path]] = field(default_factory=list)
    skip_reason: str = ""
    error: NeuroflowError | None = None

    @property
    def total(self) -> int:
        return sum(entry.size for entry, _ in self.wanted)


@dataclass(frozen=True, slots=True)
class _Fetcher:
    """Handles result folders: list, compare, fetch, record."""

    ledger: Ledger
    folder: Path
    clockwork: Clockwork
    listing: OutputSnapshot
    taken: set[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, remote: Remote, batch: _Batch, on_event: OnEvent) -> datetime | None:
        """Bring to this disk what is complete and not here yet; tell when to go on, if at all."""
        try:
            jobs = [self._job(*pair) for pair in _list_files(remote, batch.folders)]
            for job in jobs:
                batch.inner += self._claim_inner(job.found, on_event)
            self._fetch(remote, jobs, batch, on_event)
        except ConnectionLostError as error:
            batch.attempts += 1
            if batch.attempts >= ATTEMPTS:
                study_id = batch.drop_first().study_id
                on_event(self._event(study_id, 0, 0, "failed", str(error)))
            if not batch.folders and not batch.continue_with_inner():
                raise DroppedError from error
            raise PostponedError(self.clockwork.clock()) from error
        is_more = not batch.folders and batch.continue_with_inner()
        return self.clockwork.clock() if is_more else None

    def _claim_inner(self, found: ResultFolder, on_event: OnEvent) -> list[ResultFolder]:
        """Give the result folders inside another that nobody has taken up yet."""

        def left_out(sentence: str) -> None:
            self.listing.left_out.append(sentence)
            on_event(Event(STAGE, None, 0, 0, "skipped", sentence, self.clockwork.clock()))

        with self.lock:
            inside = inner_folders(found, self.taken, left_out)
            expected = self.listing.expected
            if expected is not None:
                expected |= {folder.study_id for folder in inside}
                expected -= {found.study_id} if found.is_wrapper else set()
        return inside

    def _fetch(self, remote: Remote, jobs: list[_Job], batch: _Batch, on_event: OnEvent) -> None:
        wanted = [each for job in jobs for each in self._wanted(job, on_event)]
        with closing(remote.get_many(wanted)) as arrivals:
            for job in jobs:
                if job.wanted:
                    make_folder(job.target)
                for entry, local in job.wanted:
                    error = next(arrivals)
                    job.error = job.error or error
                    if error is None:
                        stamp(local, entry)
                if job.wanted:
                    sync_folder(job.target)  # before the ledger says that they are here
                self._finish(job, on_event)
                batch.drop_first()
                if self.clockwork.is_over():
                    return

    def _job(self, folder: ResultFolder, found: ResultFolder | RemoteRefusedError) -> _Job:
        """Decide what is to be fetched of a folder."""
        row = self.ledger.row(folder.study_id)
        job = _Job(folder, row, self.folder / f"{folder.study_id}{RESULT_SUFFIX}")
        if isinstance(found, RemoteRefusedError):
            self.listing.add(folder)
            job.error = found
            return job
        job.found = found
        if found.is_wrapper:
            job.skip_reason = "it holds other result folders"
            return job
        self.listing.add(found)
        job.skip_reason = self._skip_reason(found, row)
        if not job.skip_reason:
            try:
                names = _checked_names(found)
            except IdError as error:
                job.error = error
            else:
                pairs = [(entry, job.target / name) for entry, name in names]
                job.wanted = [pair for pair in pairs if not is_here(*pair)]
        return job

    def _wanted(self, job: _Job, on_event: OnEvent) -> Iterator[Wanted]:
        done, total = 0, job.total
        for entry, local in job.wanted:
            before = self._event(job.found.study_id, done, total, "progress", "")
            counted = _FolderProgress(on_event, before, self.clockwork)
            yield Wanted(entry.path, local, entry.size, counted.on_bytes)
            done += entry.size

    def _finish(self, job: _Job, on_event: OnEvent) -> None:
        study_id = job.found.study_id
        if job.error is not None:
            on_event(self._event(study_id, 0, 0, "failed", str(job.error)))
        elif job.skip_reason:
            on_event(self._event(study_id, 0, 0, "skipped", job.skip_reason))
        else:
            has_changed = bool(job.wanted)
            message = self._record(job.found, job.row, has_changed=has_changed)
            status = "done" if has_changed else "skipped"
            on_event(self._event(study_id, job.total, job.total, status, message))

    def _skip_reason(self, found: ResultFolder, row: LedgerRow | None) -> str:
        """Say why a folder is left for another time; empty where it is not."""
        if row is not None and self.listing.is_outdated(row):
            return "only results of what was sent earlier are there"
        if not found.files:
            return "the folder is empty or gone"
        if ready_message(found, is_stable=self.listing.is_stable(found)):
            return ""
        return f"still being written: {missing_files(found)} missing"

    def _record(self, found: ResultFolder, row: LedgerRow | None, *, has_changed: bool) -> str:
        """Note in the ledger what was fetched; return it in words."""
        new, message = State.FAILED, "a failure report came back"
        if has_region_values(found):
            without = missing_files(found)
            new = State.COLLECTED
            message = f"results collected, without {without}" if without else "results collected"
        if row is None:
            return f"{message}; not sent from this workspace"
        if row.state is new and not has_changed:
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
        return Event(STAGE, study_id, done, total, status, message, self.clockwork.clock())


@dataclass(frozen=True, slots=True)
class _FolderProgress:
    """Tells of the bytes of one file as part of a whole folder."""

    on_event: OnEvent
    before: Event
    clockwork: Clockwork

    def on_bytes(self, done: int) -> None:
        self.clockwork.wait_while_paused()
        self.on_event(replace(self.before, done=self.before.done + done))


def _list_files(
    remote: Remote, folders: Sequence[ResultFolder]
) -> Iterator[tuple[ResultFolder, ResultFolder | RemoteRefusedError]]:
    return zip(folders, list_folders(remote, folders), strict=True)


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
