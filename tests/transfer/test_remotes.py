"""What every Remote promises, against OpenSSH, the embedded service and a folder."""

import os
from pathlib import PurePosixPath

import pytest

from neuroflow.errors import (
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
    TransferError,
)
from neuroflow.transfer.remote import Receipt

FOLDER = PurePosixPath("input/C/input")
SIZES = [1, 32767, 32768, 32769, 5_000_000]


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "local.bin"
    path.write_bytes(os.urandom(100_000))
    return path


def test_folders_are_made_once_and_again(remote):
    remote.mkdirs(FOLDER)
    remote.mkdirs(FOLDER)
    assert (remote.home / FOLDER).is_dir()


def test_a_file_in_the_way_of_a_folder_is_refused(remote, local):
    remote.put(local, PurePosixPath("input/file"))
    with pytest.raises((RemoteRefusedError, RemoteMissingError)):
        remote.mkdirs(PurePosixPath("input/file/sub"))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_put_can_be_got(remote, tmp_path, size):
    local, back = tmp_path / "there.bin", tmp_path / "back.bin"
    local.write_bytes(os.urandom(size))
    path = PurePosixPath("output/x.bin")
    assert remote.put(local, path) is Receipt.CONFIRMED
    remote.get(path, back, size)
    assert back.read_bytes() == local.read_bytes()
    assert {p.name for p in tmp_path.iterdir() if p.suffix == ".part"} == set()


def test_put_overwrites_with_shorter_content(remote, local):
    path = PurePosixPath("output/x.bin")
    remote.put(local, path)
    local.write_bytes(b"short")
    remote.put(local, path)
    assert (remote.home / path).read_bytes() == b"short"


def test_progress_begins_at_nothing_and_ends_at_all(remote, local, tmp_path):
    heard = []
    path = PurePosixPath("output/x.bin")
    remote.put(local, path, heard.append, lambda: heard.append("last"))
    assert heard[0] == 0
    assert heard[-2:] == ["last", 100_000]
    assert heard[:-2] == sorted(heard[:-2])
    heard.clear()
    remote.get(path, tmp_path / "back", 100_000, heard.append)
    assert (heard[0], heard[-1]) == (0, 100_000)


def test_listing_and_looking_agree(remote, local):
    remote.put(local, PurePosixPath("output/x.bin"))
    remote.mkdirs(PurePosixPath("output/sub"))
    entries = {entry.name: entry for entry in remote.list(PurePosixPath("output"))}
    assert set(entries) == {"x.bin", "sub"}
    assert (entries["x.bin"].size, entries["x.bin"].is_folder) == (100_000, False)
    assert entries["sub"].is_folder
    assert entries["x.bin"] == remote.stat(PurePosixPath("output/x.bin"))
    assert entries["x.bin"].modified.tzname() == "UTC"


def test_many_folders_are_listed_in_order(remote, local):
    paths = [PurePosixPath(f"output/{number}") for number in range(70)]
    for number, path in enumerate(paths):
        if number != 40:  # one is not there
            (remote.home / path).mkdir()
            for name in range(number % 4):
                (remote.home / path / f"{name}.txt").touch()
    found = [len(entries) for entries in remote.list_many(paths)]
    assert found == [number % 4 if number != 40 else 0 for number in range(70)]
    assert list(remote.list_many([])) == []


def test_nothing_there_is_told_apart(remote, local, tmp_path):
    nowhere = PurePosixPath("output/nowhere")
    assert remote.stat(nowhere) is None
    for act in (
        lambda: list(remote.list(nowhere)),
        lambda: remote.get(nowhere, tmp_path / "back", 3),
        lambda: remote.put(local, nowhere / "x.bin", pytest.fail),
    ):
        with pytest.raises(RemoteMissingError) as caught:
            act()
        assert caught.value.advice
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("listed", [0, 99_999, 100_001, 140_000])
def test_a_file_of_another_length_than_listed_does_not_appear(remote, local, tmp_path, listed):
    remote.put(local, PurePosixPath("output/x.bin"))
    back = tmp_path / "back"
    with pytest.raises(SizeMismatchError):
        remote.get(PurePosixPath("output/x.bin"), back, listed)
    assert list(tmp_path.glob("*back*")) == []
    remote.get(PurePosixPath("output/x.bin"), back, 100_000)  # the connection is still good


def test_a_local_file_that_is_missing_sends_nothing(remote, tmp_path):
    path = PurePosixPath("output/x.bin")
    with pytest.raises(TransferError, match="cannot be read"):
        remote.put(tmp_path / "missing", path, pytest.fail)
    assert remote.stat(path) is None


def test_a_local_folder_that_is_missing_fetches_nothing(remote, local, tmp_path):
    remote.put(local, PurePosixPath("output/x.bin"))
    with pytest.raises(TransferError, match="cannot be written"):
        remote.get(PurePosixPath("output/x.bin"), tmp_path / "no" / "back", 100_000)


def test_a_local_file_that_shrinks_is_noticed(remote, local):
    def shrink(done):
        if done == 0:
            os.truncate(local, 50_000)

    local.write_bytes(bytes(5_000_000))
    with pytest.raises(TransferError, match="became shorter"):
        remote.put(local, PurePosixPath("output/x.bin"), shrink)


def test_the_error_of_a_listener_comes_through_as_it_is(remote, local):
    def fail(done):
        raise KeyError

    with pytest.raises(KeyError):
        remote.put(local, PurePosixPath("output/x.bin"), fail)


def test_closing_twice_is_harmless(remote):
    remote.close()
    remote.close()
