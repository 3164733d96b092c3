"""The log: what is written, how often, how much is kept, and what happens when the disk is full."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from neuroflow.errors import WorkspaceError
from neuroflow.events.log import BACKUP_COUNT, EventLog
from neuroflow.models import Event

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def event(message="", *, seconds=0.0, done=0, status="progress", stage="upload", study_id="s"):
    at = NOW + timedelta(seconds=seconds)
    return Event(stage, study_id, done, 1000, status, message, at)


@pytest.fixture
def written(tmp_path):
    """Return a function that logs events; it returns the lines between the first and the last."""

    def write(*events, **options):
        path = tmp_path / "logs" / "neuroflow.log"
        with EventLog(path, "submit", lambda _: None, clock=lambda: NOW, **options) as log:
            for each in events:
                log(each)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][1:-1]

    return write


def test_mere_progress_is_written_once_a_minute(written):
    lines = written(*(event(seconds=second, done=second) for second in range(0, 300, 2)))
    assert [line["done"] for line in lines] == [0, 60, 120, 180, 240]


def test_what_is_said_anew_is_written_at_once(written):
    lines = written(
        event("begun", status="started"),
        event("paused", seconds=1),
        event("paused", seconds=2),
        event("lost", seconds=3),
        event("sent", seconds=4, status="done"),
    )
    assert [line["message"] for line in lines] == ["begun", "paused", "lost", "sent"]


def test_each_study_and_stage_has_its_own_minute(written):
    lines = written(event(), event(study_id="t"), event(study_id=None), event(stage="collect"))
    assert len(lines) == 4


def test_the_rate_is_measured_from_the_beginning(written):
    begun, _, done = written(
        event(status="started"), event("x", seconds=1), event(seconds=4, done=1000, status="done")
    )
    assert "rate" not in begun
    assert done["rate"] == 250


def test_times_are_in_utc(written):
    local = NOW.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    (line,) = written(Event("upload", "s", 0, 0, "started", "", local))
    assert line["at"] == "2026-01-31T12:00:00.000+00:00"


@pytest.mark.parametrize(
    "path",
    ["/home/jo/P 1/x.dcm", r"C:\Users\jo\x.dcm", "~/scans/P1", r"\\server\jo", "/.jo/x", "/-jo"],
)
def test_paths_are_not_written(written, path):
    (line,) = written(event(f"cannot read {path}"))
    assert line["message"] == "cannot read (a path)"


def test_rates_and_names_on_the_server_are_no_paths(written):
    said = "input/C is there; 4 MB/s; sent and/or looked at"
    assert written(event(said))[0]["message"] == said


@pytest.mark.parametrize("stage", ["package", "check", "find"])
def test_messages_about_the_users_files_are_not_written(written, stage):
    (line,) = written(event("P01/Smith.dcm cannot be read", stage=stage, status="failed"))
    assert (line["message"], line["status"], line["study_id"]) == ("", "failed", "s")


def test_a_full_file_is_put_aside_and_few_are_kept(written, tmp_path):
    written(*(event(f"news {n}") for n in range(300)), max_bytes=2000)
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["neuroflow.log", *(f"neuroflow.log.{n}" for n in range(1, BACKUP_COUNT + 1))]
    assert all((tmp_path / "logs" / name).stat().st_size <= 2000 for name in files)


def test_a_log_that_cannot_be_opened_is_an_error(tmp_path):
    (tmp_path / "logs").touch()
    with pytest.raises(WorkspaceError, match="log"):
        EventLog(tmp_path / "logs" / "neuroflow.log", "submit", print, clock=lambda: NOW)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_told_once_and_stops_nothing(capfd):
    heard = []
    with EventLog(Path("/dev/full"), "submit", heard.append, clock=lambda: NOW) as log:
        for number in range(3):
            log(event(f"news {number}"))
    assert [e.message for e in heard if e.stage == "upload"] == ["news 0", "news 1", "news 2"]
    (told,) = [e.message for e in heard if e.stage == "log"]
    assert "No space left" in told
    assert capfd.readouterr() == ("", "")


def test_what_is_no_text_does_not_end_the_log(written):
    lines = written(event("it said \udcff"), event("and went on"))
    assert [line["message"] for line in lines] == ["it said \ufffd", "and went on"]


def test_nothing_of_it_reaches_the_programs_own_logging(written, caplog):
    with caplog.at_level(logging.DEBUG):
        written(event("news"))
    assert caplog.records == []
