"""Many files over one connection: whole, in order, each failure its own, in a few round trips."""

import os
import time
from pathlib import PurePosixPath

import pytest
from support.proxy import Fault, Proxy
from support.transfers import behind, collect

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import (
    ConnectionLostError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
    TransferError,
)
from neuroflow.transfer.remote import Wanted

SIZES = [0, 1, 6000, 32767, 32768, 32769, 300_000]


@pytest.fixture
def there(remote, tmp_path):
    """Return a function that puts files on the server and tells what to fetch."""
    (tmp_path / "here").mkdir()

    def put(sizes):
        for number, size in enumerate(sizes):
            (remote.home / "output" / str(number)).write_bytes(os.urandom(size))
        return [
            Wanted(PurePosixPath("output", str(n)), tmp_path / "here" / str(n), size)
            for n, size in enumerate(sizes)
        ]

    return put


def is_same(remote, each):
    return each.local.read_bytes() == (remote.home / each.path).read_bytes()


def test_files_of_every_length_arrive_whole_and_in_order(remote, there):
    wanted = there(SIZES * 40)
    arrived = [error is None and each.local.exists() for each, error in fetch(remote, wanted)]
    assert arrived == [True] * len(wanted)
    assert all(is_same(remote, each) for each in wanted)


def fetch(remote, wanted):
    return zip(wanted, remote.get_many(wanted), strict=True)


def test_nothing_wanted_is_nothing_fetched(remote):
    assert list(remote.get_many([])) == []


def test_a_file_that_fails_keeps_no_other_from_coming(remote, there):
    wanted = there([9] * 8)
    (remote.home / "output" / "2").unlink()
    (remote.home / "output" / "4").unlink()
    (remote.home / "output" / "4").mkdir()  # a folder cannot be read
    wanted[6] = wanted[6]._replace(size=8)
    errors = dict(enumerate(remote.get_many(wanted)))
    assert isinstance(errors.pop(2), RemoteMissingError)
    assert isinstance(errors.pop(4), RemoteRefusedError | RemoteMissingError | SizeMismatchError)
    assert isinstance(errors.pop(6), SizeMismatchError)
    assert set(errors.values()) == {None}
    assert {int(each.local.name) for each in wanted if each.local.exists()} == set(errors)


def test_put_down_early_the_connection_is_still_good(remote, there):
    wanted = there([200_000] * 30)
    arriving = remote.get_many(wanted)
    assert next(arriving) is None
    arriving.close()
    assert [each.local.name for each in wanted if each.local.exists()] == ["0"]
    assert set(remote.get_many(wanted)) == {None}
    assert all(is_same(remote, each) for each in wanted)


def test_a_disk_that_fails_leaves_the_connection_good(remote, there, tmp_path):
    wanted = there([50_000] * 5)
    bad = wanted[1]._replace(local=tmp_path / "nowhere" / "x")
    with pytest.raises(TransferError, match="cannot be written"):
        list(remote.get_many([wanted[0], bad, *wanted[2:]]))
    assert set(remote.get_many(wanted)) == {None}


def test_answers_shorter_than_asked_for_are_followed_up(demo, opening, tmp_path, monkeypatch):
    read = S3Home.read
    monkeypatch.setattr(
        S3Home, "read", lambda self, file, offset, size: read(self, file, offset, min(size, 7000))
    )
    (demo.home / "output" / "x").write_bytes(data := os.urandom(50_000))
    wanted = [Wanted(PurePosixPath("output/x"), tmp_path / "x", 50_000)]
    with opening(demo)() as remote:
        assert list(remote.get_many(wanted * 3)) == [None] * 3
    assert (tmp_path / "x").read_bytes() == data


@pytest.mark.sshd
def test_a_lost_connection_loses_only_files_not_yet_reported(sshd, trusting, tmp_path):
    for number in range(60):
        (sshd.home / "output" / str(number)).write_bytes(bytes(40_000))
    wanted = [
        Wanted(PurePosixPath("output", str(n)), tmp_path / f"{n}.bin", 40_000) for n in range(60)
    ]
    with (
        Proxy(sshd.port, faults=[Fault(9000, "reset")]) as proxy,
        pytest.raises(ConnectionLostError),
    ):
        list(behind(proxy, sshd, trusting)().get_many(wanted))
    assert len(list(tmp_path.glob("*.bin"))) < 60
    assert not list(tmp_path.glob(".*"))


@pytest.mark.sshd
def test_round_trips_do_not_multiply_with_the_files(sshd, trusting, ledger, tmp_path):
    """One file after the other, 100 folders take 900 round trips, so at least 90 s."""
    for number in range(100):
        folder = sshd.home / "output" / f"{number}_out"
        folder.mkdir()
        for name in ("aidp.csv", "prediction.txt", "prediction.png"):
            (folder / name).write_bytes(b"content")
    with Proxy(sshd.port, latency=0.1) as proxy:
        begun = time.monotonic()
        list(collect(behind(proxy, sshd, trusting), ledger, tmp_path / "results", connections=1))
        taken = time.monotonic() - begun
    assert len(list((tmp_path / "results").glob("*_out/*"))) == 300
    assert taken < 90
