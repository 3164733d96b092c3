import asyncio
import sys

import ipywidgets as widgets
import pytest
from support.forms import all_of, button, html_of
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.errors import FolderError, OptionError
from neuroflow.widgets.app import AppModel, app
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.cohort.view import cohort_form
from neuroflow.widgets.common import private
from neuroflow.widgets.connect.model import ConnectModel
from neuroflow.widgets.connect.view import connect_form
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form
from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.widgets.submit.view import submit_form


@pytest.mark.parametrize(
    "draw",
    [
        lambda ws: connect_form(ConnectModel(ws)),
        lambda ws: cohort_form(CohortModel(ws)),
        lambda ws: submit_form(SubmitModel(ws)),
        lambda ws: results_form(ResultsModel(ws)),
        app,
    ],
)
def test_every_control_has_a_label_and_a_description(draw, empty):
    view = draw(empty)
    controls = [
        widget
        for widget in all_of(view, widgets.DOMWidget)
        if isinstance(widget, widgets.Button | widgets.widget_description.DescriptionWidget)
        and not isinstance(widget, widgets.HTML)
    ]
    assert controls
    assert [c for c in controls if not (c.description and c.tooltip)] == []


def test_app_opens_on_the_current_form(empty, workspace):
    assert app(empty).forms.selected_index == 0
    assert app(workspace).forms.selected_index == 1


def test_locked_tab_shows_what_is_missing_and_links_there(empty):
    tabs = app(empty).forms
    assert tabs.titles[2:4] == ("3 Submit\n· later", "4 Results\n· later")
    assert tabs.titles[4] == "5 Explore\n· later"
    tabs.selected_index = 2
    assert "Check the studies of a cohort first." in html_of(tabs.children[2])
    button(tabs.children[2], "Go to Cohort").click()
    assert tabs.selected_index == 1


def test_two_views_of_one_workspace_show_the_same_work(empty):
    first, second = app(empty), app(empty, "cohort")
    first.neuroflow.cohort.folder = "/scans"
    assert second.neuroflow.cohort.folder == "/scans"


def test_study_selected_in_explore_is_shown_in_results(empty):
    model = app(empty).neuroflow
    model.explore.study_id = "some-study"
    assert model.results.study_id == "some-study"


def test_one_form_alone_is_asked_for_by_its_name(empty):
    assert "<h2>Cohort</h2>" in html_of(app(empty, "cohort"))
    with pytest.raises(OptionError, match="no form 'all'"):
        app(empty, "all")


def test_tab_title_shows_status_of_its_form(empty):
    tabs = app(empty)
    tabs.neuroflow.connect.tone = "good"
    assert tabs.titles[0] == "1 Connect\n✓ connected"
    assert "nf-1-good" in tabs.forms._dom_classes
    tabs.neuroflow.connect.report_error(FolderError("Empty."))
    assert tabs.titles[0] == "1 Connect\n✗ 1 error"
    assert {"nf-1-bad", "nf-1-good"} & set(tabs.forms._dom_classes) == {"nf-1-bad"}


def test_unreadable_ledger_is_reported_and_loses_no_result(workspace):
    model = AppModel(workspace)
    workspace.close()
    model.poll()
    assert "cannot be read" in model.submit.problems[0].what
    got = []
    model.submit.run("Working", lambda _on_event, _stop: "done", got.append)
    assert model.submit.join(PATIENCE)
    assert got == ["done"]


def test_the_forms_show_what_the_command_line_did_meanwhile(workspace, cohort_folder):
    tabs = app(workspace)
    model = tabs.neuroflow
    assert "submit" in model.locked
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("FROM_CLI", studies, participants=cohort_folder / "participants.tsv")
    workspace.package(cohort, on_event=lambda event: None)
    model.poll()
    assert list(model.locked) == ["results", "explore"]
    model.cohort.cohort_id = "FROM_CLI"
    assert set(model.submit.rows["state"]) == {"packaged"}
    model.open_form("results")
    assert dict(model.results.counts) == {"packaged": 2}
    workspace.submit(cohort, on_event=lambda event: None)
    model.poll()
    assert dict(model.results.counts) == {"submitted": 2}


def test_only_a_job_keeps_a_program_awake_without_a_page(empty, monkeypatch):
    link, signs = private.PageLink.current(), []
    monkeypatch.setattr(sys.modules[AppModel.__module__], "AWAKE_SECONDS", 0.01)
    monkeypatch.setattr(link, "send", signs.append)
    monkeypatch.setattr(link, "_seen_at", -1e9)

    async def program():
        model = AppModel(empty)
        await asyncio.sleep(0.1)
        assert signs == []
        model.submit.set(busy=True, paused=True)
        while len(signs) < 3:
            await asyncio.sleep(0.01)
        model.submit.busy = False
        count = len(signs)
        await asyncio.sleep(0.1)
        assert len(signs) == count

    asyncio.run(asyncio.wait_for(program(), PATIENCE))
    assert signs[0] == {"alive": True}
