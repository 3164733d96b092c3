from io import BytesIO

import ipywidgets as widgets
import pytest
from PIL import Image
from support.collected import collect_into, people
from support.forms import all_of, button, control, html_of
from support.waits import PATIENCE

from neuroflow.widgets.common.clickable_figure import ClickableFigure
from neuroflow.widgets.common.data_table import DataTable
from neuroflow.widgets.common.private import PageLink
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.view import explore_form
from neuroflow.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("views") / "project") as ws:
        collect_into(ws, people(16), reports=False)
        model = ExploreModel(ws, load=False)
        model.set(views=("strip",), covariates=(), systems=("midbrain",))
        model.reload()
        assert model.join(PATIENCE)
        model.set(covariates=(), systems=("midbrain",))
        yield model


@pytest.fixture
def form(model):
    return explore_form(model)


def test_every_control_has_a_label_and_a_description(form):
    known = (widgets.Button, widgets.widget_description.DescriptionWidget)
    controls = [c for c in all_of(form, known) if not isinstance(c, widgets.HTML)]
    assert len(controls) > 15
    assert [c for c in controls if not (c.description and c.tooltip)] == []


def test_every_figure_has_a_text_alternative(form, model):
    drawn = [view for view in all_of(form, ClickableFigure) if view.png]
    assert len(drawn) == len(model.views)
    assert all(view.alt for view in drawn)


def test_a_menu_asks_and_follows(form, model):
    control(form, "Metric").value = "FAt"
    assert model.metric == "FAt"
    model.metric = "FW"
    assert control(form, "Metric").value == "FW"


def test_ticked_boxes_ask_and_follow(form, model):
    box = control(form, "PSP")
    box.value = True
    assert model.groups == ("PSP",)
    model.groups = ()
    assert not box.value


def test_the_answer_begins_with_a_sentence_per_contrast(form, model):
    (panel,) = [c.value for c in all_of(form, widgets.HTML) if 'class="nf-panel"' in c.value]
    for contrast in model.contrasts:
        assert f"{contrast}, {model.metric}: " in panel


def test_statistics_are_folded_until_they_are_asked_for(form):
    fields = next(
        box for box in all_of(form, widgets.VBox) if control(form, "Model") in box.children
    )
    assert fields.layout.display == "none"
    control(form, "Statistics").value = True
    assert fields.layout.display is None


@pytest.fixture
def opened(model):
    """Draw the form of a model as it opens."""
    first = ExploreModel(model.ws, load=False)
    first.views = ()
    first.reload()
    assert first.join(PATIENCE)
    return first, explore_form(first)


def test_reset_is_off_as_the_form_opens(opened):
    assert button(opened[1], "Reset question").disabled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("groups", ("PSP",)),
        ("systems", ("midbrain",)),
        ("search", "putamen"),
        ("covariates", ()),
        ("reference", ""),
        ("correction", "holm"),
        ("robust", "HC3"),
        ("exclude_suspect", True),
    ],
)
def test_reset_sets_each_field_back(opened, name, value):
    first, form = opened
    before = first.asked
    assert before[name] != value
    first.set(**{name: value})
    button(form, "Reset question").click()
    assert first.asked == before
    assert button(form, "Reset question").disabled


def test_reset_names_what_it_set_until_the_next_change(opened):
    first, form = opened
    first.set(groups=("PSP",), correction="holm")
    button(form, "Reset question").click()
    assert "Set back: Groups, Correction." in html_of(form)
    first.correction = "none"
    assert "Set back" not in html_of(form)


def test_reset_leaves_out_what_the_results_lost(opened):
    first, form = opened
    first.opening = {**first.opening, "groups": ("MSA", "gone")}
    first.groups = ("PSP",)
    button(form, "Reset question").click()
    assert first.groups == ("MSA",)


def test_showing_the_form_does_not_change_the_question(form, model):
    before = model.question
    explore_form(model)
    assert model.question == before


def test_table_boxes_and_figures_choose_the_same_region(form, model):
    control(form, "Forest").value = True
    (table,) = all_of(form, DataTable)
    row = int((model.listed_effects["region"] == "RN").to_numpy().nonzero()[0][0])
    table.selected = (row,)
    assert (model.region, control(form, "Region").value) == ("RN", "Red nucleus")
    control(form, "Region").value = "Anterior substantia nigra"
    assert model.region == "aSN"
    assert model.listed_effects["region"].iloc[table.selected[0]] == "aSN"
    assert "aSN" in {view.selected for view in all_of(form, ClickableFigure)}


def test_a_region_is_found_by_its_name_in_the_table(form, model):
    (table,) = all_of(form, DataTable)
    place = next(n for n, key in enumerate(model.listed_effects["region"]) if key != model.region)
    control(form, "Region").value = table.frame["region"].iloc[place]
    assert model.region == model.listed_effects["region"].iloc[place]
    assert control(form, "Region").value == model.region_names[model.region]


def test_an_unknown_region_is_reported_below_its_field(form, model):
    before = model.region
    control(form, "Region").value = "Purkinje"
    assert "There is no region &#x27;Purkinje&#x27; here." in html_of(form)
    assert model.problems[-1].at == "region"
    control(form, "Region").value = "Red nucleus"
    assert model.problems == ()
    model.region = before


def test_an_empty_study_field_chooses_no_study(form, model):
    first = next(iter(model.study_names))
    model.study_id = first
    assert control(form, "Study").value == model.study_names[first]
    control(form, "Study").value = ""
    assert model.study_id == ""


def test_ticks_set_back_by_hand_leave_nothing_to_reset(form, model):
    reset, box = button(form, "Reset question"), control(form, "PSP")
    before, model.opening = model.opening, {**model.asked, "groups": ("PSP", "Control")}
    box.value = True
    assert not reset.disabled
    control(form, "Control").value = True
    assert reset.disabled
    model.opening, model.groups = before, ()


def test_effects_begin_with_the_smallest_p(form, model):
    (table,) = all_of(form, DataTable)
    assert table.frame["p"].is_monotonic_increasing
    control(form, "By brain system").value = True
    assert not table.frame["p"].is_monotonic_increasing
    assert model.listed_effects["region"].iloc[table.selected[0]] == model.region
    control(form, "By brain system").value = False


def test_only_a_new_answer_begins_at_its_first_page(form, model):
    (table,) = all_of(form, DataTable)
    rows = table.children[0]
    before, metric = rows.starts, model.metric
    control(form, "Region").value = "Red nucleus"
    assert rows.starts == before
    model.metric = next(name for name in model.choices.metrics if name != metric)
    assert model.join(PATIENCE)
    assert rows.starts > before
    assert model.listed_effects["region"].iloc[table.selected[0]] == model.region
    model.metric = metric
    assert model.join(PATIENCE)


def test_effects_by_system_are_in_the_order_of_figures(model):
    model.systems = ("thalamus", "midbrain")
    model.by_system = True
    systems = list(dict.fromkeys(model.listed_effects["system"]))
    model.set(by_system=False, systems=("midbrain",))
    assert systems == ["midbrain", "thalamus"]


def test_a_view_is_drawn_once_it_is_switched_on(form, model):
    control(form, "Volcano").value = True
    assert model.pictures["volcano"].png
    assert model.pictures["volcano"].png in {view.png for view in all_of(form, ClickableFigure)}
    control(form, "Volcano").value = False
    assert "volcano" not in model.views


def test_selection_stays_when_more_results_arrive(tmp_path):
    with Workspace(tmp_path / "growing") as ws:
        participants = people(24)
        collect_into(ws, participants[participants["group"] != "PSP"], reports=False)
        model = ExploreModel(ws, load=False)
        model.set(views=())
        form = explore_form(model)
        model.reload()
        assert model.join(PATIENCE)
        model.set(groups=("Control", "PD"), covariates=("age",), systems=("midbrain",))
        control(form, "Contrast").value = "PD - Control"
        collect_into(ws, participants[participants["group"] == "PSP"], cohort_id="C2")
        model.reload()
        assert model.join(PATIENCE)
        assert not control(form, "PSP").value
        assert model.groups == ("Control", "PD")
        assert control(form, "Control").value
        assert control(form, "PD").value
        model.groups = ("Control", "MSA", "PD")
        assert model.contrast == control(form, "Contrast").value == "PD - Control"


@pytest.mark.parametrize(("correction", "is_corrected"), [("holm", True), ("none", False)])
def test_the_answer_says_whether_p_is_corrected(form, model, correction, is_corrected):
    before = model.correction
    model.set(correction=correction)
    text = html_of(form)
    model.set(correction=before)
    assert ("p values are corrected over these" in text) == is_corrected
    assert ("p values are not corrected for multiple comparisons" in text) != is_corrected


def test_the_regions_to_list_are_folded_below_their_switch(form):
    switch, field = control(form, "Regions"), control(form, "Regions shown")
    box = next(each for each in all_of(form, widgets.GridBox) if field in each.children)
    assert box.layout.display == "none"
    switch.value = True
    assert box.layout.display != "none"


def test_an_unanswerable_question_is_explained_at_its_field(form, model):
    search = control(form, "Find regions")
    (box,) = [each for each in all_of(form, widgets.VBox) if search in each.children]
    search.value = "hippocampus"
    place = box.children[box.children.index(search) + 1]
    assert "No region has this name." in place.value
    search.value = ""
    assert place not in box.children
    assert model.problems == ()


def test_figures_follow_the_theme_and_the_screen_of_the_page(form, model, monkeypatch):
    link = PageLink.current()
    monkeypatch.setattr(link, "send", lambda *_: None)
    before = model.pictures["strip"]
    try:
        link._handle_custom_msg({"dark": True, "ratio": 2}, [])
        assert (model.dark, model.ratio) == (True, 2)
        with Image.open(BytesIO(model.pictures["strip"].png)) as picture:
            assert picture.width == pytest.approx(2 * before.width, abs=2)
    finally:
        link.set_trait("dark", False)
        link.set_trait("ratio", 1.0)


def test_figure_shows_that_it_is_being_drawn(model, monkeypatch):
    waiting = []
    monkeypatch.setattr(model, "_defer", waiting.append)
    form = explore_form(model)
    control(form, "Forest").value = False
    control(form, "Forest").value = True
    model.order = "effect"  # what was drawn before is outdated
    assert "Drawing" in html_of(form)
    while waiting:
        waiting.pop(0)()
    assert "Drawing" not in html_of(form)


def test_first_figures_are_drawn_in_the_theme_of_the_page(model):
    link = PageLink.current()
    link.set_trait("dark", True)
    try:
        fresh = ExploreModel(model.ws, load=False)
        explore_form(fresh)
        assert fresh.dark
    finally:
        link.set_trait("dark", False)
