"""Jobs: one at a time, each logged once."""

import json
import threading

import pytest
from support.waits import PATIENCE

from neuroflow.errors import LockedError, WorkspaceError
from neuroflow.ledger import utc_now
from neuroflow.models import Event
from neuroflow.transfer import Control
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import JobFile, Jobs, RunningJob, supervisor


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


def shown(jobs, supervisor):
    """Return the job as another program sees it, after its next tick."""
    supervisor.tick()
    return Jobs(ProjectFolder(jobs._folder.root)).running


@pytest.fixture
def ticking(jobs, monkeypatch):
    """Start a job that can be paused; it looks for orders when the test ticks."""
    made = []
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 1e6)
    own = supervisor.Supervisor.__init__
    monkeypatch.setattr(
        supervisor.Supervisor, "__init__", lambda self, *a: made.append(self) or own(self, *a)
    )
    control = Control()
    with jobs.run("submit", lambda _: None, control=control) as job:
        yield job, control, made[0]


def test_other_programs_see_how_far_a_job_is(jobs, ticking):
    job, _, running = ticking
    job.report(Event("upload", None, 3, 10, "progress", "", utc_now()))
    job.report(Event("upload", "a-study", 1, 1, "done", "", utc_now()))
    seen = shown(jobs, running)
    assert seen.text == "submit (upload: 3 of 10)"
    assert seen.can_pause
    assert seen.can_stop
    assert "a-study" not in (jobs._folder.root / "job.json").read_text()


def test_orders_of_other_programs_pause_resume_and_stop(jobs, ticking):
    _, control, running = ticking
    running.tick()
    other = Jobs(ProjectFolder(jobs._folder.root))
    other.send("pause")
    assert shown(jobs, running).is_paused
    assert control.pause.is_set()
    other.send("resume")
    assert not shown(jobs, running).is_paused
    control.pause.set()  # by the page that began it
    assert shown(jobs, running).is_paused
    other.send("stop")
    seen = shown(jobs, running)
    assert seen.is_stopping
    assert not seen.is_paused
    assert not control.pause.is_set()


def test_order_to_an_earlier_job_is_not_followed(jobs, ticking):
    _, control, running = ticking
    running.tick()
    path = jobs._folder.root / "job_order.json"
    path.write_text('{"job": "earlier", "order": "stop"}')
    running.tick()
    path.write_text("half of {")
    running.tick()
    assert not control.stop.is_set()


def test_job_of_a_killed_program_is_not_running(jobs, folder):
    JobFile(folder.root).write(RunningJob("x", "submit", utc_now(), is_paused=True, can_stop=True))
    assert jobs.running is None
    with pytest.raises(WorkspaceError, match="No job runs"):
        jobs.send("resume")


def test_job_without_control_cannot_be_stopped(jobs, folder):
    with jobs.run("rebuild", lambda _: None):
        JobFile(folder.root).write(RunningJob("x", "rebuild", utc_now()))
        with pytest.raises(WorkspaceError, match="cannot be stopped"):
            jobs.send("stop")


def test_files_of_a_job_go_with_it(jobs, folder, monkeypatch):
    written = threading.Event()
    tick = supervisor.Supervisor.tick
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(supervisor.Supervisor, "tick", lambda self: tick(self) or written.set())
    with jobs.run("submit", lambda _: None, control=Control()):
        assert written.wait(PATIENCE)
        assert jobs.running is not None
    assert not list(folder.root.glob("job*"))
