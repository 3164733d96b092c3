"""Fetch results: only what is new or changed, each file whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from neuroflow.contract import RESULT_SUFFIX, is_uuid
from neuroflow.errors import (
    ConnectionLostError,
    FileChangedError,
    RemoteRefusedError,
    TransferError,
)
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import RESULT_FILES, Event, OnEvent, ResultFolder
from neuroflow.transfer.collect.aggregated import fetch_reports
from neuroflow.transfer.collect.batch import Batch, FolderTask, Losses, make_batches
from neuroflow.transfer.collect.discover import Output, inner_folders, list_folders, scan_output
from neuroflow.transfer.collect.folder_contents import (
    has_region_values,
    is_failure,
    missing_files,
    named,
    other_results,
    ready_message,
    too_large,
    usable_files,
)
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.control import Clock, Control, Job
from neuroflow.transfer.local_files import is_here, lack_of_space, make_folder, stamp
from neuroflow.transfer.pool import (
    WAIT,
    ConnectionPool,
    DroppedError,
    PostponedError,
    disconnecting,
    first_connection,
)
from neuroflow.transfer.remote import Remote, Wanted
from neuroflow.transfer.retry import MAX_ATTEMPTS

STAGE = "collect"
ReadVerdict = Callable[[Path], str]
"""Classifies the reports in a folder on this disk: ``failure``, ``report``, or nothing."""
CHANGING = "its files change while they are fetched; left for the next time"


def collect(
    connect: Callable[[], Remote],
    ledger: Ledger,
    folder: Path,
    *,
    connections: int = 4,
    snapshot: OutputSnapshot | None = None,
    own: Collection[str] | None = None,
    control: Control | None = None,
    clock: Clock | None = None,
    # Reads the reports of a folder without values; where it finds nothing, they count as a failure.
    verdict: ReadVerdict | None = None,
    # The results of these studies are left on the server.
    is_forgotten: Callable[[str], bool] = lambda _study_id: False,
) -> Generator[Event, None, None]:
    """Fetch every complete result that is new or changed to ``folder/<study_id>_out/``.

    Reports of many studies go to ``folder/aggregated/``. An incomplete folder is left for the next
    time; results of studies that are not in the ledger are fetched too, with a message.
    """
    job = Job(clock or Clock(), control or Control())
    snapshot = OutputSnapshot(job.now()) if snapshot is None else snapshot
    with (yield from first_connection(connect, job, WAIT)) as first:
        known = {row.study_id: row for row in ledger.rows()}
        try:
            with disconnecting(first, job):
                output = scan_output(first, known=known.keys(), on_skipped=snapshot.left_out.append)
        except ConnectionLostError:
            if not job.is_over():
                raise
            return  # stopped by the user
        output.folders = [one for one in output.folders if not is_forgotten(one.study_id)]
        n_others = _leave_others(output, own)
        snapshot.expected = {found.study_id for found in output.folders}
        taken = {found.study_id.casefold(): found.path for found in output.folders}
        fetcher = _Fetcher(ledger, folder, job, snapshot, taken, verdict, is_forgotten, own, known)
        tasks = make_batches(output.folders, connections)
        total = _Total(len(output.folders), job.now, n_others)
        for sentence in snapshot.left_out:
            yield total.event("skipped", sentence)
        yield total.event("started")
        job.wait_while_paused()
        reports = [] if job.is_over() else output.reports
        with disconnecting(first, job):
            for status, sentence in fetch_reports(first, reports, folder):
                yield total.event(status, sentence)
        if tasks:
            pool = ConnectionPool(
                connect, tasks, fetcher.handle, first=first, size=connections, job=job
            )
            yield from pool.run(total.after)
        yield total.at_the_end()


def _leave_others(output: Output, own: Collection[str] | None) -> int:
    """Leave out results with ids of other workspaces; return how many there are."""
    if own is None:
        return 0
    found = output.folders
    output.folders = [folder for folder in found if _is_wanted(folder.study_id, own)]
    return len(found) - len(output.folders)


def _is_wanted(study_id: str, own: Collection[str] | None) -> bool:
    return own is None or study_id in own or not is_uuid(study_id)


@dataclass(slots=True)
class _Total:
    """Number of folders done."""

    size: int
    clock: Callable[[], datetime]
    n_others: int  # Results of other workspaces, left on the server
    done: int = 0

    def after(self, event: Event) -> Event | None:
        if event.study_id is None or event.status not in {"done", "skipped", "failed"}:
            return None
        self.done += 1
        self.size = max(self.size, self.done)  # further ones were found inside other folders
        return self.event("progress")

    def event(self, status: str, message: str = "") -> Event:
        return Event(STAGE, None, self.done, self.size, status, message, self.clock())

    def at_the_end(self) -> Event:
        left = self.size - self.done
        others = f"{self.n_others} results of other workspaces are left on the server"
        parts = [f"{left} left for the next time" if left else "", others if self.n_others else ""]
        return self.event("done", "; ".join(filter(None, parts)))


@dataclass(frozen=True, slots=True)
class _Fetcher:
    """Handles result folders: lists, compares, fetches and records them."""

    ledger: Ledger
    folder: Path
    job: Job
    snapshot: OutputSnapshot
    taken: dict[str, PurePosixPath]
    verdict: ReadVerdict | None
    is_forgotten: Callable[[str], bool]
    own: Collection[str] | None  # The studies to fetch; all where it is None
    known: Mapping[str, LedgerRow]  # The ledger at the begin
    lost: Losses = field(default_factory=Losses)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, remote: Remote, batch: Batch, on_event: OnEvent) -> float | None:
        """Fetch what is complete and not on this disk yet; return when to continue, or None."""
        try:
            with disconnecting(remote, self.job):
                tasks = [self._task(*pair, batch) for pair in _list_files(remote, batch.folders)]
                for task in tasks:
                    batch.next += self._claim_inner(task.found, on_event)
                self._fetch(remote, tasks, batch, on_event)
        except ConnectionLostError as error:
            if self.job.control.stop.is_set():
                raise DroppedError from error
            if self.lost.are_too_many():
                raise
            batch.attempts += 1
            if batch.attempts >= MAX_ATTEMPTS:
                study_id = batch.drop_first().study_id
                on_event(self._event(study_id, 0, 0, "failed", str(error)))
            if not batch.folders and not batch.continue_with_next():
                raise DroppedError from error
            raise PostponedError(self.job.monotonic()) from error
        is_more = not batch.folders and batch.continue_with_next()
        return self.job.monotonic() if is_more else None

    def _claim_inner(self, found: ResultFolder, on_event: OnEvent) -> list[ResultFolder]:
        """Return the result folders inside another one that no other worker has claimed."""
        with self.lock:
            inside = inner_folders(
                found, self.taken, lambda sentence: self._leave_out(sentence, on_event)
            )
            inside = [folder for folder in inside if _is_wanted(folder.study_id, self.own)]
            expected = self.snapshot.expected
            if expected is not None:
                expected |= {folder.study_id for folder in inside}
                expected -= {found.study_id} if found.is_wrapper else set()
        return [one for one in inside if not self.is_forgotten(one.study_id)]

    def _leave_out(self, sentence: str, on_event: OnEvent) -> None:
        self.snapshot.left_out.append(sentence)
        on_event(Event(STAGE, None, 0, 0, "skipped", sentence, self.job.now()))

    def _fetch(
        self, remote: Remote, tasks: list[FolderTask], batch: Batch, on_event: OnEvent
    ) -> None:
        self._refuse_without_space(tasks)
        wanted = [each for task in tasks for each in self._wanted(task, on_event)]
        with closing(remote.get_many(wanted)) as arrivals:
            for task in tasks:
                if task.wanted:
                    make_folder(task.target)
                for entry, local in task.wanted:
                    error = next(arrivals)
                    task.error = task.error or error
                    if error is None:
                        stamp(local, entry)
                if not (task.has_changed and batch.fetch_again(task.found)):
                    self._finish(task, on_event)
                batch.drop_first()
                self.lost.reset()
                if self.job.is_over():
                    return

    def _refuse_without_space(self, tasks: list[FolderTask]) -> None:
        """Look at the free space first: a disk that is full would stop more than this job."""
        waiting = [task for task in tasks if task.wanted]
        if not lack_of_space(self.folder, sum(task.total for task in waiting)):
            return
        needed = 0
        for task in waiting:
            needed += task.total
            if why := lack_of_space(self.folder, needed):
                task.error = TransferError(
                    "There is not enough free space for the results.",
                    why=f"{why}.",
                    advice="Free some space, and collect again.",
                    study_id=task.found.study_id,
                )
                task.wanted = []

    def _task(
        self, folder: ResultFolder, found: ResultFolder | RemoteRefusedError, batch: Batch
    ) -> FolderTask:
        """Decide what to fetch of a folder."""
        row = self._row(folder.study_id)
        task = FolderTask(folder, row, self.folder / f"{folder.study_id}{RESULT_SUFFIX}")
        if isinstance(found, RemoteRefusedError):
            self.snapshot.add(folder)
            task.error = found
            return task
        task.found = found
        if found.is_wrapper:
            task.skip_reason = "it holds other result folders"
            return task
        self.snapshot.add(found)
        task.skip_reason = self._skip_reason(found, row)
        if not task.skip_reason:
            usable, task.left_out = usable_files(found)
            task.error = _oversized(found)
            if task.error is not None:
                return task
            pairs = [(entry, task.target / entry.name) for entry in usable]
            task.wanted = [pair for pair in pairs if not is_here(*pair)]
            task.does_check_time = not batch.is_as_before(found)
        return task

    def _row(self, study_id: str) -> LedgerRow | None:
        """Return a study's row; what was collected before is not asked for again."""
        row = self.known.get(study_id)
        if row is not None and row.state.is_collected:
            return row
        return self.ledger.row(study_id)

    def _wanted(self, task: FolderTask, on_event: OnEvent) -> Iterator[Wanted]:
        done, total = 0, task.total
        for entry, local in task.wanted:
            before = self._event(task.found.study_id, done, total, "progress", "")
            progress = _FolderProgress(on_event, before, self.job)
            modified = entry.modified if task.does_check_time else None
            yield Wanted(entry.path, local, entry.size, progress.on_bytes, modified)
            done += entry.size

    def _finish(self, task: FolderTask, on_event: OnEvent) -> None:
        study_id = task.found.study_id
        for sentence in task.left_out:
            self._leave_out(sentence, on_event)
        if isinstance(task.error, FileChangedError):
            on_event(self._event(study_id, 0, 0, "skipped", CHANGING))
        elif task.error is not None:
            on_event(self._event(study_id, 0, 0, "failed", str(task.error)))
        elif task.skip_reason:
            on_event(self._event(study_id, 0, 0, "skipped", task.skip_reason))
        else:
            has_changed = bool(task.wanted)
            message = self._record(task, has_changed=has_changed)
            status = "done" if has_changed else "skipped"
            on_event(self._event(study_id, task.total, task.total, status, message))

    def _skip_reason(self, found: ResultFolder, row: LedgerRow | None) -> str:
        """Return why a folder is left for the next time; empty if it is not."""
        if row is not None and self.snapshot.is_outdated(row):
            return "the results are those of an earlier submission"
        if not found.files:
            return "the folder is empty or gone"
        if ready_message(found, is_stable=self.snapshot.is_stable(found)):
            return ""
        return f"still being written: {missing_files(found)} missing"

    def _outcome(self, found: ResultFolder, target: Path) -> tuple[State, str]:
        """Return what was fetched: results, those of another product, or a failure report."""
        others = other_results(found)
        if has_region_values(found):
            without = missing_files(found)
            message = f"results collected, without {without}" if without else "results collected"
            return State.COLLECTED, f"{message}; not read: {named(others)}" if others else message
        if not is_failure(found):
            if others:
                message = f"results of a product that is not read collected: {named(others)}"
                return State.COLLECTED, message
            if self.verdict is not None and self.verdict(target) == "report":
                return State.COLLECTED, f"a report without values collected: {_texts(found)}"
        return State.FAILED, "a failure report was received"

    def _record(self, task: FolderTask, *, has_changed: bool) -> str:
        """Record in the ledger what was fetched; return the message."""
        row = task.row
        new, message = self._outcome(task.found, task.target)
        if row is None:
            return f"{message}; not sent from this workspace"
        if row.state is new and not has_changed:
            return "nothing new"
        if row.state in {State.UPLOADING, State.PARTLY_SENT} and new is State.FAILED:
            return "a failure report of an interrupted upload"  # it is sent again whole
        if not row.state.may_become(new):
            self.ledger.record(
                row.cohort_id, row.study_id, State.SUBMITTED, "its results are on the server"
            )
        self.ledger.record(row.cohort_id, row.study_id, new, message)
        return message

    def _event(self, study_id: str, done: int, total: int, status: str, message: str) -> Event:
        return Event(STAGE, study_id, done, total, status, message, self.job.now())


@dataclass(frozen=True, slots=True)
class _FolderProgress:
    """Reports the bytes of one file as part of its folder."""

    on_event: OnEvent
    before: Event
    job: Job

    def on_bytes(self, done: int) -> None:
        self.job.wait_while_paused()
        self.on_event(replace(self.before, done=self.before.done + done))


def _oversized(found: ResultFolder) -> RemoteRefusedError | None:
    """Return the error of a folder whose results are larger than results can be."""
    for entry in found.files:
        if entry.name in RESULT_FILES and (reason := too_large(entry)):
            return RemoteRefusedError(
                f"The results of {found.study_id} were not fetched.",
                why=f"{entry.name} is refused: {reason}.",
                advice="Report it to neuropacs support; nothing was written.",
                study_id=found.study_id,
            )
    return None


def _texts(found: ResultFolder) -> str:
    return named([entry.name for entry in found.files])


def _list_files(
    remote: Remote, folders: Sequence[ResultFolder]
) -> Iterator[tuple[ResultFolder, ResultFolder | RemoteRefusedError]]:
    return zip(folders, list_folders(remote, folders), strict=True)
