import pandas as pd
import pytest
from support.forms import event

from neuroflow.ledger import State
from neuroflow.models import Package
from neuroflow.widgets.submit.plan_table import bar_of, is_all_sent, is_news, outcome_text


@pytest.fixture
def row(workspace, tmp_path):
    """Return a function that makes the ledger's row of a study in a state."""
    workspace.ledger.add_package(Package("C", "s", tmp_path, 1_000_000, "a", "b"))

    def make(message=""):
        workspace.ledger.record("C", "s", State.UPLOADING, message)
        (found,) = workspace.ledger.rows("C")
        return found

    return make


def test_bytes_of_another_program_are_a_bar(row):
    bar = bar_of(row("524288 of 1000000 bytes"))
    assert (bar.amount, bar.message) == ("0.5 of 1.0 MB", "")


def test_other_words_of_another_program_are_shown_as_they_are(row):
    assert bar_of(row("paused")).message == "paused"


def test_the_table_is_behind_until_it_shows_the_upload(row):
    begun = event("upload", "s")
    assert is_news(begun, {})
    assert not is_news(begun, {"s": row()})
    assert is_news(event("upload", "s", status="done"), {"s": row()})


def test_the_text_after_a_stop_agrees_with_the_table():
    outcome = pd.DataFrame({"action": ["send"] * 3, "state": ["submitted", "packaged", "packaged"]})
    text, left = outcome_text(outcome, was_stopped=True)
    assert left == 2
    assert "1 of 3 studies have been sent. The others are not sent yet" in text


@pytest.mark.parametrize(("state", "expected"), [("excluded", True), ("not packaged", False)])
def test_all_is_sent_once_nothing_waits(state, expected):
    assert is_all_sent(pd.DataFrame({"state": ["collected", state]})) is expected


def test_what_was_not_sent_is_said_with_what_to_do():
    outcome = pd.DataFrame({"action": ["send", "send"], "state": ["submitted", "packaged"]})
    assert outcome_text(outcome, was_stopped=False)[0] == (
        "1 of 2 studies have been sent. The others are not sent yet: press Send to continue."
    )


def test_the_text_after_failures_counts_as_the_table_does():
    states = ["submitted", "failed", "unconfirmed", "partly_sent", "", "packaged"]
    actions = ["send", "send", "send", "send", "blocked", "send"]
    outcome = pd.DataFrame({"action": actions, "state": states})
    text, left = outcome_text(outcome, was_stopped=False)
    assert left == 4
    for words in ("2 of 6 studies", "Whether 1 arrived", "1 sent in part", "1 cannot be sent"):
        assert words in text
    assert text.endswith("The others are not sent yet: press Send to continue.")
