"""Shows a running job to other programs and follows their orders."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from neuroflow.models import Event
from neuroflow.transfer import Control
from neuroflow.workspace.jobs.job_file import JobFile, RunningJob

TICK_SECONDS = 0.5
"""How often a job looks for orders and shows its state; a shorter job is not shown at all."""


class Supervisor:
    """The state of one job in its file, and the orders to it."""

    def __init__(
        self, file: JobFile, name: str, now: Callable[[], datetime], control: Control | None
    ) -> None:
        self._file = file
        self._control = control
        self._written: RunningJob | None = None
        self._job = RunningJob(
            secrets.token_hex(8),
            name,
            now(),
            process=f"{os.getpid()} on {socket.gethostname()}",
            can_pause=control is not None and control.can_pause,
            can_stop=control is not None,
        )

    def follow(self, event: Event) -> None:
        """Take the progress of a stage from an event."""
        if event.study_id is None:
            self._job = replace(self._job, stage=event.stage, done=event.done, total=event.total)

    def tick(self) -> None:
        """Follow the last order and write what has changed."""
        job = self._job
        if self._control is not None:
            self._obey(self._control)
            job = replace(
                job,
                is_paused=self._control.pause.is_set() and not self._control.stop.is_set(),
                is_stopping=self._control.stop.is_set(),
            )
        if job != self._written:
            self._file.write(job)
            self._written = job

    def _obey(self, control: Control) -> None:
        order = self._file.order(self._job.id)
        if order == "pause":
            control.pause.set()
        elif order == "resume":
            control.pause.clear()
        elif order == "stop":
            control.stop.set()
            control.pause.clear()  # what has begun is finished

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Tick in the background until the job has ended; then remove the files."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(TICK_SECONDS):
                with suppress(OSError):  # a disk that is away now: the job itself will report it
                    self.tick()

        thread = threading.Thread(target=watch, name="neuroflow-job", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if self._written is not None:
                with suppress(OSError):
                    self._file.remove()
