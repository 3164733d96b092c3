import ipywidgets as widgets
from support.collected import collect_into, people
from support.forms import all_of, button, control, html_of
from support.waits import PATIENCE

from neuroflow.errors import FolderError
from neuroflow.widgets.common import DataTable
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form
from neuroflow.workspace.workspace import Workspace


def test_failing_click_is_reported_and_form_stays_usable(empty, monkeypatch):
    model = ResultsModel(empty)
    view = results_form(model)
    monkeypatch.setattr(empty, "status", lambda **_: {}["nothing"])
    button(view, "Refresh").click()
    assert model.join(PATIENCE)
    assert "KeyError" in html_of(view)
    assert not button(view, "Refresh").disabled


def test_why_automatic_checks_ended_stands_at_the_switch(empty):
    model = ResultsModel(empty)
    view = results_form(model)
    switch = control(view, "Refresh automatically")
    (row,) = [box for box in all_of(view, widgets.HBox) if switch in box.children]
    model.auto_refresh.report_error(FolderError("No connection."))
    assert "No connection." in html_of(row)
    model.auto_refresh.cure("on")
    assert model.auto_refresh.problems == ()


def test_a_study_opened_elsewhere_is_marked_in_the_table(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        cohort = collect_into(ws, people(3))
        model = ResultsModel(ws)
        view = results_form(model)
        (table,) = all_of(view, DataTable)
        model.study_id = str(cohort.studies[1].study_id)
        assert table.selected == (model.ids.index(model.study_id),)
        assert model.gallery.join(PATIENCE)
