"""Temporary folders for copies of scans: private, and swept when a killed run left them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "neuroflow-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that only this user may enter, which is removed afterwards.

    What killed runs of this user left is removed first.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    sweep_scratch()
    place = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")  # 700 whatever the umask
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep_scratch() -> None:
    """Remove the temporary folders of processes of this user that are gone."""
    above = Path(tempfile.gettempdir())
    with suppress(OSError):
        for path in above.glob(f"{_PREFIX}*-*"):
            with suppress(OSError):
                if _is_left(path):
                    shutil.rmtree(path, ignore_errors=True)


def _is_left(path: Path) -> bool:
    """Check whether a folder is ours and its process is gone; a link never is."""
    facts = path.lstat()
    number = path.name.removeprefix(_PREFIX).partition("-")[0]
    if not stat.S_ISDIR(facts.st_mode) or not number.isdigit():
        return False
    if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
        return False
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
