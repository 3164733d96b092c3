"""Names that try to become a part of the page, or to pass for other names, in every form."""

import anywidget
import ipywidgets as widgets
import pytest
from support.collected import collect_into, people
from support.forms import MarkupReader, all_of
from support.waits import PATIENCE

from neuroflow.errors import FolderError
from neuroflow.escaping import visible
from neuroflow.widgets.app import app
from neuroflow.widgets.explore.question import form_entries
from neuroflow.workspace.workspace import Workspace

TURN = "\u202e"
"""What follows it is written from right to left."""
NAMES = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    f"sub{TURN}1-gnp.txt",
    "a$b^$c",
    "x" * 300,
]
TAGS = {
    "img",
    "p",
    "h1",
    "h2",
    "span",
    "style",
    "div",
    "ol",
    "ul",
    "li",
    "strong",
    "br",
    "a",
    "pre",
}
TAGS |= {"table", "caption", "tr", "th", "td", "progress", "details", "summary"}
ATTRIBUTES = {"aria-hidden", "aria-label", "role", "class", "tabindex", "scope", "href", "alt"}
ATTRIBUTES |= {"src", "value", "max"}


@pytest.fixture
def project(tmp_path):
    """Open a workspace whose first studies are of people with hostile names; so is a site."""
    participants = people(12)
    participants.loc[: len(NAMES) - 1, "participant_id"] = NAMES
    participants.loc[participants["group"] == "PSP", "site"] = NAMES[0]
    with Workspace(tmp_path / "project") as ws:
        yield ws, collect_into(ws, participants)


@pytest.mark.filterwarnings("ignore::neuroflow.errors.ResultWarning")
def test_hostile_names_stay_text_in_every_form(project):
    ws, cohort = project
    for name, study in zip(NAMES, cohort.studies, strict=False):
        report = ws.results_folder / f"{study.study_id}_out" / "prediction.txt"
        report.write_text(f"Product: {name}\n{name}\n", encoding="utf-8")
    tabs = app(ws)
    model = tabs.neuroflow
    for place in range(len(tabs.titles)):
        tabs.forms.selected_index = place  # every form is drawn
    assert model.explore.join(PATIENCE)
    model.explore.set(views=tuple(form_entries()), cohort="C1", systems=("midbrain",))
    model.explore.views = ("strip", "profile")  # each figure was drawn; these follow the study
    said = []
    for name, study in zip(NAMES, cohort.studies, strict=False):
        model.cohort.selected = (study.label,)
        model.explore.study_id = study.study_id
        model.submit.report_error(FolderError(name, advice=name, study_id=name))
        assert model.results.gallery.join(PATIENCE)
        said.append("".join(part.value for part in all_of(tabs, widgets.HTML)))
    assert not any(form.problems for form in model.forms.values() if form is not model.submit)
    for name, each in zip(NAMES, said, strict=True):
        page, shown = MarkupReader(each), visible(name)
        assert set(page.tags) <= TAGS
        assert set(page.attributes) <= ATTRIBUTES
        assert page.sources == {"data:image/webp;base64"}
        for words in (f"Selected: {shown}", f"Report of {shown}", f"Study {shown}: {shown}"):
            assert any(words in text for text in page.texts), words
        assert page.texts.count(shown) >= 1  # the product, in short
    own = all_of(tabs, anywidget.AnyWidget)
    rows = "".join(str(row) for table in own if hasattr(table, "rows") for row in table.rows)
    assert NAMES[0] in rows
    labels = [control.description for control in all_of(tabs, widgets.Button)]
    assert TURN not in "".join([rows, *said, *labels])
