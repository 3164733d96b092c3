"""A file is replaced whole, or left as it was."""

import os
import stat
import threading

import pytest

from neuroflow.io.atomic import whole


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half():
        with whole(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"table.csv": "old"}


def test_what_a_killed_run_left_is_no_obstacle(tmp_path):
    path = tmp_path / "table.csv"
    with whole(path) as left:
        left.write_text("old")
    left.write_text("half")
    with whole(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_two_writers_at_once_do_not_mix(tmp_path):
    path = tmp_path / "listing.json"
    both = threading.Barrier(2)

    def write(letter):
        with whole(path) as temporary:
            both.wait(30)
            temporary.write_text(letter * 10_000)
            both.wait(30)

    other = threading.Thread(target=write, args=("b",))
    other.start()
    write("a")
    other.join(30)
    assert set(path.read_text()) in ({"a"}, {"b"})


@pytest.mark.skipif(os.name == "nt", reason="modes have no meaning on Windows")
def test_others_may_read_a_private_file_at_no_moment(tmp_path):
    path = tmp_path / "studies.tsv"
    with whole(path, mode=0o600) as temporary:
        during = stat.S_IMODE(temporary.stat().st_mode)
        temporary.write_text("sub-01")
    assert (during, stat.S_IMODE(path.stat().st_mode)) == (0o600, 0o600)
