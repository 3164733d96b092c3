import os
import stat
import subprocess
import sys

import pytest

from neuroflow.errors import LockedError, WorkspaceError
from neuroflow.workspace.folder import ProjectFolder


def test_a_new_folder_is_made_with_those_above_it(tmp_path):
    assert ProjectFolder(tmp_path / "a" / "b").root.is_dir()


@pytest.mark.parametrize("below", ["", "project"])
def test_a_file_is_no_workspace(tmp_path, below):
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="cannot be a workspace"):
        ProjectFolder(file / below)
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(WorkspaceError, match="cannot be written"):
        ProjectFolder(tmp_path)


def test_a_folder_on_a_read_only_disk_is_refused():
    if not os.path.isdir("/proc/self"):  # noqa: PTH112
        pytest.skip("no /proc here: nothing that even an administrator cannot write")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        ProjectFolder("/proc/self/project")


def test_the_salt_is_made_once_and_for_the_owner_only(tmp_path):
    salt = ProjectFolder(tmp_path).salt
    assert len(salt) == 32
    assert ProjectFolder(tmp_path).salt == salt
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "salt").stat().st_mode) == 0o600


def test_two_workspaces_do_not_share_a_salt(tmp_path):
    assert ProjectFolder(tmp_path / "a").salt != ProjectFolder(tmp_path / "b").salt


def test_a_second_process_cannot_take_the_lock(tmp_path):
    code = (
        "import sys; from neuroflow.workspace.folder import ProjectFolder\n"
        f"with ProjectFolder({str(tmp_path)!r}).locked():\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match="is in use"), ProjectFolder(tmp_path).locked():
            pass
        assert ProjectFolder(tmp_path).is_locked
        other.kill()
    with ProjectFolder(tmp_path).locked():  # a killed process holds nothing
        assert other.returncode is not None


def test_is_locked_does_not_disturb_the_lock(tmp_path):
    places = ProjectFolder(tmp_path)
    assert not places.is_locked
    with places.locked():
        assert places.is_locked
    assert not places.is_locked


def test_one_workspace_may_hold_its_own_lock_twice(tmp_path):
    places = ProjectFolder(tmp_path)
    with places.locked(), places.locked():
        assert places.root == tmp_path.resolve()
