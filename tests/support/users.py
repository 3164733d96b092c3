"""Python as other users of this computer, which only root can start."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

GROUP = 64100
USERS = {"ada": 64101, "ben": 64102}


def python_for_all():
    """Return a Python of this version that every user may start, or None."""
    mine = Path(sys.executable).resolve()
    if all(each.stat().st_mode & 0o001 for each in (mine, *mine.parents)):
        return str(mine)
    other = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    mine_is = "{}.{}".format(*sys.version_info[:2])
    return other if other and Path(other).resolve().name == f"python{mine_is}" else None


def require_users():
    """Skip the test loudly where no other user can be had."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or python_for_all() is None:
        pytest.skip("NOT ROOT: a workspace was NOT tried by two users of a group")


@contextmanager
def open_place():
    """Make a folder that every user may enter, below the folder for temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="neuroflow-users-"))
    try:
        folder.chmod(0o755)
        for name, number in USERS.items():
            (folder / name).mkdir()
            os.chown(folder / name, number, number)
        yield folder
    finally:
        shutil.rmtree(folder)


def run_as(user, place, program, *, umask):
    """Run a program as a user of the group; return what it prints."""
    number, home = USERS[user], place / user
    done = subprocess.run(
        [python_for_all(), "-c", program, str(place)],
        check=False,
        user=number,
        group=number,
        extra_groups=[GROUP],
        umask=umask,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
