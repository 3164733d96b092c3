"""The long jobs of a workspace: one at a time, each logged once, each with a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from neuroflow.events import EventLog, listening
from neuroflow.io import make_private_folder, private_mode, sweep_scratch
from neuroflow.ledger import utc_now
from neuroflow.models import Event, OnEvent
from neuroflow.transfer import Control
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs.job_file import JobFile, Order, RunningJob, nothing_runs
from neuroflow.workspace.jobs.supervisor import Supervisor
from neuroflow.workspace.witness import Witness


@dataclass(frozen=True, slots=True)
class Job:
    """A job that runs now: the folder is locked and its events are logged."""

    name: str  # As it is called in the log
    report: OnEvent  # Takes each event: to the log, then to the listener


class Jobs:
    """Starts the jobs of a workspace."""

    def __init__(
        self,
        folder: ProjectFolder,
        *,
        clock: Callable[[], datetime] = utc_now,
        witness: Witness | None = None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._witness = witness
        self._file = JobFile(folder.root)

    @property
    def running(self) -> RunningJob | None:
        """The job that runs now, in this process or another; None without one."""
        return self._file.read() if self._folder.is_locked else None

    def send(self, order: Order) -> None:
        """Order the job that runs now to pause, resume or stop, whoever began it."""
        if self.running is None:
            raise nothing_runs()
        self._file.send(order)

    @contextmanager
    def run(
        self,
        name: str,
        on_event: OnEvent | None,
        *,
        # With one, other programs can stop the job, and perhaps pause it.
        control: Control | None = None,
        # The job whose lock, log and listener this one shares.
        within: Job | None = None,
    ) -> Iterator[Job]:
        """Lock the folder, log the job and report to its listener, or to progress bars."""
        if within is not None:
            yield within
            return
        supervisor = Supervisor(self._file, name, self._clock, control)

        def report(event: Event) -> None:
            supervisor.follow(event)
            listen(event)

        with (
            self._folder.locked(),
            listening(on_event) as listen,
            self._log(name, report) as log,
            supervisor.watching(),
        ):
            # What a killed run left of its copies of scans.
            sweep_scratch(*self._folder.scratch_places())
            if self._witness is not None:
                self._witness.start(name)
            yield Job(name, log)

    def _log(self, name: str, listen: OnEvent) -> EventLog:
        """Open the log, for those who may read the workspace."""
        make_private_folder(self._folder.log.parent)
        mode = private_mode(self._folder.root)
        return EventLog(self._folder.log, name, listen, clock=self._clock, mode=mode)
