"""A file is replaced whole, or left as it was."""

import os
import re
import stat
import threading
from pathlib import Path

import pytest
from support.waits import PATIENCE

import neuroflow
from neuroflow.errors import FolderError
from neuroflow.io.atomic import (
    atomic_open,
    atomic_write,
    make_private_folder,
    private_mode,
    remove_leftovers,
    write_private,
)

PACKAGE = Path(neuroflow.__file__).parent


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"table.csv": "old"}


def test_what_a_killed_run_left_is_no_obstacle(tmp_path):
    path = tmp_path / "table.csv"
    with atomic_write(path) as left:
        left.write_text("old")
    left.write_text("half")
    with atomic_write(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_two_writers_at_once_do_not_mix(tmp_path):
    path = tmp_path / "listing.json"
    both = threading.Barrier(2)

    def write(letter):
        with atomic_write(path) as temporary:
            both.wait(PATIENCE)
            temporary.write_text(letter * 10_000)
            both.wait(PATIENCE)

    other = threading.Thread(target=write, args=("b",))
    other.start()
    write("a")
    other.join(PATIENCE)
    assert set(path.read_text()) in ({"a"}, {"b"})


@pytest.mark.skipif(os.name == "nt", reason="modes have no meaning on Windows")
def test_others_may_read_a_private_file_at_no_moment(tmp_path):
    path = tmp_path / "studies.tsv"
    with atomic_write(path, mode=0o600) as temporary:
        during = stat.S_IMODE(temporary.stat().st_mode)
        temporary.write_text("sub-01")
    assert (during, stat.S_IMODE(path.stat().st_mode)) == (0o600, 0o600)


def test_temporary_name_differs_each_time_and_keeps_the_ending(tmp_path):
    names = set()
    for _ in range(3):
        with atomic_write(tmp_path / "image.nii.gz") as temporary:
            names.add(temporary.name)
    assert len(names) == 3
    assert all(name.startswith(".") and name.endswith("image.nii.gz") for name in names)


def test_link_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda _: "known")
    with atomic_write(tmp_path / "a.txt") as temporary:
        pass
    victim = tmp_path / "victim"
    victim.write_text("old")
    try:
        temporary.symlink_to(victim)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(FileExistsError), atomic_write(tmp_path / "a.txt") as again:
        again.write_text("new")
    assert victim.read_text() == "old"


def test_link_in_place_of_the_file_is_replaced_not_followed(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "a.txt"
    victim.write_text("old")
    try:
        path.symlink_to(victim)
    except OSError:
        pytest.skip("this system makes no links")
    with atomic_write(path) as temporary:
        temporary.write_text("new")
    assert (path.read_text(), victim.read_text(), path.is_symlink()) == ("new", "old", False)


def test_longest_file_name_is_possible(tmp_path):
    path = tmp_path / ("ä" * 125 + ".csv")
    with atomic_write(path) as temporary:
        temporary.write_text("1")
    assert path.read_text() == "1"


def test_error_of_the_disk_becomes_the_named_error(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FolderError, match="cannot be written"),
        atomic_write(tmp_path / "file" / "a.txt", error=FolderError, parents=True),
    ):
        pass


def test_only_leftovers_of_the_named_ending_are_removed(tmp_path):
    left = tmp_path / ".new-0123-a.csv.part"
    others = [tmp_path / ".new-0123-b.csv", tmp_path / "c.part"]
    for path in (left, *others):
        path.write_text("half")
    remove_leftovers(tmp_path, ".part")
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_only_one_file_renames_temporary_files():
    renames = re.compile(
        r"\.replace\([\w.]+\)|\.rename\([\w.]+\)|NamedTemporary|mkstemp|os\.(?:rename|replace)\w*\("
    )
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if renames.search(path.read_text(encoding="utf-8"))
    }
    assert found - {
        "demo/service/s3_sftp.py",  # the simulated service renames what clients send
        "cli/program.py",  # a log in the system's folder for temporary files
    } == {"io/atomic.py"}


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_an_exclusive_write_never_replaces_a_file_or_link(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no")))
    taken, link, free = (tmp_path / name for name in ("taken", "link", "free"))
    taken.write_bytes(b"first")
    link.symlink_to(tmp_path / "nowhere")
    for path in (taken, link):
        with pytest.raises(FileExistsError, match=path.name):
            write_private(path, b"second", exclusive=True)
    write_private(free, b"new", exclusive=True)
    assert (taken.read_bytes(), free.read_bytes()) == (b"first", b"new")
    assert not (tmp_path / "nowhere").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"taken", "link", "free"}


def test_a_file_appears_once_it_is_complete(tmp_path):
    path = tmp_path / "table.csv"
    with atomic_write(path) as temporary:
        temporary.write_text("1")
        assert not path.exists()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("1", [path])


def test_an_open_file_appears_once_it_is_closed(tmp_path):
    path = tmp_path / "aidp.csv"
    with atomic_open(path) as file:
        file.write(b"1")
        assert not path.exists()
    assert path.read_bytes() == b"1"


def test_a_private_folder_is_made_with_its_parents(tmp_path):
    folder = tmp_path / "packages" / "COHORT"
    make_private_folder(folder)
    assert folder.is_dir()
    assert private_mode(folder) == 0o600
