"""Which regions the tall figures of Explore list, and in which order."""

import pandas as pd
import pytest
from support.collected import collect_into, people
from support.waits import PATIENCE

from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import BY_EFFECT, SIGNIFICANT
from neuroflow.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("listed") / "project"


@pytest.fixture
def model(folder):
    with Workspace(folder) as ws:
        if not ws.results_folder.exists():
            collect_into(ws, people(16), reports=False)
        model = ExploreModel(ws, load=False)
        model.views = ()
        model.reload()
        assert model.join(PATIENCE)
        model.set(covariates=(), correction="none", groups=("Control", "PSP"), views=("forest",))
        yield model


def drawn(model):
    """Return the regions that the forest plot lists, from the top."""
    areas = sorted(model.pictures["forest"].hit_regions, key=lambda area: area.y)
    return list(dict.fromkeys(area.key for area in areas))


def sizes(model):
    """Return the size of the effect in each region, the largest first; both sides are one."""
    rows = model.effects.dropna(subset=["estimate"])
    sizes = rows["effect_size"].abs().groupby(rows["region"].astype(str)).max()
    return sizes.sort_values(ascending=False)


def test_only_regions_that_differ_are_listed(model):
    differ = set(model.effects.loc[model.effects["q"] < 0.05, "region"])
    assert 0 < len(differ) < len(drawn(model))
    model.shown = SIGNIFICANT
    assert set(drawn(model)) == differ


def test_the_largest_effects_are_listed_in_their_order(model):
    everything = drawn(model)
    model.set(shown="10", order=BY_EFFECT)
    assert drawn(model) == list(sizes(model).index[:10])
    model.order = ""
    assert drawn(model) == [name for name in everything if name in sizes(model).index[:10]]


def test_the_code_lists_the_same_regions(model):
    model.set(shown="10", order=BY_EFFECT)
    scope = {}
    exec(model.code, scope)
    assert len(scope["ax"].get_yticklabels()) >= 10  # a region may have two sides
    assert f"regions={drawn(model)!r}" in " ".join(model.code.split())
    assert max(map(len, model.code.splitlines())) <= 88


def test_figures_without_a_list_stay_where_nothing_differs(model):
    model.set(views=("forest", "strip"), method="linear", correction="bonferroni")
    model.effects["q"] = pd.Series(1.0, index=model.effects.index)
    model.set(shown=SIGNIFICANT)
    assert model.pictures["strip"].png
    assert "No region differs" in model.pictures["forest"].alt


def test_exported_figure_of_many_regions_has_a_short_name(model):
    model.shown = "40"
    model.export_figure()
    assert {file.name for file in model.exported} == {
        f"forest_FW_40_regions.{kind}" for kind in ("png", "svg", "pdf", "py")
    }
