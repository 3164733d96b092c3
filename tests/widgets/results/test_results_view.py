import ipywidgets as widgets
from support.forms import all_of, button, control, html_of
from support.waits import PATIENCE

from neuroflow.errors import FolderError
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form


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
