import io
from datetime import UTC, datetime

import pytest

from neuroflow.events.progress import Bars, Lines, listening
from neuroflow.events.reporter import Reporter
from neuroflow.events.user_warnings import warn_user
from neuroflow.models import Event

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(study_id, done, total, status="progress", message=""):
    return Event("upload", study_id, done, total, status, message, NOW)


def shown(*events):
    file = io.StringIO()
    with Bars(file=file, disable=False) as bars:
        for each in events:
            bars(each)
    return file.getvalue()


def test_only_the_whole_job_moves_the_bar():
    text = shown(event(None, 0, 4), event("s1", 3, 3), event(None, 3, 4), event(None, 4, 4))
    assert "4/4" in text
    assert "3/3" not in text


def test_failures_and_summaries_stand_above_the_bar():
    text = shown(
        event("s1", 0, 9, "failed", "Study s1: the line was lost."),
        event("s2", 0, 9, "done", "sent"),
        event(None, 9, 9, "done", "2 studies found; 3 files skipped."),
    )
    assert "Study s1: the line was lost." in text
    assert "3 files skipped" in text
    assert "sent" not in text


def test_a_line_names_its_study_once():
    file = io.StringIO()
    with Lines(file=file) as lines:
        lines(event("s1", 0, 9, "failed", "Study s1: the line was lost."))
    assert file.getvalue().count("s1") == 1


def test_sizes_are_shown_as_bytes():
    assert "50.0M/100M" in shown(event(None, 50_000_000, 100_000_000)).replace("MB", "M")


def test_nothing_is_shown_when_that_was_asked():
    file = io.StringIO()
    with Bars(file=file, disable=True) as bars:
        bars(event("s1", 0, 9, "failed", "lost"))
    assert file.getvalue() == ""


def test_a_callers_own_listener_takes_the_place_of_the_bars():
    heard = []
    with listening(heard.append) as listen:
        listen(event(None, 1, 2))
    assert heard == [event(None, 1, 2)]


def test_a_line_states_the_share_of_an_upload():
    file = io.StringIO()
    with Lines(file=file) as lines:
        lines(event(None, 250_000, 1_000_000))
    assert file.getvalue().rstrip().endswith("upload: 25 % of 1.0 MB")


def test_a_reporter_counts_the_steps():
    seen = []
    Reporter("check", 2, seen.append).step(message="one")
    assert (seen[0].done, seen[0].total, seen[0].message) == (1, 2, "one")


def test_a_user_is_warned_at_the_line_that_called():
    with pytest.warns(UserWarning, match="2 files could not be read") as caught:
        warn_user("2 files could not be read", UserWarning)
    assert caught[0].filename == __file__
