from support.forms import button, html_of
from support.waits import PATIENCE

from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form


def test_failing_click_is_reported_and_form_stays_usable(empty, monkeypatch):
    model = ResultsModel(empty)
    view = results_form(model)
    monkeypatch.setattr(empty, "status", lambda: {}["nothing"])
    button(view, "Refresh").click()
    assert model.join(PATIENCE)
    assert "KeyError" in html_of(view)
    assert not button(view, "Refresh").disabled
