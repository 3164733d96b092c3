"""One service per folder: two would process the same uploads."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from neuroflow.errors import DemoError


def lock_of(root: Path) -> FileLock:
    """Return the lock of a service's folder, free once its process has ended."""
    # Another thread may stop the service, and each service of a process has a lock of its own.
    return FileLock(root / "running.lock", thread_local=False, is_singleton=False)


def take(lock: FileLock, root: Path) -> None:
    """Take the lock; raise an error where another service has it."""
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise DemoError(
            f"Another service uses {root}.",
            advice="Connect to that one, or choose another folder.",
        ) from error


def is_running(root: Path) -> bool:
    """Return whether a service uses a folder, in this process or another."""
    if not root.is_dir():
        return False
    try:
        with lock_of(root).acquire(timeout=0):
            return False
    except Timeout:
        return True
