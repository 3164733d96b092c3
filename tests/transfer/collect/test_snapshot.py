"""The last look at the server, as it is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pytest

from neuroflow.errors import ResultWarning
from neuroflow.models import Entry, ResultFolder
from neuroflow.transfer.collect.snapshot import STABLE_AFTER, OutputSnapshot

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def folder(study_id, *sizes):
    path = PurePosixPath(f"output/{study_id}_out")
    files = [Entry(path, f"{n}\udcff.txt", n, is_folder=False, modified=NOW) for n in sizes]
    return ResultFolder(study_id, path, tuple(files))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "listing.json"


def test_it_is_read_as_it_was_written(path):
    listing = OutputSnapshot(NOW).add(folder("a", 1, 2), folder("b"))
    listing.left_out.append("One was left out.")
    listing.save(path, "me@server")
    found = OutputSnapshot.load(path, "me@server")
    assert (found.at, found.left_out) == (NOW, ["One was left out."])
    assert found.folders == {"a": folder("a", 1, 2), "b": folder("b")}
    assert OutputSnapshot(NOW + STABLE_AFTER, found).add(folder("b")).is_stable(folder("b"))
    changed = folder("b", 7)
    assert not OutputSnapshot(NOW + STABLE_AFTER, found).add(changed).is_stable(changed)


def test_a_size_that_is_not_listed_stays_unknown(path):
    place = PurePosixPath("output/a_out")
    file = Entry(place, "aidp.csv", 0, is_folder=False, modified=NOW, is_sized=False)
    unsized = ResultFolder("a", place, (file,))
    OutputSnapshot(NOW).add(unsized).save(path, "")
    assert OutputSnapshot.load(path, "").folders == {"a": unsized}


def test_what_is_gone_is_not_there_but_not_forgotten(path):
    first = OutputSnapshot(NOW).add(folder("a", 1))
    OutputSnapshot(NOW + timedelta(hours=1), first).save(path, "")
    found = OutputSnapshot.load(path, "")
    assert found.folders == {}
    assert OutputSnapshot.load(path, "")._seen_at["a"].first == NOW


def test_a_look_that_missed_a_study_is_not_whole():
    listing = OutputSnapshot(NOW).add(folder("a"))
    assert not listing.is_complete
    listing.expected = {"a", "b"}
    assert not listing.is_complete
    assert listing.add(folder("b")).is_complete


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": 1, "server": ""}'])
def test_a_damaged_one_counts_as_none(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    assert OutputSnapshot.load(path, "") is None


@pytest.mark.parametrize(("old", "new"), [("+00:00", ""), ('"a"', "null"), ("[1", "[{}")])
def test_damage_that_is_still_json_ends_in_no_traceback(path, old, new):
    OutputSnapshot(NOW).add(folder("a", 1), folder("b")).save(path, "")
    path.write_text(path.read_text().replace(old, new))
    found = OutputSnapshot.load(path, "")
    assert found is None or all(isinstance(study_id, str) for study_id in found.folders)


def test_that_of_another_server_counts_as_none(path):
    OutputSnapshot(NOW).save(path, "me@one")
    assert OutputSnapshot.load(path, "me@other") is None
    assert OutputSnapshot.load(path.with_name("nowhere"), "") is None


def test_one_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.warns(ResultWarning, match="cannot be written"):
        OutputSnapshot(NOW).save(tmp_path / "cache" / "listing.json", "")
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
