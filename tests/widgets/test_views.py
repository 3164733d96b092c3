import ipywidgets as widgets
import pytest

import neuroflow as nf
from neuroflow.errors import FolderError
from neuroflow.widgets.app import app
from neuroflow.widgets.connect import connect_form
from neuroflow.widgets.connect_model import ConnectModel
from neuroflow.widgets.gallery import gallery
from neuroflow.widgets.gallery_model import GalleryModel, Report
from neuroflow.widgets.pathfield import PathField
from neuroflow.widgets.results import results_form
from neuroflow.widgets.results_model import ResultsModel
from neuroflow.widgets.submit import submit_form
from neuroflow.widgets.submit_model import SubmitModel
from neuroflow.workspace import Workspace

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def empty(tmp_path):
    with Workspace(tmp_path / "empty") as ws:
        yield ws


def all_of(view, kind):
    """Return every widget of a kind inside a view."""
    found = [view] if isinstance(view, kind) else []
    for child in getattr(view, "children", ()):
        found += all_of(child, kind)
    return found


def button(view, label):
    return next(b for b in all_of(view, widgets.Button) if b.description == label)


def drawn(view):
    return "".join(part.value for part in all_of(view, widgets.HTML))


@pytest.mark.parametrize(
    "draw",
    [
        lambda ws: connect_form(ConnectModel(ws)),
        lambda ws: submit_form(SubmitModel(ws)),
        lambda ws: results_form(ResultsModel(ws)),
        app,
    ],
)
def test_every_control_of_a_form_has_a_label_and_a_description(draw, empty):
    view = draw(empty)
    controls = [
        widget
        for widget in all_of(view, widgets.DOMWidget)
        if isinstance(widget, widgets.Button | widgets.widget_description.DescriptionWidget)
        and not isinstance(widget, widgets.HTML)
    ]
    assert controls
    assert [c for c in controls if not (c.description and c.tooltip)] == []


def test_a_field_and_its_model_follow_each_other(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    host = next(t for t in all_of(view, widgets.Text) if t.description == "Host")
    host.value = "sftp.example.org"
    assert model.host == "sftp.example.org"
    model.host = "other.example.org"
    assert host.value == "other.example.org"


def test_a_passphrase_leaves_the_page_with_the_click_that_uses_it(empty, tmp_path):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.key = str(tmp_path / "key")
    (secret,) = all_of(view, widgets.Password)
    secret.value = "open sesame"
    button(view, "Make a key").click()
    assert model.join(30)
    assert secret.value == ""
    assert b"OPENSSH PRIVATE KEY" in (tmp_path / "key").read_bytes()


def test_what_blocks_stands_beside_a_disabled_button(empty):
    view = submit_form(SubmitModel(empty))
    assert button(view, "Submit").disabled
    assert "Choose the folder of scans." in drawn(view)
    assert "Fill the Connect form first." in drawn(view)


def test_an_error_is_a_line_that_stays_until_it_is_dismissed(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.complain(FolderError(f"{HOSTILE} is empty.", advice="Fill it."))
    assert 'role="alert"' in drawn(view)
    assert HOSTILE not in drawn(view)
    button(view, "Dismiss").click()
    assert 'role="alert"' not in drawn(view)


def test_a_click_that_fails_is_shown_and_the_form_lives_on(empty, monkeypatch):
    model = ResultsModel(empty)
    view = results_form(model)
    monkeypatch.setattr(empty, "status", lambda: {}["nothing"])
    button(view, "Refresh").click()
    assert model.join(30)
    assert "KeyError" in drawn(view)
    assert not button(view, "Refresh").disabled


def test_a_hostile_name_stays_text_in_a_gallery(tmp_path):
    model = GalleryModel(tmp_path)
    model.set(
        reports=(report := Report("s", HOSTILE, None, None, is_failure=True),),
        shown=((report, "AAAA"),),
        name=HOSTILE,
        text=HOSTILE,
    )
    assert HOSTILE not in drawn(gallery(model))
    assert "Not for clinical use" in drawn(gallery(model))


def test_a_picker_walks_through_folders(empty, tmp_path):
    (tmp_path / "scans" / "inner").mkdir(parents=True)
    model = SubmitModel(empty)
    field = PathField(model, "folder", "Folder", "Which", folders_only=True)
    model.folder = str(tmp_path / "scans")
    button(field, "Browse").click()
    (names,) = all_of(field, widgets.Select)
    names.value = next(value for name, value in names.options if name == "inner/")
    button(field, "Open").click()
    names.value = next(value for name, value in names.options if name.startswith("(this"))
    button(field, "Open").click()
    assert model.folder == str(tmp_path / "scans" / "inner")


def test_the_app_opens_on_the_form_whose_turn_it_is(empty, workspace):
    assert app(empty).selected_index == 0
    assert nf.app(workspace).titles[0].endswith("1 Connect")


def test_two_views_of_one_workspace_show_the_same_work(empty):
    first, second = app(empty), app(empty)
    first.neuroflow.submit.folder = "/scans"
    assert second.neuroflow.submit.folder == "/scans"


def test_a_tab_carries_the_mark_of_its_form(empty):
    tabs = app(empty)
    tabs.neuroflow.connect.tone = "good"
    assert tabs.titles[0] == "✓ 1 Connect"
    tabs.neuroflow.connect.complain(FolderError("Empty."))
    assert tabs.titles[0] == "✗ 1 Connect"


def test_opening_a_form_shows_what_the_command_line_did_meanwhile(workspace, cohort_folder):
    tabs = app(workspace)
    model = tabs.neuroflow.submit
    model.cohort_id = "FROM_CLI"
    assert model.rows.empty
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("FROM_CLI", studies, participants=cohort_folder / "participants.tsv")
    workspace.package(cohort, on_event=lambda event: None)
    tabs.selected_index = 1
    assert set(model.rows["state"]) == {"packaged"}


def test_work_that_cannot_be_stopped_offers_no_stop(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.set(busy=True, can_stop=False)
    assert button(view, "Stop").layout.display == "none"
    model.can_stop = True
    assert button(view, "Stop").layout.display is None
