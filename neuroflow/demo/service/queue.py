"""The queue of uploads that wait for processing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class ProcessingQueue:
    """Processes every upload a set time after it is complete, one at a time."""

    def __init__(self, process: Callable[[Path], None], delay: float) -> None:
        self._process = process
        self._delay = delay
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[Path, asyncio.Task[None]] = {}  # Until the delay is over
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="neuroflow-demo-worker")
        self._changed = threading.Condition()
        self._pending = 0
        self.processed: list[str] = []

    def add(self, upload: Path) -> None:
        """Queue an upload; called in the service's event loop."""
        if (before := self._waiting.pop(upload, None)) is not None:
            # A study that is uploaded as a folder waits again with each of its files.
            before.cancel()
        with self._changed:
            self._pending += 1
        task = asyncio.get_running_loop().create_task(self._run(upload))
        self._tasks.add(task)
        self._waiting[upload] = task
        task.add_done_callback(self._finished)

    async def _run(self, upload: Path) -> None:
        await asyncio.sleep(self._delay)
        self._waiting.pop(upload, None)
        self.processed.append(upload.stem)
        await asyncio.get_running_loop().run_in_executor(self._worker, self._process, upload)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with self._changed:
            self._pending -= 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Wait until the queue is empty; called from any thread but the service's."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pending == 0, timeout)

    async def stop(self) -> None:
        """Drop what waits and finish the upload that is being processed."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._worker.shutdown(wait=True, cancel_futures=True)
