"""Files that several workers of a test run read: one of them makes them for all."""

import os
import shutil

from filelock import FileLock


def made_once(tmp_path_factory, name, make):
    """Return the folder that `make(folder)` writes, once in a test run; never change it."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = base / name, base / f"{name}.made"
    with FileLock(base / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            make(folder)
            made.touch()
    return folder
