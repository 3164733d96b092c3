from support.forms import button, html_of

from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.widgets.submit.view import submit_form


def test_blockers_are_listed_beside_a_disabled_button(empty):
    view = submit_form(SubmitModel(empty))
    assert button(view, "Send").disabled
    assert "Choose a cohort and check its studies first." in html_of(view)
    assert "Complete the Connect form first." in html_of(view)
