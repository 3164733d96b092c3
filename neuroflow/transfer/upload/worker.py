"""Send one study: check the server, decide, send, and record each step before and after it."""

from __future__ import annotations

import hashlib
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from neuroflow.contract import upload_path
from neuroflow.errors import (
    ConnectionLostError,
    NeuroflowError,
    PackageError,
    RemoteRefusedError,
    SizeMismatchError,
    SubmissionError,
    TransferError,
)
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Event, OnEvent, Package, ResultFolder
from neuroflow.transfer.collect import has_results, list_folder
from neuroflow.transfer.control import Job
from neuroflow.transfer.pool import WAIT, DroppedError, PostponedError
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.retry import MAX_ATTEMPTS
from neuroflow.transfer.upload.history import BEGUN, PAUSED, RESUMED
from neuroflow.transfer.upload.marks import Phase, SentMark, write_mark
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import REFUSED, describe_seconds
from neuroflow.transfer.upload.rate_limit import RateLimiter
from neuroflow.transfer.upload.reconcile import (
    HEARTBEATS,
    KEPT,
    NOT_STORED,
    ServerView,
    Verdict,
    reconcile,
)
from neuroflow.transfer.upload.shared_journal import SENT_ELSEWHERE, SharedJournal, adopt
from neuroflow.transfer.upload.task import Task

STAGE = "upload"
DAMAGED = ".damaged"
"""Ending of a package that is not what was made; it can be deleted."""
_REPORT_SECONDS = 0.1
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class UploadWorker:
    """Handles one study: checks the server, decides, sends and records."""

    ledger: Ledger
    job: Job
    options: UploadOptions
    results: dict[str, ResultFolder]
    limiter: RateLimiter
    service: str = ""  # Where the studies go: service and user
    shared: SharedJournal = field(default_factory=SharedJournal)
    # Since when a study is known not to be sent any more, by `Job.monotonic`.
    silent_since: dict[str, float] = field(default_factory=dict)

    def handle(self, remote: Remote, task: Task, on_event: OnEvent) -> float | None:
        """Bring one study as far as possible now; return when to check the server again."""
        with ExitStack() as held:
            try:
                held.enter_context(self.shared.sending(task.package.study_id))
            except SubmissionError as error:  # another workspace sends it now: wait for that one
                seconds = self.options.quiet_seconds / HEARTBEATS
                on_event(self._waiting(task.package, error.what, seconds))
                return self.job.monotonic() + seconds
            return self._handle(remote, task, on_event)

    def _handle(self, remote: Remote, task: Task, on_event: OnEvent) -> float | None:
        """Do the same while no other workspace may send the study."""
        package = task.package
        if self._is_sent_elsewhere(package):
            on_event(self._event(package, package.size, "done", SENT_ELSEWHERE))
            return None
        row = self._row(package)
        try:
            decision = reconcile(
                row,
                self._server_view(remote, package),
                elapsed=self._elapsed(row),
                quiet_seconds=self.options.quiet_seconds,
                force=task.force,
                is_repeated=self._was_refused_before(row),
            )
        except ConnectionLostError as error:
            # Nothing was written: the server may have closed what was idle while the study waited.
            # That is no attempt at the upload, however often it waits.
            task.lost_checks += 1
            is_last = task.lost_checks >= MAX_ATTEMPTS
            raise self._schedule_retry(task, on_event, error, 0.0, is_last=is_last) from error
        task.lost_checks = 0
        if decision.verdict is Verdict.WAIT:
            on_event(self._waiting(package, decision.reason, decision.seconds))
            return self.job.monotonic() + decision.seconds
        if decision.is_part and row.state is not State.PACKAGED:
            self._record(package, State.PARTLY_SENT, decision.reason, is_outcome=True)
        if decision.verdict is Verdict.SEND:
            self._send(remote, task, on_event)
        elif decision.verdict is Verdict.SENT:
            if row.state in {State.PACKAGED, State.UPLOADING, State.UNCONFIRMED}:
                self._record_sent(package, decision.reason)
            on_event(self._event(package, package.size, "done", decision.reason))
        else:
            self._record(package, State.UNCONFIRMED, decision.reason)
            on_event(self._event(package, 0, "failed", _named(decision.reason, package)))
        return None

    def _send(self, remote: Remote, task: Task, on_event: OnEvent) -> None:
        package = task.package
        before = self._row(package)
        try:
            _verify_digest(package)
        except PackageError as error:
            self._record_refused(package, before, error)
            on_event(self._event(package, 0, "failed", str(error)))
            return
        self._record_intent(package, State.UPLOADING, BEGUN, Phase.BEGUN)
        progress = _Progress(self, package, on_event)
        try:
            receipt = remote.put(
                package.path,
                upload_path(package.cohort_id, package.study_id),
                progress.on_bytes,
                lambda: self._record_intent(
                    package, State.UNCONFIRMED, "the last byte is being sent", Phase.LEAVING
                ),
            )
        except ConnectionLostError as error:
            self._record(package, self._row(package).state, "the connection was lost")
            is_last = task.is_last_loss(self.options.attempts, is_open=progress.is_open)
            self.silent_since[package.study_id] = self.job.monotonic()
            seconds = self.options.quiet_seconds * (1 + 1 / HEARTBEATS)
            raise self._schedule_retry(task, on_event, error, seconds, is_last=is_last) from error
        except TransferError as error:
            if progress.is_open:
                is_cut = progress.done < package.size
                state, message = self._state_after_failure(remote, package, error, is_cut=is_cut)
                is_refused = message.startswith(NOT_STORED)
                phase = Phase.REFUSED if is_refused else None
                self._record(package, state, message, phase, is_outcome=True)
            else:
                is_cut = is_refused = False
                self._record_refused(package, before, error)
            words = _named(message, package) if is_refused else _with_study(error, package)
            on_event(self._event(package, progress.done, "failed", words))
            if is_cut:
                raise DroppedError from error  # disconnected rather than closing a part
            return
        self._record_sent(package, receipt.value)
        on_event(self._event(package, package.size, "done", receipt.value))

    def _state_after_failure(
        self, remote: Remote, package: Package, error: TransferError, *, is_cut: bool
    ) -> tuple[State, str]:
        """Determine what an upload amounts to that the server answered with an error."""
        message = f"{error.what} {error.why}".rstrip()
        if is_cut:
            return State.PARTLY_SENT, message  # the last byte never left, or was refused
        if isinstance(error, SizeMismatchError):
            return State.UNCONFIRMED, message  # all was acknowledged; what changed it is unknown
        # The server refused to finish the file: the length that it shows proves nothing, here or
        # in another workspace, whatever becomes of this process.
        self.shared.add(package, State.UNCONFIRMED, is_refused=True)
        answer = f'"{error.why.rstrip(".")}"' if error.why else "an error"
        shown = self._shown_size(remote, package)
        return State.UNCONFIRMED, f"{NOT_STORED}it answered the closing with {answer} {shown}{KEPT}"

    def _shown_size(self, remote: Remote, package: Package) -> str:
        try:
            entry = remote.stat(upload_path(package.cohort_id, package.study_id))
        except (ConnectionLostError, RemoteRefusedError):
            return "and could not be asked for the file"
        if entry is None:
            return "and shows no file of this name"
        return f"and shows {entry.size} of {package.size} bytes, which proves nothing"

    def _record_refused(self, package: Package, before: LedgerRow, error: NeuroflowError) -> None:
        """Record that nothing was sent: the server refused before the first byte."""
        sent = None
        if before.sent_size is not None and before.sent_sha256 is not None:
            sent = (before.sent_size, before.sent_sha256)
        message = f"{REFUSED}{error.what}"
        self.ledger.record(
            package.cohort_id,
            package.study_id,
            before.state,
            message,
            sent=sent,
            service=self.service,
        )
        self.shared.add(package, before.state)

    def _schedule_retry(
        self,
        task: Task,
        on_event: OnEvent,
        error: ConnectionLostError,
        seconds: float,
        *,
        is_last: bool,
    ) -> Exception:
        """Return what to raise where the connection was lost, with or without a further try."""
        message = _with_study(error, task.package)
        if is_last:
            on_event(self._event(task.package, 0, "failed", message))
            return DroppedError()
        on_event(self._waiting(task.package, message, seconds))
        return PostponedError(self.job.monotonic() + seconds)

    def _was_refused_before(self, row: LedgerRow) -> bool:
        """Check whether the server refused to store a study whose upload is repeated now."""
        if row.state is not State.UPLOADING:
            return False
        history = self.ledger.history(row.study_id)
        return any(message.startswith(NOT_STORED) for _, _, message in history)

    def _elapsed(self, row: LedgerRow) -> float:
        """Return for how many seconds an upload is known to be over, independent of wall clocks."""
        now = self.job.monotonic()
        in_this_run = now - self.silent_since.setdefault(row.study_id, now)
        if row.state is State.PACKAGED:
            return in_this_run  # it was sent from elsewhere, at a time that nobody here knows
        return max(in_this_run, self.ledger.seconds_since(row.study_id) or 0.0)

    def _server_view(self, remote: Remote, package: Package) -> ServerView:
        has_values = self._has_results(remote, package)
        has_folder = package.study_id in self.results
        try:
            entry = remote.stat(upload_path(package.cohort_id, package.study_id))
        except RemoteRefusedError:
            return ServerView(None, has_values, is_hidden=True, has_folder=has_folder)
        return ServerView(entry, has_values, has_folder=has_folder)

    def _has_results(self, remote: Remote, package: Package) -> bool:
        folder = self.results.get(package.study_id)
        if folder is None:
            return False
        try:
            return has_results(list_folder(remote, folder))
        except RemoteRefusedError:
            return False  # a folder that may not be listed proves nothing

    def _row(self, package: Package) -> LedgerRow:
        row = self.ledger.row(package.study_id, service=self.service or None)
        if row is None:
            raise SubmissionError(
                "The study is not in the ledger.",
                advice="Package the cohort, then submit again.",
                study_id=package.study_id,
            )
        return row

    def _is_sent_elsewhere(self, package: Package) -> bool:
        """Record what the journal knows of a study; return True where it was sent meanwhile."""
        adopted = self.shared.adopted(self._row(package))
        if adopted is not None:
            adopt(self.ledger, package, adopted, self.service)
        return adopted is not None and adopted.state is State.SUBMITTED

    def _record_intent(self, package: Package, state: State, message: str, phase: Phase) -> None:
        """Record what is about to be done: in the journal, in the ledger, beside the package."""
        self.shared.add(package, state)
        self._record(package, state, message, phase)

    def _record_sent(self, package: Package, message: str) -> None:
        """Record that a study was sent whole."""
        self._record(package, State.SUBMITTED, message, Phase.ACKNOWLEDGED, is_outcome=True)
        self.ledger.checkpoint()

    def _record(
        self,
        package: Package,
        state: State,
        message: str,
        phase: Phase | None = None,
        *,
        is_outcome: bool = False,
    ) -> None:
        """Record a step in the ledger and, where it has a `phase`, beside the package."""
        event = self.ledger.record(
            package.cohort_id, package.study_id, state, message, service=self.service
        )
        if phase is not None:
            write_mark(SentMark(package, phase, self.service, event))
        # A refusal is in the journal already; anything else comes after the ledger.
        if is_outcome and phase is not Phase.REFUSED:
            self.shared.add(package, state)

    def _waiting(self, package: Package, message: str, seconds: float) -> Event:
        if seconds:
            until = (self.job.now() + timedelta(seconds=seconds)).astimezone()
            message = f"{message}; waiting until {until:%H:%M:%S} ({describe_seconds(seconds)})"
        return replace(self._event(package, 0, "progress", message), stage=WAIT)

    def _event(self, package: Package, done: int, status: str, message: str) -> Event:
        return Event(STAGE, package.study_id, done, package.size, status, message, self.job.now())


class _Progress:
    """Reports how far an upload is, and records in the ledger that it is still in flight."""

    def __init__(self, worker: UploadWorker, package: Package, on_event: OnEvent) -> None:
        self._worker, self._package, self._on_event = worker, package, on_event
        self._reported = 0.0
        self._recorded = worker.job.monotonic()
        self._beat = worker.options.quiet_seconds / HEARTBEATS
        self.is_open = False
        self.done = 0

    def on_bytes(self, done: int) -> None:
        new = done - self.done
        self.is_open, self.done = True, done
        is_last = done >= self._package.size
        if is_last or time.monotonic() - self._reported > _REPORT_SECONDS:
            self._report("progress" if done else "started")
        if is_last:
            return
        self._heartbeat()
        self._worker.limiter.acquire(new)
        self._wait_while_paused()

    def _wait_while_paused(self) -> None:
        """Hold the upload while paused; a stop resumes it, so that it is finished."""
        control, sleep = self._worker.job.control, self._worker.job.clock.sleep
        if not control.pause.is_set() or control.stop.is_set():
            return
        self._report("progress", PAUSED)
        self._record(PAUSED)  # the speed of uploads is taken without pauses
        while control.pause.is_set() and not control.stop.is_set():
            self._heartbeat()
            sleep(_PAUSE_SECONDS)
        self._record(RESUMED)

    def _report(self, status: str, message: str = "") -> None:
        self._reported = time.monotonic()
        self._on_event(self._worker._event(self._package, self.done, status, message))

    def _heartbeat(self) -> None:
        now = self._worker.job.monotonic()
        if self._beat and now - self._recorded >= self._beat:
            self._record(f"{self.done} of {self._package.size} bytes")

    def _record(self, message: str) -> None:
        """Record in the ledger that the upload is in flight."""
        self._recorded = self._worker.job.monotonic()
        self._worker._record(self._package, State.UPLOADING, message)


def _verify_digest(package: Package) -> None:
    """Raise an error unless the file is the package that the ledger records."""
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
        with suppress(OSError):  # it is made again where it is missing
            package.path.replace(package.path.with_suffix(DAMAGED))
        raise PackageError(
            "The package was changed since it was made, and set aside.",
            why="Its SHA-256 checksum differs.",
            advice="Submit again: the package is made again first.",
            study_id=package.study_id,
        )


def _with_study(error: NeuroflowError, package: Package) -> str:
    text = str(error)
    return text if error.study_id else _named(text, package)


def _named(text: str, package: Package) -> str:
    return f"Study {package.study_id}: {text}"
