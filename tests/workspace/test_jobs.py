"""Jobs: one at a time, each logged once."""

import json

import pytest

from neuroflow.errors import LockedError, WorkspaceError
from neuroflow.ledger import utc_now
from neuroflow.models import Event
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Jobs


def logged(folder):
    lines = folder.log.read_text(encoding="utf-8").splitlines()
    return [(line["stage"], line["status"]) for line in map(json.loads, lines)]


def test_a_job_reports_to_the_log_and_to_its_listener(jobs, folder):
    seen = []
    event = Event("collect", "s", 1, 1, "done", "", utc_now())
    with jobs.run("collect", seen.append) as job:
        job.report(event)
    assert seen == [event]
    assert logged(folder) == [("collect", "started"), ("collect", "done"), ("collect", "done")]


def test_a_job_within_another_shares_its_lock_log_and_listener(jobs, folder):
    seen = []
    with (
        jobs.run("rebuild", seen.append) as outer,
        jobs.run("package", None, within=outer) as inner,
    ):
        inner.report(Event("package", "s", 1, 1, "done", "", utc_now()))
        assert folder.is_locked
    assert [event.stage for event in seen] == ["package"]
    assert logged(folder) == [("rebuild", "started"), ("package", "done"), ("rebuild", "done")]


def test_no_other_job_starts_meanwhile(jobs, folder):
    other = Jobs(ProjectFolder(folder.root))
    with (
        jobs.run("submit", print),
        pytest.raises(LockedError, match="is in use"),
        other.run("collect", print),
    ):
        pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, WorkspaceError("no")])
def test_a_job_that_fails_unlocks_the_folder_and_is_logged(jobs, folder, error):
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind), jobs.run("submit", print):
        raise error
    assert not folder.is_locked
    assert logged(folder)[-1] == ("submit", "failed")
