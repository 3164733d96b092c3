"""Every order of runs, deaths and faults that the model of the protocol knows, up to a bound."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.protocol_model import Model, World

from neuroflow.ledger import State

PAGE = Path(__file__).parents[3] / "docs" / "exactly_once.md"
MODELS = {
    "connections and refusals": Model(late=True, lag=True, refusals=True),
    "ledgers": Model(ledgers=True, refusals=True),
    "copies": Model(copies=True, late=True),
    "two computers": Model(computers=2, late=True, lag=True, refusals=True),
}
LARGE = {
    "all on one computer": Model(ledgers=True, copies=True, lag=True, late=True, refusals=True),
}
if os.environ.get("NEUROFLOW_FAULTS"):
    MODELS |= LARGE


@pytest.fixture(scope="module", params=MODELS)
def explored(request):
    """Return a model and every world that it reaches."""
    model = MODELS[request.param]
    return model, model.explore()


def ends(model, worlds):
    """Yield each world, a workspace that may run, and what a run leaves if all goes well."""
    for world in worlds:
        for n in (0, 1):
            if model._may_run(world, n):
                yield world, n, model.submit(world, n, is_smooth=True)


def test_nothing_arrives_twice_and_no_part_afterwards(explored):
    _, worlds = explored
    assert max(world.wholes for world in worlds) == 1
    assert not any(world.is_spoiled for world in worlds)


def test_nothing_is_called_sent_that_did_not_arrive(explored):
    _, worlds = explored
    for world in worlds:
        if not world.wholes:
            assert not any(state.is_sent for state, _ in world.ledgers), world


def test_a_run_to_the_end_leaves_nothing_unreported(explored):
    for world, n, after in ends(*explored):
        is_refused = world.is_behind[n] or (world.asks[n] and world.wholes)
        state = after.ledgers[n][0]
        assert is_refused or state in {State.SUBMITTED, State.UNCONFIRMED}, world


def test_results_settle_every_doubt(explored):
    for world, n, after in ends(*explored):
        if world.has_results and not (world.is_behind[n] or world.asks[n]):
            assert after.ledgers[n][0] is State.SUBMITTED, world


def test_replace_settles_what_never_arrived(explored):
    model, worlds = explored
    for world in worlds:
        if not (world.wholes or world.is_behind[0]) and model._may_run(world, 0):
            after = model.submit(world, 0, force=True, is_smooth=True)
            assert (after.wholes, after.ledgers[0][0]) == (1, State.SUBMITTED), world


def test_the_page_names_the_number_of_states(explored):
    model, worlds = explored
    (name,) = (name for name, each in MODELS.items() if each == model)
    found = re.search(rf"^\| {name} \|.*\| ([\d,]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found
    assert int(found[1].replace(",", "")) == len(worlds)


MISTAKES = {
    "no journal": (replace(Model(), has_journal=False), lambda w: w.wholes > 1),
    "wall clock": (Model(late=True, is_wall_clock=True), lambda w: w.is_spoiled),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_model_finds_a_mistake(mistake):
    model, is_found = MISTAKES[mistake]
    seen, waiting = {World()}, [World()]
    while waiting and not any(is_found(world) for world in waiting):
        new = {after for world in waiting for after in model.following(world)} - seen
        seen |= new
        waiting = list(new)
    assert waiting
