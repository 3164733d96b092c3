"""What each state means, and which of them make a retry."""

from datetime import UTC, datetime

import pytest

from neuroflow.ledger import LedgerRow
from neuroflow.ledger.states import State
from neuroflow.transfer.upload.plan import REFUSED, has_failed

MEANING = {
    "is_sent": {"submitted", "collected", "failed"},
    "has_unknown_outcome": {"uploading", "partly_sent", "unconfirmed"},
    "is_collected": {"collected", "failed"},
    "is_answered": {"delivered", "collected", "failed"},
    "is_awaiting_result": {"submitted", "processing", "partial", "overdue"},
}


@pytest.mark.parametrize("name", MEANING)
def test_each_property_holds_in_its_states_only(name):
    assert {state.value for state in State if getattr(state, name)} == MEANING[name]


def row(state, message=""):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return LedgerRow("C", "s", state, at, 9, "", "", "", message=message)


def test_only_uploads_without_a_known_end_are_retried():
    retried = {state.value for state in State if has_failed(row(state))}
    assert retried == {"uploading", "partly_sent", "unconfirmed"}


@pytest.mark.parametrize(
    ("state", "message", "is_retried"),
    [
        (State.PACKAGED, f"{REFUSED}disk full", True),
        (State.PACKAGED, "", False),
        (State.SUBMITTED, f"{REFUSED}disk full", False),
    ],
)
def test_a_study_that_the_server_refused_is_retried(state, message, is_retried):
    assert has_failed(row(state, message)) is is_retried
