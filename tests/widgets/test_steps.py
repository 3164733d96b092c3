from types import SimpleNamespace as Form

import pandas as pd
import pytest

from neuroflow.widgets.common import Problem
from neuroflow.widgets.steps import step_of


def step(name, *, is_locked=False, is_loaded=True, **state):
    form = Form(**{"busy": False, "paused": False, "problems": (), "tone": "", **state})
    return step_of(name, form, is_locked=is_locked, is_loaded=is_loaded)


def studies(*states):
    return pd.DataFrame({"state": states})


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"tone": "good"}, ("good", "connected")),
        ({"tone": "bad"}, ("bad", "failed")),
        ({"tone": "bad", "shown_keys": ("SHA256:x",)}, ("warn", "to confirm")),
        (
            {"tone": "bad", "shown_keys": ("SHA256:x",), "pinned_keys": ("SHA256:y",)},
            ("bad", "failed"),
        ),
        ({"profiles": ("default",)}, ("", "not tested")),
        ({}, ("", "to do")),
    ],
)
def test_connection_counts_only_once_it_was_tested(state, expected):
    keys = {"profiles": (), "shown_keys": (), "pinned_keys": ()}
    assert step("connect", **keys | state) == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), ("", "to do")),
        (("not checked",) * 3, ("warn", "not checked")),
        (("not checked", "ready"), ("warn", "1 of 2 ready")),
        (("has errors", "ready", "has warnings", "sent"), ("warn", "3 of 4 ready")),
        (("ready", "excluded"), ("good", "1 of 1 ready")),
        (("sent", "sent", "excluded"), ("good", "2 sent")),
    ],
)
def test_cohort_counts_unchecked_studies_not_as_ready(states, expected):
    assert step("cohort", studies=studies(*states)) == expected


@pytest.mark.parametrize(
    ("states", "plan", "expected"),
    [
        ((), "", ("", "to do")),
        (("not packaged",) * 2, "", ("", "to do")),
        (("packaged",) * 2, "2 studies to send.", ("", "plan ready")),
        (("submitted", "unconfirmed"), "", ("warn", "1 of 2 sent")),
        (("submitted", "collected", "failed", "excluded"), "", ("good", "3 sent")),
    ],
)
def test_submit_counts_what_is_known_to_have_arrived(states, plan, expected):
    assert step("submit", rows=studies(*states), plan_text=plan) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((), ("", "to do")),
        ((("packaged", 3),), ("", "to do")),
        ((("collected", 4),), ("good", "4 collected")),
        ((("collected", 4), ("packaged", 3)), ("good", "4 collected")),
        ((("collected", 1), ("submitted", 3)), ("wait", "1 of 4 collected")),
        ((("collected", 1), ("overdue", 3)), ("warn", "1 of 4 collected")),
        ((("collected", 1), ("delivered", 3)), ("wait", "3 to collect")),
        ((("failed", 2), ("failure report delivered", 1), ("collected", 1)), ("bad", "3 failed")),
    ],
)
def test_results_are_good_only_when_all_are_here(counts, expected):
    assert step("results", counts=counts) == expected


def test_form_under_way_is_named_before_its_counts():
    rows = {"rows": studies("submitted"), "plan_text": ""}
    assert step("submit", busy=True, **rows) == ("wait", "working")
    assert step("submit", busy=True, paused=True, **rows) == ("warn", "paused")


def test_errors_are_counted_in_the_tab():
    one = Problem("It broke.")
    assert step("explore", problems=(one,)) == ("bad", "1 error")
    assert step("explore", problems=(one, one)) == ("bad", "2 errors")


def test_unknown_state_is_not_taken_for_an_empty_one():
    assert step("results", is_loaded=False, counts=()) == ("", "loading")
    assert step("results", is_locked=True, is_loaded=False, counts=()) == ("", "later")
