"""Reading the log: its latest lines, also of one study, and over its full files."""

import json

import pytest

from neuroflow.errors import FolderError, ResultWarning
from neuroflow.events import ABOUT_JOBS, EventLog, read_log
from neuroflow.ledger import utc_now


@pytest.fixture
def log(tmp_path):
    """Return a log of nine lines, of which the first six are in the full file beside it."""
    file = tmp_path / "neuroflow.log"
    lines = [json.dumps({"study_id": "ab"[n % 2], "n": n}) for n in range(9)]
    file.with_name("neuroflow.log.1").write_text("\n".join(lines[:6]) + "\n", encoding="utf-8")
    file.write_text("\n".join(lines[6:]) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("last", "having", "found"),
    [
        (2, "", [7, 8]),
        (5, "", [4, 5, 6, 7, 8]),
        (50, "", list(range(9))),
        (3, '"a"', [4, 6, 8]),
        (3, '"c"', []),
    ],
)
def test_the_latest_lines_are_read_over_full_files(log, last, having, found):
    assert [event["n"] for event in read_log(log, last, having)] == found


def test_only_damage_in_the_latest_lines_is_reported(log):
    log.write_text("broken\n" + log.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(read_log(log, 3)) == 3
    with pytest.warns(ResultWarning, match="1 of the latest 4 lines are damaged"):
        assert len(read_log(log, 4)) == 3


def test_a_log_that_does_not_exist_has_no_lines(tmp_path):
    assert read_log(tmp_path / "none.log", 5) == []


def test_a_log_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "neuroflow.log").mkdir()
    with pytest.raises(FolderError, match="cannot be read"):
        read_log(tmp_path / "neuroflow.log", 5)


def test_lines_about_jobs_are_found_as_they_are_written(tmp_path):
    file = tmp_path / "neuroflow.log"
    with EventLog(file, "submit", lambda event: None, clock=utc_now):
        pass
    assert [event["status"] for event in read_log(file, 5, ABOUT_JOBS)] == ["started", "done"]
