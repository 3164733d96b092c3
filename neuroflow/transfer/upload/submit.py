"""Carry out a plan: send every study whole, exactly once, over several connections."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from neuroflow.contract import cohort_folder
from neuroflow.errors import RemoteRefusedError, SubmissionError
from neuroflow.ledger import Ledger
from neuroflow.models import Event, Package, ResultFolder
from neuroflow.transfer.collect import find_folders
from neuroflow.transfer.concurrency import connections_for, round_trip_time
from neuroflow.transfer.control import Clock, Control, Job
from neuroflow.transfer.pool import WAIT, ConnectionPool, first_connection
from neuroflow.transfer.remote import Remote
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import Plan, PlanItem
from neuroflow.transfer.upload.rate_limit import RateLimiter
from neuroflow.transfer.upload.shared_journal import SharedJournal
from neuroflow.transfer.upload.task import Task
from neuroflow.transfer.upload.worker import STAGE, UploadWorker

PackageStream = Generator[Event | tuple[PlanItem, Package], None, None]
"""Yields studies to send as they become ready, and the events of preparing them."""

BeforeFirst = Callable[[Remote, Mapping[str, ResultFolder]], None]
"""Takes the server and the results on it."""


def submit(
    plan: Plan,
    packages: Sequence[Package],
    connect: Callable[[], Remote],
    ledger: Ledger,
    *,
    options: UploadOptions | None = None,
    control: Control | None = None,
    clock: Clock | None = None,
    incoming: PackageStream | None = None,
    service: str = "",
    # Sees the server before anything is sent, and may raise an error.
    before_first: BeforeFirst | None = None,
    # What other workspaces of the account know.
    shared: SharedJournal | None = None,
) -> Generator[Event, None, None]:
    """Carry out a plan, and send further studies as they come in.

    The ledger records the intent before each step and the outcome after it. Where the outcome of
    an earlier upload is unknown, the server is checked before anything is sent.
    """
    options = options or UploadOptions()
    job = Job(clock or Clock(), control or Control())
    limiter = RateLimiter(options.bytes_per_second, job.clock.sleep)
    tasks = _tasks(plan, packages)
    total = _Total(job.now, is_complete=incoming is None)
    total.add(*tasks)
    with closing(total.counted(incoming)) as further:
        if not tasks:
            yield from _until_first(further, tasks, job)
        if not tasks:
            return
        with (yield from first_connection(connect, job, WAIT)) as first:
            folder = cohort_folder(plan.cohort_id)
            results = _results(first)
            if before_first is not None:
                before_first(first, results)
            first.mkdirs(folder)
            worker = UploadWorker(
                ledger, job, options, results, limiter, service, shared or SharedJournal()
            )
            size = connections_for(round_trip_time(first, folder), options.connections)
            pool = ConnectionPool(
                connect,
                tasks,
                worker.handle,
                first=first,
                size=size,
                job=job,
                incoming=further if incoming else None,
            )
            yield total.event("started")
            yield from pool.run(total.after)
            yield total.at_the_end(is_stopped=job.control.stop.is_set())


def _until_first(
    further: Generator[Event | Task, None, None], tasks: list[Task], job: Job
) -> Generator[Event, None, None]:
    """Yield events until the first study is ready to be sent."""
    for item in further:
        if isinstance(item, Task):
            tasks.append(item)
            return
        yield item
        if job.is_over():
            return


def _tasks(plan: Plan, packages: Sequence[Package]) -> list[Task]:
    known = {package.study_id: package for package in packages}
    missing = [item.study_id for item in plan.to_do if item.study_id not in known]
    if missing:
        raise SubmissionError(
            "A study of the plan has no package.",
            advice="Package the cohort, then submit again.",
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
    """Bytes done of the whole job, which grows while studies come in."""

    clock: Callable[[], datetime]
    size: int = 0
    count: int = 0
    is_complete: bool = True
    done: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def add(self, *tasks: Task) -> None:
        self.count += len(tasks)
        self.size += sum(task.package.size for task in tasks)

    def counted(self, incoming: PackageStream | None) -> Generator[Event | Task, None, None]:
        """Count the studies that come in, on their way to the pool."""
        if incoming is not None:
            with closing(incoming):
                for item in incoming:
                    yield item if isinstance(item, Event) else self._counted(*item)
        self.is_complete = True

    def _counted(self, item: PlanItem, package: Package) -> Task:
        task = Task(package, item.force)
        self.add(task)
        return task

    def after(self, event: Event) -> Event | None:
        if event.stage not in {STAGE, WAIT}:
            return None  # of preparing further studies
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
            message = (
                f"{message or 'every study that was started is sent'}; others are not packaged yet"
            )
        if is_stopped and message:
            message = f"stopped; studies in flight were finished; {message}"
        return self.event("done", message)

    def event(self, status: str, message: str = "") -> Event:
        done = sum(self.done.values())
        return Event(STAGE, None, done, self.size, status, message, self.clock())
