"""Status and log files on the endpoint: found by name, bounded, shown in the service's words."""

import os
from dataclasses import FrozenInstanceError

import pytest

from neuroflow.transfer.collect.service_messages import MAX_BYTES, lines_of, read_messages
from neuroflow.transfer.local import LocalRemote


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "output").mkdir(parents=True)
    return tmp_path / "home"


def said(home, known=("a1", "b2"), before=None):
    with LocalRemote(home) as remote:
        return read_messages(remote, known, before)


@pytest.mark.parametrize(
    "name",
    ["status.txt", "output/status_updates.log", "logs/2026-01-02.txt", "notifications/x.json",
     "output/Logs/today.csv", "events.jsonl"],
)  # fmt: skip
def test_files_that_are_named_so_are_read(home, name):
    path = home / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("10:00 a1.zip received\n10:05 a1 processing\n10:06 c3 failed\n")
    assert said(home).lines == {"a1": "10:05 a1 processing"}


@pytest.mark.parametrize("name", ["readme.txt", "catalogue.csv", "output/all.csv", "status.png"])
def test_other_files_are_left_alone(home, name):
    (home / name).write_text("a1 processing\n")
    assert said(home).lines == {}


def test_only_the_newer_file_counts_and_is_read_once(home):
    for name, text, at in (("old.log", "a1 pending", 1), ("new.log", "a1 delivered", 2)):
        (home / "logs").mkdir(exist_ok=True)
        path = home / "logs" / name
        path.write_text(text)
        os.utime(path, (at, at))
    first = said(home)
    assert first.lines == {"a1": "a1 delivered"}
    assert said(home, before=first) is first
    (home / "logs" / "new.log").write_text("a1 delivered\nb2 expired")
    assert said(home, before=first).lines["b2"] == "b2 expired"


@pytest.mark.parametrize(
    "data",
    [b"\x00\x01", b"\xff\xfe\x00", b"a1 " + b"x" * 10_000, b"\n" * 100_000, b"a1\x1b[31m red\x07"],
)
def test_hostile_files_are_cut_and_cleaned(data):
    for line in lines_of(data, {"a1"}).values():
        assert len(line) <= 160
        assert line.isprintable()


def test_files_that_are_too_large_are_not_fetched(home):
    (home / "status.log").write_bytes(b"a1 failed\n" + b"x" * MAX_BYTES)
    assert said(home).lines == {}


def test_of_many_files_the_newest_twenty_are_read(home):
    for n in range(25):
        path = home / f"status-{n:02}.log"
        path.write_text(f"a1 file {n}\n")
        os.utime(path, (n, n))
    found = said(home)
    assert list(found.files) == [f"status-{n:02}.log" for n in range(5, 25)]
    assert found.lines == {"a1": "a1 file 24"}


def test_ids_are_whole_words():
    assert lines_of(b"xa1 a1x a1-2 a1_out\n", {"a1"}) == {"a1": "xa1 a1x a1-2 a1_out"}
    assert lines_of(b"xa1 a1x a1-2\n", {"a1"}) == {}


def test_a_folder_that_may_not_be_listed_is_no_error(home, monkeypatch):
    from neuroflow.errors import RemoteRefusedError

    def refuse(self, path):
        raise RemoteRefusedError("No.")

    monkeypatch.setattr(LocalRemote, "list", refuse)
    assert said(home).lines == {}


def test_messages_cannot_be_changed(home):
    with pytest.raises(FrozenInstanceError):
        said(home).lines = {}
