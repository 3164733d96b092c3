"""Every case of an upload whose end nobody recorded."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import PurePosixPath

import pytest

from neuroflow.ledger.records import LedgerRow
from neuroflow.ledger.states import TRANSITIONS, State
from neuroflow.models import Entry
from neuroflow.transfer.upload.reconcile import NOT_STORED, ServerView, Verdict, reconcile

THEN = datetime(2026, 1, 1, tzinfo=UTC)
QUIET = 300.0
SOON, LATER = 100.0, 400.0
BEFORE = THEN - timedelta(days=1)
SIZE = 1000
PATH = PurePosixPath("input/C/input/s.zip")
SENT, SEND, WAIT, UNSURE = Verdict.SENT, Verdict.SEND, Verdict.WAIT, Verdict.UNSURE


def row(state, *, submitted_at=None, message=""):
    sent = None if state is State.PACKAGED else SIZE
    return LedgerRow(
        "C",
        "s",
        state,
        THEN,
        SIZE,
        "sha",
        "",
        "",
        message,
        submitted_at=submitted_at,
        sent_size=sent,
    )


def there(size, modified=THEN):
    return Entry(PATH.parent, PATH.name, size, is_folder=False, modified=modified)


def decide(state, entry=None, has_results=False, *, elapsed=LATER, hidden=False, **facts):
    force = facts.pop("force", False)
    seen = ServerView(entry, has_results, hidden)
    return reconcile(row(state, **facts), seen, elapsed=elapsed, quiet_seconds=QUIET, force=force)


@pytest.mark.parametrize(
    ("state", "entry", "has_results", "soon", "later"),
    [
        # Nothing was begun.
        (State.PACKAGED, None, False, SEND, SEND),
        (State.PACKAGED, there(SIZE), False, UNSURE, UNSURE),
        (State.PACKAGED, there(500), False, UNSURE, UNSURE),
        (State.PACKAGED, None, True, SENT, SENT),
        # The last byte never left: whatever is there is a part.
        (State.UPLOADING, None, False, WAIT, SEND),
        (State.UPLOADING, there(500), False, WAIT, SEND),
        # The last byte may have arrived: only the server can tell.
        (State.UNCONFIRMED, there(SIZE), False, SENT, SENT),
        (State.UNCONFIRMED, None, True, SENT, SENT),
        (State.UNCONFIRMED, there(500), False, WAIT, UNSURE),
        (State.UNCONFIRMED, there(0), False, WAIT, UNSURE),
        (State.UNCONFIRMED, None, False, WAIT, UNSURE),
        (State.UNCONFIRMED, there(2000), False, WAIT, UNSURE),
        # A part is known to be there, or on its way there.
        (State.PARTLY_SENT, there(500), False, WAIT, SEND),
        (State.PARTLY_SENT, None, True, WAIT, SEND),
        # The end is known.
        (State.SUBMITTED, None, False, SENT, SENT),
        (State.COLLECTED, None, True, SENT, SENT),
        (State.FAILED, None, False, SENT, SENT),
    ],
)
def test_what_follows_soon_and_after_the_quiet_time(state, entry, has_results, soon, later):
    assert decide(state, entry, has_results, elapsed=SOON).verdict is soon
    assert decide(state, entry, has_results).verdict is later


def test_waiting_ends_after_the_quiet_time_and_one_heartbeat():
    assert decide(State.UPLOADING, elapsed=SOON).seconds == pytest.approx(230)


def test_wall_clocks_change_no_wait():
    ahead = there(500, modified=THEN + timedelta(days=1))
    assert decide(State.UPLOADING, ahead, elapsed=0.0).seconds == pytest.approx(330)


def test_a_foreign_file_is_replaced_after_the_quiet_time():
    assert decide(State.PACKAGED, there(500), force=True, elapsed=SOON).verdict is WAIT
    assert decide(State.PACKAGED, there(500), force=True).verdict is SEND


@pytest.mark.parametrize("size", [0, 500, SIZE, SIZE + 1])
def test_after_a_refused_close_no_length_proves_anything(size):
    refused = f"{NOT_STORED}closing s.zip"
    for elapsed in (0.0, LATER):
        found = decide(State.UNCONFIRMED, there(size), message=refused, elapsed=elapsed)
        assert (found.verdict, found.reason) == (UNSURE, refused)
    assert decide(State.UNCONFIRMED, there(size), message=refused, force=True).verdict is SEND


def test_values_prove_what_a_refused_close_left_open():
    assert decide(State.UNCONFIRMED, None, True, message=NOT_STORED).verdict is SENT


def test_another_length_is_named_with_both_numbers():
    reason = decide(State.UNCONFIRMED, there(500)).reason
    assert "1000 bytes" in reason
    assert "500" in reason


@pytest.mark.parametrize("entry", [there(500), None])
def test_a_part_on_the_server_is_told(entry):
    assert decide(State.UPLOADING, entry).is_part is (entry is not None)


@pytest.mark.parametrize(
    ("state", "later"),
    [(State.PACKAGED, SEND), (State.UPLOADING, SEND), (State.UNCONFIRMED, UNSURE)],
)
def test_an_account_that_may_not_look(state, later):
    assert decide(state, there(SIZE), hidden=True).verdict is later


def test_the_users_word_sends_what_is_unsure():
    assert decide(State.UNCONFIRMED, force=True).verdict is SEND
    assert decide(State.UNCONFIRMED, force=True, elapsed=SOON).verdict is WAIT
    assert decide(State.UNCONFIRMED, there(SIZE), force=True).verdict is SENT
    assert decide(State.COLLECTED, force=True).verdict is SEND


@pytest.mark.parametrize("has_results", [True, False])
def test_files_of_an_earlier_submission_prove_nothing(has_results):
    old = there(SIZE, modified=BEFORE - timedelta(hours=1))
    for state, later in [(State.UPLOADING, SEND), (State.UNCONFIRMED, UNSURE)]:
        assert decide(state, old, has_results, submitted_at=BEFORE).verdict is later


def test_a_file_newer_than_the_submission_is_the_replacement():
    assert decide(State.UNCONFIRMED, there(SIZE), submitted_at=BEFORE).verdict is SENT
    assert decide(State.UNCONFIRMED, there(SIZE + 1), submitted_at=BEFORE).verdict is UNSURE
    old = there(SIZE, modified=BEFORE)
    assert decide(State.UNCONFIRMED, old, submitted_at=BEFORE).verdict is UNSURE


def test_what_may_have_arrived_whole_is_never_sent_unasked():
    """The rule everything else serves, over all cases."""
    entries = [None, there(0), there(500), there(SIZE), there(SIZE + 1), there(SIZE, None)]
    cases = product(
        sorted(TRANSITIONS), entries, [True, False], [SOON, LATER], [True, False], [None, BEFORE]
    )
    for state, entry, has_results, elapsed, hidden, earlier in cases:
        found = decide(
            state, entry, has_results, elapsed=elapsed, hidden=hidden, submitted_at=earlier
        )
        if found.verdict is not SEND:
            continue
        assert state not in {State.SUBMITTED, State.COLLECTED, State.FAILED}
        assert state is not State.UNCONFIRMED
        if state in {State.UPLOADING, State.PARTLY_SENT}:
            assert elapsed is LATER


def test_a_result_folder_means_the_study_was_sent_elsewhere():
    """Also one with a failure report only: the study is not sent again automatically."""
    seen = ServerView(None, has_folder=True)
    assert reconcile(row(State.PACKAGED), seen, elapsed=0, quiet_seconds=300).verdict is SENT
