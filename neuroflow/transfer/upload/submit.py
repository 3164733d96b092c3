"""Carrying out a plan: every study sent whole, once and only once, several at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from neuroflow.contract import cohort_folder
from neuroflow.errors import RemoteRefusedError, SubmissionError
from neuroflow.ledger import Ledger, utc_now
from neuroflow.models import Event, Package, ResultFolder
from neuroflow.transfer.collect import find_folders
from neuroflow.transfer.concurrency import connections_for, round_trip_time
from neuroflow.transfer.pool import Clockwork, ConnectionPool
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.upload.plan import Action, Plan, PlanItem, has_failed, plan
from neuroflow.transfer.upload.rate_limit import RateLimiter
from neuroflow.transfer.upload.worker import STAGE, WAIT, Task, UploadWorker

__all__ = ["Action", "PackageStream", "Plan", "PlanItem", "has_failed", "plan", "submit"]

PackageStream = Generator[Event | tuple[PlanItem, Package], None, None]
"""Brings studies that are to be sent, and tells what it does meanwhile."""


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
    more: PackageStream | None = None,
) -> Generator[Event, None, None]:
    """Carry out a plan.

    Intent is in the ledger before, the outcome after every step; a study whose end is not known
    is looked at on the server before anything is sent.
    """
    if limit_rate is not None and limit_rate <= 0:
        raise SubmissionError(
            f"{limit_rate} bytes per second is no rate.", advice="Give a number above zero."
        )
    clockwork = Clockwork(clock, sleep, stop or threading.Event(), pause)
    limiter = RateLimiter(limit_rate, pause, clockwork.stop, sleep)
    tasks = _tasks(plan, packages)
    total = _Total(clock, is_complete=more is None)
    total.add(*tasks)
    with closing(total.counted(more)) as further:
        if not tasks:
            yield from _until_first(further, tasks, clockwork)
        if not tasks:
            return
        with connect() as first:
            folder = cohort_folder(plan.cohort_id)
            first.mkdirs(folder)
            worker = UploadWorker(ledger, clock, quiet_seconds, _results(first), limiter)
            size = connections_for(round_trip_time(first, folder), connections)
            pool = ConnectionPool(
                connect,
                tasks,
                worker.handle,
                first=first,
                size=size,
                clockwork=clockwork,
                more=further if more else None,
            )
            yield total.event("started")
            yield from pool.work(total.after)
            yield total.at_the_end(is_stopped=clockwork.stop.is_set())


def _until_first(
    further: Generator[Event | Task, None, None], tasks: list[Task], clockwork: Clockwork
) -> Generator[Event, None, None]:
    """Pass on what is told until there is a study to send."""
    for piece in further:
        if isinstance(piece, Task):
            tasks.append(piece)
            return
        yield piece
        if clockwork.is_over():
            return


def _tasks(plan: Plan, packages: Sequence[Package]) -> list[Task]:
    known = {package.study_id: package for package in packages}
    missing = [item.study_id for item in plan.to_do if item.study_id not in known]
    if missing:
        raise SubmissionError(
            "A study of the plan has no package.",
            advice="Package the cohort, then plan again.",
            study_id=missing[0],
        )
    return [Task(known[item.study_id], item.force) for item in plan.to_do]


def _results(remote: Remote) -> dict[str, ResultFolder]:
    try:
        return {folder.study_id: folder for folder in find_folders(remote)}
    except RemoteRefusedError:
        return {}  # an account that may only write


@dataclass(slots=True)
class _Total:
    """Bytes done of the whole job, which may grow meanwhile."""

    clock: Callable[[], datetime]
    size: int = 0
    count: int = 0
    is_complete: bool = True
    done: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def add(self, *tasks: Task) -> None:
        self.count += len(tasks)
        self.size += sum(task.package.size for task in tasks)

    def counted(self, more: PackageStream | None) -> Generator[Event | Task, None, None]:
        """Count the studies that come in, on their way to the pool."""
        if more is not None:
            with closing(more):
                for piece in more:
                    yield piece if isinstance(piece, Event) else self._counted(*piece)
        self.is_complete = True

    def _counted(self, item: PlanItem, package: Package) -> Task:
        task = Task(package, item.force)
        self.add(task)
        return task

    def after(self, event: Event) -> Event | None:
        if event.stage not in {STAGE, WAIT}:
            return None  # of those who bring more
        if event.study_id is not None and event.stage == STAGE:
            is_over = event.status in {"done", "skipped"}
            self.done[event.study_id] = event.total if is_over else event.done
            if is_over or event.status == "failed":
                self.over.add(event.study_id)
        return self.event("progress")

    def at_the_end(self, *, is_stopped: bool) -> Event:
        left = self.count - len(self.over)
        message = f"{left} of {self.count} studies are left for the next run" if left else ""
        if not self.is_complete:
            message = f"{message or 'all that was begun is sent'}; others are not packaged yet"
        if is_stopped and message:
            message = f"stopped as asked, what was under way is finished; {message}"
        return self.event("done", message)

    def event(self, status: str, message: str = "") -> Event:
        done = sum(self.done.values())
        return Event(STAGE, None, done, self.size, status, message, self.clock())
