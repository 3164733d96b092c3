import ipywidgets as widgets
from support.forms import all_of, button, control, finish, html_of, shown_buttons
from support.waits import PATIENCE

from neuroflow.errors import FirstSubmissionError
from neuroflow.ledger.states import State
from neuroflow.widgets.common import DataTable
from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.widgets.submit.view import submit_form


def test_blockers_are_listed_beside_a_disabled_button(empty):
    view = submit_form(SubmitModel(empty))
    assert button(view, "Send").disabled
    assert "Choose a cohort and check its studies first." in html_of(view)
    assert "Complete the Connect form first." in html_of(view)


def test_selected_studies_are_planned_before_they_are_sent_again(workspace, cohort_folder, service):
    model = SubmitModel(workspace)
    model.cohorts.set(
        folder=str(cohort_folder / "scans"),
        participants=str(cohort_folder / "participants.tsv"),
        cohort_id="PILOT_1",
    )
    finish(model.cohorts, model.cohorts.check)
    finish(model, model.make_plan)
    finish(model, model.submit)
    assert service.wait_until_idle()
    view = submit_form(model)
    (table,) = [each for each in all_of(view, DataTable) if "state" in each.frame]
    assert "Plan to send again" not in shown_buttons(view)
    table.selected = (0,)
    assert "Plan to send again" not in shown_buttons(view), "it was sent, and did not fail"
    assert button(view, "Prepare a repetition").disabled, "a reason is needed"
    model.ws.ledger.record("PILOT_1", model.ws.ledger.rows()[0].study_id, State.FAILED, "why")
    model.refresh()
    table.selected = (0, 1)
    assert "Plan to send again" in shown_buttons(view)
    assert button(view, "Send again (1)").disabled
    button(view, "Plan to send again").click()
    assert model.join(PATIENCE)
    assert not button(view, "Send again (1)").disabled
    assert button(view, "Send").disabled, "its own plan comes first"
    button(view, "All studies").click()
    assert shown_tables(view) == [table]
    table.selected = ()
    assert "Plan to send again" not in shown_buttons(view)


def shown_tables(view):
    """Return the tables that a view shows."""
    if view.layout.display == "none":
        return []
    own = [view] if isinstance(view, DataTable) else []
    return own + [one for child in getattr(view, "children", ()) for one in shown_tables(child)]


def test_a_first_submission_is_confirmed_at_its_question(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    answer = control(view, "These studies were never sent before")
    (row,) = [box for box in all_of(view, widgets.HBox) if answer in box.children]
    model.report_error(FirstSubmissionError("They may have been sent."))
    assert "They may have been sent." in html_of(row)
    answer.value = True
    assert "They may have been sent." not in html_of(view)
