"""The header: where one works, and the job of another page, notebook or command."""

from datetime import UTC, datetime

import pytest
from support.forms import button, html_of

from neuroflow.widgets.header import HeaderModel, header
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import JobFile, RunningJob

JOB = RunningJob(
    "x", "submit", datetime.now(UTC), stage="upload", done=3, total=9, can_pause=True, can_stop=True
)


@pytest.fixture
def elsewhere(empty):
    """Run a job as another program does; return its file."""
    file = JobFile(empty.folder)
    with ProjectFolder(empty.folder).locked():
        file.write(JOB)
        yield file


def test_header_names_project_folder_and_account(workspace):
    shown = html_of(header(HeaderModel(workspace, lambda: False)))
    profile = workspace.service.profile
    for words in (workspace.folder.name, str(workspace.folder), f"{profile.user} at"):
        assert words in shown


def test_job_of_another_program_is_paused_continued_and_stopped(empty, elsewhere):
    view = header(model := HeaderModel(empty, lambda: False))
    assert "Sending studies (upload: 3 of 9)" in html_of(view)
    button(view, "Pause").click()
    assert elsewhere.order("x") == "pause"
    elsewhere.write(RunningJob(**{n: getattr(JOB, n) for n in JOB.__slots__} | {"is_paused": True}))
    model.poll()
    assert "Paused: Sending studies" in html_of(view)
    button(view, "Continue").click()
    assert elsewhere.order("x") == "resume"
    button(view, "Stop").click()
    assert elsewhere.order("x") == "stop"
    assert model.problems == ()


def test_own_job_is_left_to_its_form(empty, elsewhere):
    assert HeaderModel(empty, lambda: True).job is None
    assert elsewhere.read() is not None


def test_stop_of_a_job_that_has_ended_does_nothing(empty):
    model = HeaderModel(empty, lambda: False)
    model.run_safely(model.stop)
    assert (model.job, model.problems) == (None, ())
