"""Run one function over many items on any executor."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from typing import TypeVar

from neuroflow.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

INLINE_COST = 400
"""Below this many cheap items, starting processes takes longer than the work."""

SCHEDULERS = ("SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC")
"""Variables with the cores of a job: Slurm, Grid Engine, PBS, LSF. Not all of them bind the job to
these cores, so that the operating system alone may show all of the node."""

_chosen: int | None = None
_pool: tuple[tuple[int, int], Executor] | None = None
"""The process and the number of workers that the executor belongs to, and the executor."""


def map_chunks(
    function: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    *,
    executor: Executor | None = None,
    chunk: int = 1,
    cost: int = 1,
) -> Iterator[tuple[int, list[Result]]]:
    """Run a function over chunks of items, and yield the start of each chunk with its results.

    >>> list(map_chunks(lambda chunk: [n * n for n in chunk], [1, 2, 3], chunk=2))
    [(0, [1, 4]), (2, [9])]
    """
    starts = range(0, len(items), chunk)
    is_cheap = len(items) * cost < INLINE_COST or len(starts) < 2
    if executor is None and (is_cheap or processes() < 2):
        for start in starts:
            yield start, function(items[start : start + chunk])
        return
    pool = executor if executor is not None else local_executor()
    with _signals_blocked():
        futures: dict[Future[list[Result]], int] = {
            pool.submit(function, items[start : start + chunk]): start for start in starts
        }
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenExecutor as error:
        if executor is None:
            _close_pool()
        raise WorkerError(
            "A worker process ended unexpectedly.",
            why="The usual reason is too little memory.",
            advice="Close other programs and try again, or pass an executor with fewer workers.",
        ) from error
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Start processes that ignore Ctrl-C and SIGTERM, which only the main process handles."""
    if sys.platform == "win32":  # without signal masks
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its own start would unblock the signals
    # Running tasks are finished; without this, each process would print a traceback.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def processes() -> int:
    """Return how many processes work at most: as chosen, or else the cores of this job."""
    from loky import cpu_count  # type: ignore[import-untyped]

    if _chosen is not None:
        return _chosen
    # loky.cpu_count knows CPU affinity, CPU limits of cgroups and LOKY_MAX_CPU_COUNT.
    granted = [os.environ.get(name, "") for name in SCHEDULERS]
    counts = [int(text) for text in granted if text.isdecimal() and int(text) > 0]
    return max(1, min([int(cpu_count()), *counts]))


def limit_processes(count: int | None) -> None:
    """Choose how many processes of this program work at most; None: the cores of the job."""
    global _chosen  # noqa: PLW0603  one number for the whole process, as its cores are
    _chosen = count


def local_executor() -> Executor:
    """Return the processes on this job's cores, started once and reused."""
    global _pool  # noqa: PLW0603  one set of processes for the whole program
    from loky import ProcessPoolExecutor

    key = (os.getpid(), processes())
    if _pool is None or _pool[0] != key:
        _close_pool()
        atexit.register(_close_pool)  # later, the modules that loky's end needs are gone
        # neuroflow's own: loky's reusable executor may be the caller's, and asking for it with
        # another number of processes would shut the caller's down.
        _pool = key, ProcessPoolExecutor(max_workers=processes(), timeout=120)
    return _pool[1]


def _close_pool() -> None:
    """Let go of the processes, so that the next call starts others."""
    global _pool  # noqa: PLW0603
    if _pool is not None and _pool[0][0] == os.getpid():
        _pool[1].shutdown(wait=False)
    _pool = None
