"""Help below each form: its section of the documentation."""

import pytest
from support.forms import MarkupReader, html_of

from neuroflow.widgets.about import about_form, as_html, section
from neuroflow.widgets.app import app

FORMS = ("connect", "cohort", "submit", "results", "explore")


@pytest.mark.parametrize("name", FORMS)
def test_each_form_names_the_same_in_python_and_commands(name):
    text = " ".join(section(name).split())
    assert "In Python: " in text
    assert "on the command line: " in text


@pytest.mark.parametrize("name", FORMS)
def test_help_is_folded_text_without_links(name):
    found = about_form(name)
    read = MarkupReader(found)
    assert read.tags[:2] == ["details", "summary"]
    assert set(read.tags[2:]) <= {"div", "p", "strong"}
    assert "](" not in found
    assert len("".join(read.words)) > 300


def test_text_of_the_page_is_no_markup_of_the_form():
    assert as_html("**a** < `*b* <c>`") == "<p><strong>a</strong> &lt; *b* &lt;c&gt;</p>"


@pytest.mark.parametrize("name", FORMS)
def test_a_single_form_has_its_help(empty, name):
    assert about_form(name) in html_of(app(empty, name))


def test_the_help_is_that_of_the_open_form(empty):
    view = app(empty, None)
    for number, name in enumerate(FORMS):
        view.forms.selected_index = number
        assert about_form(name) in html_of(view)
