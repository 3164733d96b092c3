"""A problem stands at the field that it is about, from when it is reported until it is cured."""

import pickle
from typing import ClassVar

import pytest
from support.forms import all_of, html_of
from traitlets import Unicode

from neuroflow.errors import FolderError, OptionError, ParticipantsError
from neuroflow.widgets.common import FormModel, field, form, private, problem_list, problems_at


class Model(FormModel):
    """A form of two fields."""

    places: ClassVar = {FolderError: "folder"}
    folder = Unicode("")
    name = Unicode("")


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def view(model):
    """Draw the form: the list of problems, then its two fields."""
    fields = {name: field(private.Text, name, f"The {name}") for name in ("folder", "name")}
    whole = form(problem_list(model), *fields.values())
    problems_at(model, whole, fields)
    return whole


def places(view):
    """Return which children of a form are controls, and which hold a problem."""
    return [
        child.description if isinstance(child, private.Text) else "problem"
        for child in view.children[2:]
    ]


def test_a_problem_stands_below_its_field(model, view):
    model.report_error(OptionError("It is too long.", about="folder"))
    assert places(view) == ["folder", "problem", "name"]
    assert "It is too long." in view.children[3].value
    assert 'role="alert"' in view.children[3].value


def test_an_edited_field_removes_its_own_problem_only(model, view):
    model.report_error(OptionError("One.", about="folder"))
    model.report_error(OptionError("Two.", about="name"))
    model.folder = "/scans"
    assert [problem.what for problem in model.problems] == ["Two."]
    assert places(view) == ["folder", "name", "problem"]


def test_a_kind_of_error_has_its_usual_field(model, view):
    model.report_error(FolderError("Empty."))
    assert places(view) == ["folder", "problem", "name"]


def test_problem_of_no_drawn_field_stands_in_the_list(model, view):
    model.report_error(ParticipantsError("Unreadable.", about="participants"))
    assert places(view) == ["folder", "name"]
    assert "Unreadable." in html_of(view.children[1])


def test_places_exist_only_while_there_are_problems(model, view):
    before = len(all_of(view, private.HTML))
    model.report_error(OptionError("One.", about="folder"))
    assert len(all_of(view, private.HTML)) == before + 1
    model.cure("folder")
    assert len(all_of(view, private.HTML)) == before


def test_a_wrong_value_is_shown_while_it_stands(model, view):
    model.wrong = {"name": "It has a blank."}
    assert places(view) == ["folder", "name", "problem"]
    model.wrong = {}
    assert places(view) == ["folder", "name"]


def test_what_another_added_to_the_box_stays_there(model, view):
    model.report_error(OptionError("One.", about="folder"))
    view.children += (private.HTML("later"),)
    model.cure("folder")
    assert "later" in html_of(view)


def test_an_error_keeps_its_field_between_processes():
    error = pickle.loads(pickle.dumps(OptionError("No.", about="folder")))
    assert error.about == "folder"
