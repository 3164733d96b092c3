"""The chosen study in the Results form: its note, and what was done with it."""

import json

import pytest
from support.collected import collect_into, people
from support.forms import HOSTILE, MarkupReader, button, control, html_of
from support.waits import PATIENCE

from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.study_panel import project_history, study_panel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def ws(tmp_path):
    with Workspace(tmp_path / "ws") as workspace:
        collect_into(workspace, people(4), reports=False)
        yield workspace


@pytest.fixture
def labels(ws):
    return {study.study_id: study.label for study in ws.cohort(ws.cohorts()[0]).studies}


@pytest.fixture
def model(ws):
    """Return the model of Results with the first study chosen."""
    model = ResultsModel(ws)
    assert model.gallery.join(PATIENCE)
    model.poll()
    choose(model, model.ids[0])
    return model


def choose(model, study_id):
    model.study_id = study_id
    assert model.gallery.join(PATIENCE)


def is_shown(view):
    return view.layout.display != "none"


def save(view, text):
    control(view, "Note").value = text
    button(view, "Save note").click()


def test_the_panel_names_the_chosen_study(model, labels):
    view = study_panel(model)
    assert f"Study {labels[model.chosen]}" in html_of(view)
    assert is_shown(view)
    model.gallery.close()
    assert not is_shown(view)


def test_a_report_opened_in_the_gallery_has_its_panel(model, labels):
    view = study_panel(model)
    model.gallery.open(model.gallery.reports[-1])
    assert model.gallery.join(PATIENCE)
    assert f"Study {labels[model.gallery.reports[-1].study_id]}" in html_of(view)


def test_a_note_is_saved_with_who_and_when(model, ws, monkeypatch):
    monkeypatch.setenv("LOGNAME", "erika")
    view = study_panel(model)
    assert button(view, "Save note").disabled
    save(view, "asked the site")
    assert ws.notes()["note"].tolist() == ["asked the site"]
    assert "Written by erika, 20" in html_of(view)
    assert button(view, "Save note").disabled


def test_an_empty_note_removes_it(model, ws):
    view = study_panel(model)
    save(view, "asked the site")
    save(view, "")
    assert ws.notes().empty
    assert "Written by" not in html_of(view)


def test_another_study_shows_its_own_note(model):
    view = study_panel(model)
    save(view, "about the first")
    choose(model, model.ids[1])
    assert control(view, "Note").value == ""
    choose(model, model.ids[0])
    assert control(view, "Note").value == "about the first"


def test_a_note_from_another_page_is_followed(model, ws):
    view = study_panel(model)
    ws.note(model.chosen, "from elsewhere")
    model.poll()
    assert control(view, "Note").value == "from elsewhere"


def test_what_is_typed_is_kept_when_others_write(model, ws):
    view = study_panel(model)
    control(view, "Note").value = "half a sen"
    ws.note(model.chosen, "from elsewhere")
    model.poll()
    assert control(view, "Note").value == "half a sen"


def test_the_second_click_replaces_a_note_of_somebody_else(model, ws):
    view = study_panel(model)
    control(view, "Note").value = "mine"
    ws.note(model.chosen, "theirs")
    button(view, "Save note").click()
    assert ws.notes()["note"].tolist() == ["theirs"]
    assert "Somebody else has changed this note meanwhile." in html_of(view)
    button(view, "Save note").click()
    assert ws.notes()["note"].tolist() == ["mine"]


def test_a_hostile_note_is_text(model):
    view = study_panel(model)
    ws_note = f"{HOSTILE}\u202e"
    save(view, ws_note)
    assert "img" not in MarkupReader(html_of(view)).tags
    assert "\u202e" not in control(view, "Note").value


def test_a_long_note_is_refused_at_its_field(model):
    view = study_panel(model)
    save(view, "x" * 501)
    assert "501 characters" in html_of(view)
    save(view, "short")
    assert "characters" not in html_of(view)


def write_log(ws, *lines):
    ws.log.parent.mkdir(exist_ok=True)
    events = [
        {"at": f"2026-11-0{n}T08:00:00.000+00:00", "message": "", **line}
        for n, line in enumerate(lines, 1)
    ]
    ws.log.write_text("".join(f"{json.dumps(each)}\n" for each in events), encoding="utf-8")


def test_history_is_read_when_it_is_opened(model, ws):
    study = model.chosen
    write_log(
        ws,
        {"stage": "upload", "study_id": study, "status": "done", "message": "sent <b>"},
        {"stage": "upload", "study_id": "another", "status": "failed", "message": "not mine"},
    )
    view = study_panel(model)
    assert "Upload: done" not in html_of(view)
    control(view, "What was done").value = True
    shown = html_of(view)
    assert "Upload: done" in shown
    assert "sent &lt;b&gt;" in shown
    assert "not mine" not in shown
    control(view, "What was done").value = False
    assert "Upload: done" not in html_of(view)


def test_history_follows_the_chosen_study(model, ws):
    write_log(ws, {"stage": "collect", "study_id": model.ids[1], "status": "done"})
    view = study_panel(model)
    control(view, "What was done").value = True
    assert "Nothing is in the log yet." in html_of(view)
    choose(model, model.ids[1])
    assert "Collect: done" in html_of(view)


def test_the_history_of_the_project_is_of_its_jobs(model, ws):
    write_log(
        ws,
        {"stage": "submit", "study_id": None, "status": "started"},
        {"stage": "upload", "study_id": model.ids[0], "status": "done"},
        {"stage": "upload", "study_id": None, "status": "progress"},
        {"stage": "submit", "study_id": None, "status": "failed", "message": "ConnectError"},
    )
    view = project_history(model)
    words = MarkupReader(html_of(view)).words
    assert [word for word in words if ": " in word][:2] == ["Submit: failed", "Submit: started"]
    assert "ConnectError" in words
    assert str(ws.log) in html_of(view)
