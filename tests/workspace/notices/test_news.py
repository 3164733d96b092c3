"""Failed and overdue studies are reported once, wherever they are noticed."""

import json
import warnings
from datetime import timedelta

import pytest

from neuroflow.errors import ResultWarning
from neuroflow.ledger import State
from neuroflow.workspace.workspace import Workspace


def warned(action):
    """Return the table of an action and its warnings about studies."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = action()
    return table, [str(each.message) for each in caught if each.category is ResultWarning]


def test_a_failure_is_a_warning_once_with_its_reason(project):
    project.send("s1")
    project.send("s2")
    project.fail("s1")
    project.deliver("s2")
    table, messages = warned(project.collect)
    assert messages == ["Study s1 has failed: a failure report was received: the age is missing."]
    assert table.attrs["newly_failed"] == ["s1"]
    assert table.attrs["newly_collected"] == ["s2"]
    table, messages = warned(project.collect)
    assert (table.attrs["newly_failed"], messages) == ([], [])


def test_it_is_remembered_across_processes(project):
    project.send("s1")
    project.fail("s1")
    warned(project.collect)
    with Workspace(project.ws.folder) as again:
        again.service.connect = project.ws.service.connect
        assert warned(lambda: again.collect(on_event=lambda event: None))[1] == []


def test_watching_reports_overdue_studies_and_each_once(project):
    project.send("s1")
    project.later = timedelta(hours=7)
    updates = project.ws.watch(interval_seconds=0.01, timeout_hours=0.001)
    first, messages = warned(lambda: next(updates))
    assert first.table.attrs["newly_overdue"] == ["s1"]
    assert len(messages) == 1
    assert messages[0].startswith("Study s1 is overdue: no complete result after 7.0 hours")
    second, messages = warned(lambda: next(updates))
    assert (second.table.attrs["newly_overdue"], messages) == ([], [])


def test_waiting_reports_them_too(project):
    project.send("s1")
    project.later = timedelta(hours=7)
    _, messages = warned(
        lambda: project.ws.wait(timeout_hours=0, interval_seconds=0.01, on_event=lambda event: None)
    )
    assert len(messages) == 1


def test_a_look_at_the_status_reports_and_remembers_nothing(project):
    project.send("s1")
    project.later = timedelta(hours=7)
    assert warned(project.ws.status)[1] == []
    assert not (project.ws.folder / "reported.json").exists()


def test_a_study_sent_again_may_fail_again(project):
    project.send("s1")
    project.fail("s1")
    warned(project.collect)
    project.later = timedelta(minutes=5)
    project.ws.ledger.record("C", "s1", State.UPLOADING)
    project.ws.ledger.record("C", "s1", State.SUBMITTED)
    project.ws.ledger.record("C", "s1", State.FAILED, "a failure report was received")
    assert warned(project.collect)[0].attrs["newly_failed"] == ["s1"]


def test_results_that_stay_incomplete_become_overdue(project):
    project.send("s1")
    project.deliver("s1", "prediction.png")
    assert project.ws.status()["state"].tolist() == [State.PARTIAL]
    project.later = timedelta(hours=7)
    row = project.ws.status().iloc[0]
    assert row["state"] == State.OVERDUE
    assert row["message"].startswith("still missing: aidp.csv, prediction.txt; no complete result")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 9}', '{"format": 1, "reported": 3}']
)
def test_a_damaged_memory_reports_again(project, content):
    project.send("s1")
    project.fail("s1")
    (project.ws.folder / "reported.json").write_text(content)
    assert len(warned(project.collect)[1]) == 1
    assert json.loads((project.ws.folder / "reported.json").read_text())["reported"].keys() == {
        "s1"
    }


def test_an_unstorable_name_warns_once_while_watching(project):
    project.send("s1")
    project.deliver("s1", "aidp.csv", "prediction.txt", "prediction.png", "CON")
    updates = project.ws.watch(interval_seconds=0.01, timeout_hours=0.001)
    assert (
        "Study s1: the file 'CON' beside its results was left out"
        in warned(lambda: next(updates))[1][0]
    )
    assert warned(lambda: next(updates))[1] == []
    table, messages = warned(project.collect)
    assert (table["state"].tolist(), messages) == ([State.COLLECTED], [])
    assert len(warned(project.ws.status)[1]) == 1  # a status that a person asks for
