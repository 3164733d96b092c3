import threading

import ipywidgets as widgets
import pytest
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.errors import FolderError, OptionError
from neuroflow.widgets.app import AppModel, app
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.cohort.view import cohort_form
from neuroflow.widgets.common.data_table import DataTable
from neuroflow.widgets.common.path_input import THIS_FOLDER, PathInput
from neuroflow.widgets.connect.model import ConnectModel
from neuroflow.widgets.connect.view import connect_form
from neuroflow.widgets.results.gallery import gallery
from neuroflow.widgets.results.gallery_model import GalleryModel, Report
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form
from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.widgets.submit.view import submit_form
from neuroflow.workspace.workspace import Workspace

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
        lambda ws: cohort_form(CohortModel(ws)),
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
    button(view, "Create a key").click()
    assert model.join(PATIENCE)
    assert secret.value == ""
    assert b"OPENSSH PRIVATE KEY" in (tmp_path / "key").read_bytes()


def test_what_blocks_stands_beside_a_disabled_button(empty):
    view = submit_form(SubmitModel(empty))
    assert button(view, "Send").disabled
    assert "Choose a cohort and check its studies first." in drawn(view)
    assert "Complete the Connect form first." in drawn(view)


def test_an_error_is_a_line_that_stays_until_it_is_dismissed(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.report_error(FolderError(f"{HOSTILE} is empty.", advice="Fill it."))
    assert 'role="alert"' in drawn(view)
    assert HOSTILE not in drawn(view)
    button(view, "Dismiss").click()
    assert 'role="alert"' not in drawn(view)


def test_a_click_that_fails_is_shown_and_the_form_lives_on(empty, monkeypatch):
    model = ResultsModel(empty)
    view = results_form(model)
    monkeypatch.setattr(empty, "status", lambda: {}["nothing"])
    button(view, "Refresh").click()
    assert model.join(PATIENCE)
    assert "KeyError" in drawn(view)
    assert not button(view, "Refresh").disabled


def test_a_hostile_name_stays_text_in_a_gallery(tmp_path):
    model = GalleryModel(tmp_path)
    model.set(
        reports=(report := Report("s", HOSTILE, None, None, is_failure=True),),
        thumbnails=((report, "AAAA"),),
        name=HOSTILE,
        text=HOSTILE,
    )
    assert HOSTILE not in drawn(gallery(model))
    assert "Not for clinical use" in drawn(gallery(model))


def test_a_picker_walks_through_folders(empty, tmp_path):
    (tmp_path / "scans" / "inner").mkdir(parents=True)
    model = CohortModel(empty)
    field = PathInput(model, "folder", "Folder", "Which", folders_only=True)
    model.folder = str(tmp_path / "scans")
    button(field, "Browse").click()
    (names,) = all_of(field, widgets.Select)
    names.value = next(value for name, value in names.options if name == "inner/")
    button(field, "Open").click()
    names.value = next(value for name, value in names.options if name == THIS_FOLDER)
    button(field, "Open").click()
    assert model.folder == str(tmp_path / "scans" / "inner")


def test_the_app_opens_on_the_form_whose_turn_it_is(empty, workspace):
    assert app(empty).selected_index == 0
    assert app(workspace).selected_index == 1


def test_a_tab_whose_turn_has_not_come_says_what_is_missing_and_leads_there(empty):
    tabs = app(empty)
    assert tabs.titles[2:4] == ("· 3 Submit (later)", "· 4 Results (later)")
    assert tabs.titles[4] == "· 5 Explore (later)"
    tabs.selected_index = 2
    assert "Check the studies of a cohort first." in drawn(tabs.children[2])
    button(tabs.children[2], "Go to Cohort").click()
    assert tabs.selected_index == 1


def test_two_views_of_one_workspace_show_the_same_work(empty):
    first, second = app(empty), app(empty, "cohort")
    first.neuroflow.cohort.folder = "/scans"
    assert second.neuroflow.cohort.folder == "/scans"


def test_a_study_chosen_in_explore_is_the_one_shown_in_results(empty):
    model = app(empty).neuroflow
    model.explore.study_id = "some-study"
    assert model.results.study_id == "some-study"


def test_one_form_alone_is_asked_for_by_its_name(empty):
    assert "<h2>Cohort</h2>" in drawn(app(empty, "cohort"))
    with pytest.raises(OptionError, match="no form 'all'"):
        app(empty, "all")


def test_a_tab_carries_the_mark_of_its_form(empty):
    tabs = app(empty)
    tabs.neuroflow.connect.tone = "good"
    assert tabs.titles[0] == "✓ 1 Connect"
    tabs.neuroflow.connect.report_error(FolderError("Empty."))
    assert tabs.titles[0] == "✗ 1 Connect"


def test_a_ledger_that_cannot_be_read_is_told_and_costs_no_result(workspace):
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


def checked(ws, folder):
    """Return the Cohort form, and its view, with the studies of a folder checked."""
    model = CohortModel(ws)
    view = cohort_form(model)
    model.set(folder=str(folder / "scans"), cohort_id="C")
    model.check()
    assert model.join(PATIENCE)
    return model, view


def test_chosen_rows_of_the_table_are_the_chosen_studies(empty, cohort_folder):
    model, view = checked(empty, cohort_folder)
    table = next(t for t in all_of(view, DataTable) if "state" in t.frame)
    table.selected = (1,)
    assert model.selected == (model.studies.loc[1, "study"],)
    assert "Selected:" in drawn(view)
    table.selected = ()
    assert model.selected == ()


def test_of_what_can_be_decided_only_that_is_offered_which_fits_the_choice(
    empty, own_cohort_folder
):
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model, view = checked(empty, own_cohort_folder)

    def offered():
        assert model.join(PATIENCE)
        names = ("Exclude", "Include again", "Override the rule", "Apply the rule again")
        return {name for name in names if button(view, name).layout.display is None}

    model.selected = (model.studies.loc[0, "study"],)
    (rule,) = [d for d in all_of(view, widgets.Dropdown) if d.description == "Rule"]
    assert rule.value == model.violated_rules[0]
    assert offered() == {"Exclude", "Override the rule"}
    assert button(view, "Exclude").disabled
    assert "Enter a reason first" in drawn(view)
    next(t for t in all_of(view, widgets.Text) if t.description == "Reason").value = "why"
    assert not button(view, "Exclude").disabled
    model.override(rule.value, "the vendor agreed")
    assert offered() == {"Exclude", "Apply the rule again"}
    model.exclude("moved in the scanner")
    assert "Include again" in offered()
    assert "Exclude" not in offered()


def test_what_is_typed_for_a_missing_age_is_kept_in_the_workspace(empty, own_cohort_folder):
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model, view = checked(empty, own_cohort_folder)
    ((_, label, _, _),) = model.missing_demographics
    (age,) = [t for t in all_of(view, widgets.Text) if t.description == f"Age of {label}"]
    (sex,) = [d for d in all_of(view, widgets.Dropdown) if d.description == f"Sex of {label}"]
    age.value = "sixty"
    button(view, "Save ages and sexes").click()
    assert "is not an age" in model.problems[0].what
    assert age.value == "sixty"
    age.value, sex.value = "61,5", "F"
    button(view, "Save ages and sexes").click()
    assert model.join(PATIENCE)
    assert model.missing_demographics == []
    assert (empty.cohort("C").studies[0].age or empty.cohort("C").studies[1].age) == 61.5


def test_work_that_can_pause_offers_to_pause_and_to_go_on(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    assert button(view, "Pause").layout.display == "none"
    gate = threading.Event()
    model.run(
        "Sending", lambda on_event, stop: gate.wait(PATIENCE), print, can_stop=True, can_pause=True
    )
    button(view, "Pause").click()
    assert "Paused. Nothing is sent until you continue." in drawn(view)
    button(view, "Continue").click()
    assert "Sending" in drawn(view)
    button(view, "Stop").click()
    assert "Stopping: finishing what has started" in drawn(view)
    gate.set()
    assert model.join(PATIENCE)


def test_work_that_cannot_be_stopped_offers_no_stop(empty):
    model = SubmitModel(empty)
    view = submit_form(model)
    model.set(busy=True, can_stop=False)
    assert button(view, "Stop").layout.display == "none"
    model.can_stop = True
    assert button(view, "Stop").layout.display is None
