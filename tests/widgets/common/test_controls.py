import threading

from support.forms import HOSTILE, button, html_of
from support.waits import PATIENCE

from neuroflow.errors import FolderError
from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.widgets.submit.view import submit_form


def test_error_stays_until_dismissed(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.report_error(FolderError(f"{HOSTILE} is empty.", advice="Fill it."))
    assert 'role="alert"' in html_of(view)
    assert HOSTILE not in html_of(view)
    button(view, "Dismiss").click()
    assert 'role="alert"' not in html_of(view)


def test_pausable_task_offers_pause_and_continue(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    assert button(view, "Pause").layout.display == "none"
    gate = threading.Event()
    model.run(
        "Sending", lambda on_event, stop: gate.wait(PATIENCE), print, can_stop=True, can_pause=True
    )
    button(view, "Pause").click()
    assert "Paused. Nothing is sent until you continue." in html_of(view)
    button(view, "Continue").click()
    assert "Sending" in html_of(view)
    button(view, "Stop").click()
    assert "Stopping: finishing what has started" in html_of(view)
    gate.set()
    assert model.join(PATIENCE)


def test_unstoppable_task_offers_no_stop(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.set(busy=True, can_stop=False)
    assert button(view, "Stop").layout.display == "none"
    model.can_stop = True
    assert button(view, "Stop").layout.display is None
