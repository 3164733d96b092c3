"""How long results take, as far as a workspace has seen it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

import neuroflow as nf
from neuroflow.workspace.result_times import STATED, result_hours, usual_time
from neuroflow.workspace.workspace import Workspace

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def hour(number):
    return None if number is None else START + timedelta(hours=number)


def row(study_id, submitted, answered=None):
    return SimpleNamespace(
        study_id=study_id, submitted_at=hour(submitted), answered_at=hour(answered)
    )


class Seen:
    """A status check that saw results at some hours."""

    def __init__(self, **hours):
        self._hours = hours

    def first_seen(self, study_id):
        return hour(self._hours.get(study_id))


def test_times_run_from_sending_to_the_first_sight():
    rows = [row("a", 0, 20), row("b", 1, 20), row("c", 2), row("waits", 3), row("unsent", None)]
    assert result_hours(rows, Seen(a=2, b=5, c=5, unsent=1)) == {
        "n": 3,
        "median": 3,
        "shortest": 2,
        "longest": 4,
    }


def test_what_no_check_saw_counts_from_its_collection():
    rows = [row(name, 0, answered) for name, answered in zip("abc", (1, 2, 3), strict=True)]
    assert result_hours(rows, None)["median"] == 2


def test_a_result_of_an_earlier_submission_does_not_count():
    rows = [row("a", 10, 12), row("b", 0), row("c", 0)]
    found = result_hours(rows, Seen(a=1, b=2, c=2))
    assert found == {"n": 3, "median": 2, "shortest": 2, "longest": 2}
    assert result_hours([row("a", 10), *rows[1:]], Seen(a=1, b=2, c=2)) is None


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, STATED),
        ((1, 2.5, 2.5, 2.5), "The result of 1 study was seen here 2.5 h after sending."),
        ((1, 0, 0, 0), "The result of 1 study was seen here within a minute of sending."),
        (
            (4, 0.01, 0.001, 0.016),
            "Results of 4 studies were seen here within a minute of sending.",
        ),
        ((3, 2, 2, 2.02), "Results of 3 studies were seen here 2 h after sending."),
        (
            (3, 0.001, 0, 0.5),
            "Results of 3 studies were seen here 1 to 30 min after sending, half of them within "
            "1 min.",
        ),
        ((3, 4, 2.1, 4), "Results of 3 studies were seen here 2.1 to 4 h after sending."),
        (
            (1200, 2.5, 0.999, 50),
            "Results of 1,200 studies were seen here 1 h to 2.1 days after sending, half of them "
            "within 2.5 h.",
        ),
        (
            (9, 60, 47.96, 96),
            "Results of 9 studies were seen here 2 to 4 days after sending, half of them within "
            "2.5 days.",
        ),
    ],
)
def test_the_sentence_states_what_is_known(hours, words):
    names = ("n", "median", "shortest", "longest")
    assert usual_time(hours and dict(zip(names, hours, strict=True))) == words


def test_the_status_states_the_times(workspace, eight_studies, service, silent):
    studies = nf.find_studies(eight_studies / "scans")[:3]
    cohort = workspace.cohort("C", studies, participants=eight_studies / "participants.tsv")
    workspace.submit(cohort, on_event=silent)
    assert workspace.status(offline=True).attrs["result_hours"] is None
    assert service.wait_until_idle()
    with Workspace(workspace.folder, clock=lambda: datetime.now(UTC) + timedelta(hours=2)) as later:
        found = later.status().attrs["result_hours"]
    assert found["n"] == 3
    assert 2 <= found["shortest"] <= found["median"] <= found["longest"] < 2.5
