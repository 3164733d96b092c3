"""Temporary folders for copies of scans: private, and swept when a killed run left them."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "neuroflow-"
_OTHER_HOSTS_SECONDS = 7 * 86_400.0
"""After so long a folder in a shared place is taken for left, whose computer cannot be asked."""


@contextmanager
def scratch_folder(inside: Path | None = None) -> Iterator[Path]:
    """Yield a folder that only this user may enter, which is removed afterwards.

    It is made `inside` a folder, such as a workspace, if that can be written to, else among the
    temporary files.
    """
    above = inside if inside is not None and os.access(inside, os.W_OK | os.X_OK) else None
    # What killed runs of this user left there.
    sweep_scratch(*([above] if above else []))
    prefix = f"{_PREFIX}{os.getpid()}-{_host()}-"
    place = tempfile.mkdtemp(prefix=prefix, dir=above)  # 700 whatever the umask
    try:
        with _removed_when_ended(place):
            yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _removed_when_ended(place: str) -> Iterator[None]:
    """Remove a folder also where SIGTERM would end this process, as job schedulers do."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: object) -> None:
        shutil.rmtree(place, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def sweep_scratch(*places: Path) -> None:
    """Remove the temporary folders of processes of this user that are gone, also in `places`."""
    for above in (Path(tempfile.gettempdir()), *places):
        with suppress(OSError):
            for path in above.glob(f"{_PREFIX}*-*"):
                with suppress(OSError):
                    if _is_left(path):
                        shutil.rmtree(path, ignore_errors=True)


def _host() -> str:
    """Return a short name of this computer: several may share the folder of a workspace."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_left(path: Path) -> bool:
    """Check whether a folder is ours and its process is gone; a link never is."""
    facts = path.lstat()
    number, *host = path.name.removeprefix(_PREFIX).split("-")[:-1]
    if not stat.S_ISDIR(facts.st_mode) or not number.isdigit():
        return False
    if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
        return False
    if host and host != [_host()]:
        return time.time() - facts.st_mtime > _OTHER_HOSTS_SECONDS
    return not _is_running(int(number))


def _is_running(process: int) -> bool:
    if os.name != "posix":  # there, a signal would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
