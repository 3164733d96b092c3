"""Copies of scans in temporary folders: private, and never left behind for long."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest
from support.waits import PATIENCE

from neuroflow.io import scratch, scratch_folder, sweep_scratch

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes of POSIX")

COPYING = """
import signal, sys, time
from neuroflow.cli.program import _ended_tidily
from neuroflow.io import scratch_folder
with _ended_tidily(), scratch_folder() as folder:
    (folder / "image.dcm").write_bytes(b"MUSTERMANN")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Use an empty folder for temporary files, also in processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


PLAIN = COPYING.replace("_ended_tidily(), ", "")  # no command of neuroflow, but a script of a user


def ended_by(number, script=COPYING):
    """Run a process that copies a scan, and end it by a signal."""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip()
        process.send_signal(number)
        process.wait(PATIENCE)
    return process.returncode


def test_a_copy_is_private_and_goes(temporary):
    before = os.umask(0)
    try:
        with scratch_folder() as folder:
            assert folder.parent == temporary
            assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
    assert not list(temporary.iterdir())


def test_sigterm_leaves_nothing(temporary):
    assert ended_by(signal.SIGTERM) == 128 + signal.SIGTERM
    assert not list(temporary.iterdir())


def test_sigterm_ends_a_script_and_leaves_nothing(temporary):
    assert "tidily" in COPYING
    assert ended_by(signal.SIGTERM, PLAIN) == -signal.SIGTERM
    assert not list(temporary.iterdir())
    with scratch_folder(), scratch_folder():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_copies_left_by_a_killed_run_are_removed(temporary):
    ended_by(signal.SIGKILL)
    assert list(temporary.rglob("image.dcm"))
    with scratch_folder():
        assert not list(temporary.rglob("image.dcm"))


def test_folders_of_running_processes_and_links_stay(temporary):
    (temporary / f"neuroflow-{os.getpid()}-x").mkdir()
    (temporary / "neuroflow-theirs-x").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "neuroflow-999999999-x").symlink_to(temporary / "elsewhere")
    sweep_scratch()
    assert len(list(temporary.iterdir())) == 4


def test_a_copy_inside_a_folder_is_swept_there(temporary):
    inside = temporary / "workspace"
    inside.mkdir()
    with scratch_folder(inside) as folder:
        assert folder.parent == inside
        assert folder.stat().st_mode & 0o777 == 0o700
    left = inside / f"neuroflow-999999999-{scratch._host()}-x"
    left.mkdir()
    (inside / "scans").mkdir()
    sweep_scratch(inside)
    assert [path.name for path in inside.iterdir()] == ["scans"]


def test_a_folder_that_cannot_be_written_to_is_not_used(temporary):
    with scratch_folder(temporary / "missing") as folder:
        assert folder.parent == temporary


def test_copies_of_another_computer_stay_for_a_week(temporary):
    theirs = temporary / "neuroflow-999999999-0123abcd-x"
    theirs.mkdir()
    sweep_scratch()
    assert theirs.is_dir()
    long_ago = time.time() - 8 * 86_400
    os.utime(theirs, (long_ago, long_ago))
    sweep_scratch()
    assert not theirs.exists()
