"""Carrying out a plan: every study sent whole, once and only once, several at a time."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from neuroflow.errors import (
    ConnectionLostError,
    NeuroflowError,
    PackageError,
    RemoteRefusedError,
    SubmissionError,
    TransferError,
)
from neuroflow.ledger import Ledger, LedgerRow, utc_now
from neuroflow.models import Event, OnEvent, Package, ResultFolder
from neuroflow.states import State
from neuroflow.transfer.crew import Clockwork, Crew, DroppedError, PostponedError
from neuroflow.transfer.lanes import lanes, round_trip
from neuroflow.transfer.pace import Pace
from neuroflow.transfer.paths import cohort_folder, upload_path
from neuroflow.transfer.plan import REFUSED, Action, Plan, PlanItem, has_failed, plan
from neuroflow.transfer.reconcile import HEARTBEATS, Seen, Verdict, reconcile
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.reports import VALUES
from neuroflow.transfer.results import find_folders, list_folder
from neuroflow.transfer.speed import BEGUN

__all__ = ["Action", "Plan", "PlanItem", "has_failed", "plan", "submit"]

STAGE = "upload"
ATTEMPTS = 3
_TELL_SECONDS = 0.1


def submit(
    plan: Plan,
    packages: Sequence[Package],
    connect: Callable[[], Remote],
    ledger: Ledger,
    *,
    connections: int = 4,
    quiet_seconds: float = 300.0,
    limit_rate: float | None = None,
    pause: threading.Event | None = None,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Event, None, None]:
    """Carry out a plan.

    Intent is in the ledger before, the outcome after every step; a study whose end is not known
    is looked at on the server before anything is sent.

    Parameters
    ----------
    plan
        What to do.
    packages
        The packages it speaks of.
    connect
        Opens a connection.
    ledger
        Knows the packages already.
    connections
        How many studies go at once at most, each over a connection of its own; fewer where the
        line is short, see `lanes`.
    quiet_seconds
        How long the server may still publish what a silently dropped session had sent.
    limit_rate
        Bytes per second at most, all connections together; None for no limit.
    pause
        While set, nothing leaves and no study is begun; the connections stay open.
    stop
        When set, the studies under way are finished and no other is begun; it ends a pause.
    clock, sleep
        What tells the time and what waits.

    Yields
    ------
    Event
        Of each study in bytes, and of the whole (`study_id` None) in bytes; the last one says
        what is left.

    Raises
    ------
    ConnectError
        The server cannot be reached, or not any more.
    LedgerError
        The ledger cannot be written: nothing more is sent.
    SubmissionError
        The plan speaks of a study that has no package, or the rate is not positive.
    """
    if limit_rate is not None and limit_rate <= 0:
        raise SubmissionError(
            f"{limit_rate} bytes per second is no rate.", advice="Give a number above zero."
        )
    tasks = _tasks(plan, packages)
    if not tasks:
        return
    clockwork = Clockwork(clock, sleep, stop or threading.Event(), pause)
    pace = Pace(limit_rate, pause, clockwork.stop, sleep)
    total = _Total(sum(task.package.size for task in tasks), clock)
    with connect() as first:
        folder = cohort_folder(plan.cohort_id)
        first.mkdirs(folder)
        sender = _Sender(ledger, clock, quiet_seconds, _results(first), pace)
        size = lanes(round_trip(first, folder), connections)
        crew = Crew(connect, tasks, sender.handle, first=first, size=size, clockwork=clockwork)
        yield total.event("started")
        yield from crew.work(total.after)
        yield total.at_the_end(len(tasks), is_stopped=clockwork.stop.is_set())


@dataclass(slots=True)
class _Task:
    package: Package
    is_asked: bool
    attempts: int = 0


def _tasks(plan: Plan, packages: Sequence[Package]) -> list[_Task]:
    known = {package.study_id: package for package in packages}
    missing = [item.study_id for item in plan.to_do if item.study_id not in known]
    if missing:
        raise SubmissionError(
            "A study of the plan has no package.",
            advice="Package the cohort, then plan again.",
            study_id=missing[0],
        )
    return [_Task(known[item.study_id], item.is_asked) for item in plan.to_do]


def _results(remote: Remote) -> dict[str, ResultFolder]:
    try:
        return {folder.study_id: folder for folder in find_folders(remote)}
    except RemoteRefusedError:
        return {}  # an account that may only write


@dataclass(slots=True)
class _Total:
    """Bytes done of the whole job."""

    size: int
    clock: Callable[[], datetime]
    done: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def after(self, event: Event) -> Event:
        if event.study_id is not None and event.stage == STAGE:
            is_over = event.status in {"done", "skipped"}
            self.done[event.study_id] = event.total if is_over else event.done
            if is_over or event.status == "failed":
                self.over.add(event.study_id)
        return self.event("progress")

    def at_the_end(self, count: int, *, is_stopped: bool) -> Event:
        left = count - len(self.over)
        message = f"{left} of {count} studies are left for the next run" if left else ""
        if is_stopped and left:
            message = f"stopped as asked, what was under way is finished; {message}"
        return self.event("done", message)

    def event(self, status: str, message: str = "") -> Event:
        done = sum(self.done.values())
        return Event(STAGE, None, done, self.size, status, message, self.clock())


@dataclass(frozen=True, slots=True)
class _Sender:
    """Handles one study: look, decide, send, record."""

    ledger: Ledger
    clock: Callable[[], datetime]
    quiet_seconds: float
    results: dict[str, ResultFolder]
    pace: Pace

    def handle(self, remote: Remote, task: _Task, tell: OnEvent) -> datetime | None:
        """Bring one study as far as it goes now; return when to look again."""
        package = task.package
        row = self._row(package)
        try:
            decision = reconcile(
                row,
                self._look(remote, package),
                now=self.clock(),
                quiet_seconds=self.quiet_seconds,
                is_asked=task.is_asked,
            )
        except ConnectionLostError as error:
            raise self._later(task, tell, error) from error
        if decision.verdict is Verdict.WAIT:
            tell(self._waiting(package, decision.reason))
            return decision.until
        if decision.is_part and row.state is not State.PACKAGED:
            self._record(package, State.PARTLY_SENT, decision.reason)
        if decision.verdict is Verdict.SEND:
            self._send(remote, task, tell)
        elif decision.verdict is Verdict.SENT:
            if row.state in {State.PACKAGED, State.UPLOADING, State.UNCONFIRMED}:
                self._record(package, State.SUBMITTED, decision.reason)
            tell(self._event(package, package.size, "done", decision.reason))
        else:
            self._record(package, State.UNCONFIRMED, decision.reason)
            tell(self._event(package, 0, "failed", decision.reason))
        return None

    def _send(self, remote: Remote, task: _Task, tell: OnEvent) -> None:
        package = task.package
        before = self._row(package)
        try:
            _verify(package)
        except PackageError as error:
            tell(self._event(package, 0, "failed", str(error)))
            return
        self._record(package, State.UPLOADING, BEGUN)
        progress = _Progress(self, package, tell)
        try:
            receipt = remote.put(
                package.path,
                upload_path(package.cohort_id, package.study_id),
                progress.on_bytes,
                lambda: self._record(package, State.UNCONFIRMED, "the last byte is leaving"),
            )
        except ConnectionLostError as error:
            self._record(package, self._row(package).state, "the connection was lost")
            raise self._later(task, tell, error) from error
        except TransferError as error:
            if progress.is_open:
                is_cut = progress.done < package.size
                self._record(package, *self._after_failure(remote, package, error, is_cut=is_cut))
            else:
                is_cut = False
                self._take_back(package, before, error)
            tell(self._event(package, progress.done, "failed", _named(error, package)))
            if is_cut:
                raise DroppedError from error  # the upload hung up rather than close a part
            return
        self._record(package, State.SUBMITTED, receipt.value)
        tell(self._event(package, package.size, "done", receipt.value))

    def _after_failure(
        self, remote: Remote, package: Package, error: TransferError, *, is_cut: bool
    ) -> tuple[State, str]:
        """Tell what the server holds after it answered an upload with an error."""
        state = self._row(package).state
        message = f"{error.what} {error.why}".rstrip()
        if is_cut:
            return State.PARTLY_SENT, message  # the last byte never left, or was refused
        try:
            entry = remote.stat(upload_path(package.cohort_id, package.study_id))
        except (ConnectionLostError, RemoteRefusedError):
            return state, message
        if entry is None:
            return state, message
        whole = entry.size == package.size
        return (State.SUBMITTED if whole else State.PARTLY_SENT), message

    def _take_back(self, package: Package, before: LedgerRow, error: TransferError) -> None:
        """Record that nothing was sent: the server refused before the first byte."""
        sent = None
        if before.sent_size is not None and before.sent_sha256 is not None:
            sent = (before.sent_size, before.sent_sha256)
        message = f"{REFUSED}{error.what}"
        self.ledger.record(package.cohort_id, package.study_id, before.state, message, sent=sent)

    def _later(self, task: _Task, tell: OnEvent, error: ConnectionLostError) -> Exception:
        """Decide whether a study cut short is taken up again in this run."""
        task.attempts += 1
        message = _named(error, task.package)
        if task.attempts >= ATTEMPTS:
            tell(self._event(task.package, 0, "failed", message))
            return DroppedError()
        tell(self._waiting(task.package, message))
        if self._row(task.package).state is State.PACKAGED:
            return PostponedError(self.clock())  # nothing had begun
        quiet = timedelta(seconds=self.quiet_seconds * (1 + 1 / HEARTBEATS))
        return PostponedError(self.clock() + quiet)

    def _look(self, remote: Remote, package: Package) -> Seen:
        has_values = self._has_values(remote, package)
        try:
            entry = remote.stat(upload_path(package.cohort_id, package.study_id))
        except RemoteRefusedError:
            return Seen(None, has_values, is_hidden=True)
        return Seen(entry, has_values)

    def _has_values(self, remote: Remote, package: Package) -> bool:
        folder = self.results.get(package.study_id)
        if folder is None:
            return False
        try:
            files = list_folder(remote, folder).files
        except RemoteRefusedError:
            return False  # what may not be looked at proves nothing
        return VALUES in {entry.name for entry in files}

    def _row(self, package: Package) -> LedgerRow:
        row = self.ledger.row(package.study_id)
        if row is None:
            raise SubmissionError(
                "The study is not in the ledger.",
                advice="Package the cohort, then plan again.",
                study_id=package.study_id,
            )
        return row

    def _record(self, package: Package, state: State, message: str) -> None:
        self.ledger.record(package.cohort_id, package.study_id, state, message)

    def _waiting(self, package: Package, message: str) -> Event:
        return replace(self._event(package, 0, "progress", message), stage="wait")

    def _event(self, package: Package, done: int, status: str, message: str) -> Event:
        return Event(STAGE, package.study_id, done, package.size, status, message, self.clock())


class _Progress:
    """Passes on how far an upload is, and notes in the ledger that it is still under way."""

    def __init__(self, sender: _Sender, package: Package, tell: OnEvent) -> None:
        self._sender, self._package, self._tell = sender, package, tell
        self._told = 0.0
        self._noted = sender.clock()
        self._beat = timedelta(seconds=sender.quiet_seconds / HEARTBEATS)
        self.is_open = False
        self.done = 0

    def on_bytes(self, done: int) -> None:
        new = done - self.done
        self.is_open, self.done = True, done
        is_last = done >= self._package.size
        if is_last or time.monotonic() - self._told > _TELL_SECONDS:
            self._say("progress" if done else "started")
        if is_last:
            return
        self._note()
        self._sender.pace.spend(new)
        self._wait_while_paused()

    def _wait_while_paused(self) -> None:
        is_told = False
        for _ in self._sender.pace.pauses():
            if not is_told:
                self._say("progress", "paused")
                is_told = True
            self._note()

    def _say(self, status: str, message: str = "") -> None:
        self._told = time.monotonic()
        self._tell(self._sender._event(self._package, self.done, status, message))

    def _note(self) -> None:
        now = self._sender.clock()
        if self._beat and now - self._noted >= self._beat:
            self._noted = now
            message = f"{self.done} of {self._package.size} bytes"
            self._sender._record(self._package, State.UPLOADING, message)


def _verify(package: Package) -> None:
    """Make sure that what leaves is what the ledger speaks of."""
    try:
        with package.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackageError(
            "The package cannot be read.",
            why=f"{error.strerror}.",
            advice="Package the cohort again.",
            study_id=package.study_id,
        ) from error
    if digest != package.sha256:
        raise PackageError(
            "The package is not what was made.",
            why="Its SHA-256 differs.",
            advice="Package the cohort again.",
            study_id=package.study_id,
        )


def _named(error: NeuroflowError, package: Package) -> str:
    text = str(error)
    return text if error.study_id else f"Study {package.study_id}: {text}"
