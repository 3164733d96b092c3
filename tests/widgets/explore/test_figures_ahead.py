"""Figures that are drawn ahead, in idle time, are those that a click would draw."""

import asyncio
import time

import pytest
from support.collected import collect_into, people
from support.waits import PATIENCE

from neuroflow.plot import style
from neuroflow.widgets.common import timer
from neuroflow.widgets.common.private import PageLink
from neuroflow.widgets.explore import question
from neuroflow.widgets.explore.figures import kept
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.workspace.workspace import Workspace

FEW = 3
"""Regions that are drawn ahead here, so that the tests are quick."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of a workspace with 24 studies, never changed."""
    folder = tmp_path_factory.mktemp("ahead") / "project"
    with Workspace(folder) as ws:
        collect_into(ws, people(24), reports=False)
    return folder


@pytest.fixture
def drawn(monkeypatch):
    """Collect the steps that are drawn; a page is open, and its pauses are short."""
    steps = []
    draw = kept.picture_of
    monkeypatch.setattr(kept, "picture_of", lambda *how: (steps.append(how[0]), draw(*how))[1])
    monkeypatch.setattr(question, "MOST_AHEAD", FEW)
    monkeypatch.setattr(timer, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(timer, "GAP_SECONDS", 0.0)
    monkeypatch.setattr(PageLink.current(), "_seen_at", time.monotonic())
    return steps


@pytest.fixture
def model(project, drawn):
    with Workspace(project) as ws:
        model = ExploreModel(ws, load=False)
        model.set(views=("strip",))
        model.reload()
        assert model.join(PATIENCE)
        yield model


async def settle(drawn):
    """Wait until nothing more is drawn."""
    known = -1
    while known != len(drawn):
        known = len(drawn)
        await asyncio.sleep(0.15)


def select_first(model):
    """Select another region and then that of the first row."""
    rows = model.listed_effects["region"]
    model.region = str(rows.iloc[-1])
    model.region = str(rows.iloc[0])


def next_region(model):
    rows = list(model.listed_effects["region"].unique())
    return rows[rows.index(model.region) + 1]


def draw_ahead(model, drawn, *changes):
    """Select the first region of the table, rest, then change traits one after the other."""

    async def page():
        select_first(model)
        await settle(drawn)
        for change in changes:
            model.set(**change)
            await asyncio.sleep(0)
        await settle(drawn)

    asyncio.run(page())


def picture_drawn_anew(model):
    """Return the strip as a model draws it that has drawn nothing before."""
    fresh = ExploreModel(model.ws, load=False)
    fresh.set(views=(), dark=model.dark, ratio=model.ratio)
    fresh.reload()
    assert fresh.join(PATIENCE)
    asked = ("cohort", "groups", "systems", "search", "visit", "reference", "metric", "covariates")
    fresh.set(**{name: getattr(model, name) for name in (*asked, "method", "exclude_suspect")})
    fresh.set(region=model.region)
    fresh.set(views=("strip",))
    return fresh.pictures["strip"]


def test_a_region_drawn_ahead_is_shown_without_drawing(model, drawn):
    draw_ahead(model, drawn)
    assert len(drawn) > FEW
    before = len(drawn)
    model.region = next_region(model)
    assert len(drawn) == before
    assert model.pictures["strip"] == picture_drawn_anew(model)


CHANGES = [
    {"metric": "FAt"},
    {"groups": ("Control", "PSP")},
    {"systems": ("midbrain",)},
    {"visit": ""},
    {"covariates": ()},
    {"exclude_suspect": True},
    {"dark": True},
    {"ratio": 2.0},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_no_picture_of_before_a_change_is_shown(model, drawn, change):
    draw_ahead(model, drawn)
    model.set(**change)
    model.region = next_region(model)
    assert model.pictures["strip"] == picture_drawn_anew(model)


def test_no_picture_of_another_style_is_shown(model, drawn):
    draw_ahead(model, drawn)
    try:
        style(colors={"PD": "#123456"})
        model.region = next_region(model)
        assert model.pictures["strip"] == picture_drawn_anew(model)
    finally:
        style()


def test_no_picture_of_a_study_set_aside_is_shown(model, drawn):
    draw_ahead(model, drawn)
    region = next_region(model)
    study = next(iter(model.names))
    model.ws.exclude_result(study, reason="motion")
    try:
        model.reload()
        assert model.join(PATIENCE)
        model.region = region
        assert study not in {spot.key for spot in model.pictures["strip"].hit_regions}
    finally:
        model.ws.include_result(study)


def test_no_picture_of_before_later_results_is_shown(tmp_path, drawn):
    with Workspace(tmp_path / "growing") as ws:
        collect_into(ws, people(12), reports=False)
        model = ExploreModel(ws, load=False)
        model.set(views=("strip",))
        model.reload()
        assert model.join(PATIENCE)
        draw_ahead(model, drawn)
        region = next_region(model)
        collect_into(ws, people(8), cohort_id="C2", reports=False)
        model.reload()
        assert model.join(PATIENCE)
        model.region = region
        assert len(model.pictures["strip"].hit_regions) == 20


def test_nothing_is_drawn_ahead_without_a_page(model, drawn, monkeypatch):
    monkeypatch.setattr(PageLink.current(), "_seen_at", -1e9)
    before = len(drawn)
    draw_ahead(model, drawn)
    assert len(drawn) == before + 1  # what was selected


def test_a_question_ends_what_is_drawn_ahead(model, drawn):
    async def page():
        select_first(model)
        while len(drawn) < 4:
            await asyncio.sleep(0)
        scope = model._scope
        model.metric = "FAt"
        del drawn[:]
        await settle(drawn)
        assert model._scope is not scope

    asyncio.run(page())
    assert {call.options["metric"] for call in drawn} == {"FAt"}


def test_at_most_one_picture_is_drawn_between_two_clicks(model, drawn):
    async def page():
        select_first(model)
        while len(drawn) < 4:
            await asyncio.sleep(0)
        before = len(drawn)
        await asyncio.sleep(0)
        return len(drawn) - before

    assert asyncio.run(page()) <= 1


def test_kept_pictures_are_bounded_in_bytes(model, drawn):
    draw_ahead(model, drawn)
    whole = model._kept.n_bytes
    model._kept._most = whole // 2
    model.dark = True
    draw_ahead(model, drawn)
    assert 0 < model._kept.n_bytes <= whole // 2
