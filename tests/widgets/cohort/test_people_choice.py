"""The Cohort form asks for sheet and columns of the participants where a file needs it."""

import ipywidgets as widgets
import pandas as pd
import pytest
from support.forms import all_of, button, control, html_of, shown_buttons
from support.waits import PATIENCE

from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.cohort.people_choice import NO_SHEET, NOBODY
from neuroflow.widgets.cohort.view import cohort_form


@pytest.fixture
def clinic(cohort_folder, tmp_path):
    """Write the participants as an Excel file of two sheets with the headings of a clinic."""
    people = pd.read_csv(cohort_folder / "participants.tsv", sep="\t", dtype=str)
    people["age"] = "66"
    renamed = people.rename(columns={"participant_id": "Proband", "age": "Lebensjahre"})
    path = tmp_path / "clinic.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"x1": [1], "x2": [2]}).to_excel(book, sheet_name="Notes", index=False)
        renamed.to_excel(book, sheet_name="People", index=False)
    return path


@pytest.fixture
def model(empty, cohort_folder):
    model = CohortModel(empty)
    model.set(folder=str(cohort_folder / "scans"), cohort_id="C")
    return model


def menus(view):
    return [menu.description for menu in all_of(view, widgets.Dropdown)]


def test_a_file_of_bids_is_read_without_a_question(model, cohort_folder):
    view = cohort_form(model)
    before = len(all_of(view, widgets.Widget))
    model.participants = str(cohort_folder / "participants.tsv")
    assert len(all_of(view, widgets.Widget)) == before
    assert model.blockers == ()


def test_the_chosen_sheet_and_columns_make_the_cohort(model, clinic):
    view = cohort_form(model)
    model.participants = str(clinic)
    assert NOBODY in model.blockers
    assert "Which columns of this file are read" in html_of(view)
    control(view, "Sheet").value = "People"
    assert control(view, "Participant").value == "Proband"
    assert control(view, "Age in years").value == ""
    control(view, "Age in years").value = "Lebensjahre"
    button(view, "Check studies").click()
    assert model.join(PATIENCE)
    assert model.problems == ()
    assert {study.age for study in model.cohort.studies} == {66.0}


def test_another_choice_of_columns_asks_for_another_check(model, clinic):
    view = cohort_form(model)
    model.participants = str(clinic)
    control(view, "Sheet").value = "People"
    button(view, "Check studies").click()
    assert model.join(PATIENCE)
    assert model.cohort is not None
    control(view, "Age in years").value = "Lebensjahre"
    assert model.cohort is None
    assert "Check studies" in shown_buttons(view)


def test_an_unreadable_column_is_reported_at_the_choice(model, clinic):
    view = cohort_form(model)
    model.participants = str(clinic)
    control(view, "Sheet").value = "People"
    control(view, "Age in years").value = "Proband"
    button(view, "Check studies").click()
    assert model.join(PATIENCE)
    assert [problem.at for problem in model.problems] == ["columns"]
    control(view, "Age in years").value = "Lebensjahre"
    assert model.problems == ()


def test_headings_in_german_are_proposed_as_they_are(model, tmp_path):
    path = tmp_path / "clinic.csv"
    path.write_text("Pseudonym;Besuch;Alter;Geschlecht;Gruppe;Größe\n01;1;61;w;PSP;170\n", "utf-8")
    view = cohort_form(model)
    model.participants = str(path)
    labels = ("Participant", "Visit", "Age in years", "Sex", "Group", "Site")
    assert [control(view, label).value for label in labels] == [
        "Pseudonym",
        "Besuch",
        "Alter",
        "Geschlecht",
        "Gruppe",
        "",
    ]
    assert model.blockers == ()


def test_a_file_that_is_no_table_is_reported_at_once(model, tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"%PDF-1.7")
    view = cohort_form(model)
    model.participants = str(path)
    assert "It is a PDF document" in model.wrong["participants"]
    assert button(view, "Check studies").disabled
    model.participants = ""
    assert model.wrong == {}
    assert model.blockers == ()


def test_a_sheet_without_a_table_asks_for_another(model, tmp_path):
    path = tmp_path / "clinic.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame().to_excel(book, sheet_name="Notes", index=False)
        pd.DataFrame({"participant_id": ["01"], "age": [61]}).to_excel(
            book, sheet_name="People", index=False
        )
    view = cohort_form(model)
    model.participants = str(path)
    assert model.blockers == (NO_SHEET,)
    control(view, "Sheet").value = "People"
    assert model.blockers == ()
