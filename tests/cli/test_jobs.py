"""Pause, resume and stop: the job of a workspace, whatever program runs it."""

import json

import pytest

from neuroflow.ledger import utc_now
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import JobFile, RunningJob
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def folder(tmp_path):
    """Make a workspace in which nothing runs."""
    with Workspace(tmp_path / "project") as ws:
        return ProjectFolder(ws.folder)


@pytest.mark.parametrize("order", ["pause", "resume", "stop"])
def test_order_reaches_the_job_that_runs(run, folder, order):
    job = RunningJob("x", "submit", utc_now(), done=3, can_pause=True, can_stop=True)
    with folder.locked():
        JobFile(folder.root).write(job)
        code, out, _ = run(order, folder.root, "--json")
        assert code == 0
        assert json.loads(out)["job"]["done"] == 3
        assert JobFile(folder.root).order("x") == order


@pytest.mark.parametrize("order", ["pause", "resume", "stop"])
def test_without_a_job_there_is_nothing_to_order(run, folder, order):
    code, _, err = run(order, folder.root)
    assert code not in (0, 1)
    assert "No job runs in this workspace." in err
