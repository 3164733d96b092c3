"""A notebook that was saved with the forms: small, and without patients' data."""

import json

import pytest
from support.collected import collect_into, people
from support.saved_forms import SECRETS, SENTENCE, saved_after_a_look, saved_widgets

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "project"
    with Workspace(folder) as ws:
        collect_into(ws, people(28))
    return folder


def test_a_notebook_is_small_after_looking_at_results(shown, project):
    with shown("lab", project) as forms:
        text = saved_after_a_look(forms)
        (form,) = saved_widgets(text)
        assert SENTENCE in form["state"]["value"]
        assert [word for word in SECRETS if word in text] == []
        assert len(text.encode()) < 300_000
        forms.reopen()
        forms.page.get_by_text(SENTENCE).wait_for()


def test_widgets_of_others_are_saved_with_the_notebook(page, project):
    page.open_cell(OTHERS.format(project=str(project)))
    page.tab("4 Results")
    page.sees("28 collected")
    widgets = saved_widgets(page.saved())
    values = [each["state"].get("value") for each in widgets]
    assert "<p>theirs</p>" in values
    assert len([each for each in widgets if each["model_name"] == "LayoutModel"]) == 2


def test_parts_of_a_form_being_drawn_are_not_saved(page, project):
    page.open_cell(OTHERS.format(project=str(project)))
    page.page.evaluate(SAVE)
    page.tab("4 Results")
    page.form.get_by_role("img", name="Thumbnail of the report").nth(11).wait_for()
    saved = page.page.evaluate("window.endSaving()")
    layouts = {
        len([each for each in widgets if each["model_name"] == "LayoutModel"]) for widgets in saved
    }
    assert layouts == {2}
    assert all("<p>theirs</p>" in json.dumps(widgets) for widgets in saved)


SAVE = """() => {
  const { context } = window.jupyterapp.shell.currentWidget;
  const saved = [];
  let goesOn = true;
  const save = async () => {
    while (goesOn) {
      await context.save();
      const { widgets } = context.model.toJSON().metadata;
      saved.push(Object.values(widgets["application/vnd.jupyter.widget-state+json"].state));
    }
    return saved;
  };
  const done = save();
  window.endSaving = () => { goesOn = false; return done; };
}"""
"""Saves the notebook again and again, until it is told to end."""
OTHERS = """
import ipywidgets, neuroflow as nf
from IPython.display import display
display(nf.app(nf.Workspace({project!r})))
ipywidgets.VBox([ipywidgets.HTML("<p>theirs</p>")])
"""
