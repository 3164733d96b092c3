"""Servers that allow few open files: fewer are used, and everything is fetched."""

import os
from pathlib import PurePosixPath

import asyncssh
import pytest
from asyncssh.constants import FXP_OPEN, FXP_OPENDIR
from asyncssh.sftp import SFTPServerHandler
from support.sshd import Sshd, require_sshd
from support.transfers import collect

from neuroflow.errors import RemoteRefusedError
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.remote import Wanted
from neuroflow.transfer.sftp import packets

FOLDERS = 16


@pytest.fixture
def handles(monkeypatch):
    """Return a function that limits the handles of a session of the embedded service."""

    def limit(most, refusal=asyncssh.SFTPFailure):
        held = []

        def limited(process):
            async def opening(self, packet):
                if len(self._file_handles) + len(self._dir_handles) >= most:
                    packet._idx = packet._len  # the rest of the request is not read
                    raise refusal("Too many open files")
                handle = await process(self, packet)
                held.append(len(self._file_handles) + len(self._dir_handles))
                return handle

            return opening

        known = SFTPServerHandler._packet_handlers
        for kind in (FXP_OPEN, FXP_OPENDIR):
            monkeypatch.setitem(known, kind, limited(known[kind]))
        return held

    return limit


def deliver(home, count=FOLDERS):
    for number in range(count):
        folder = home / "output" / f"s{number:02}_out"
        folder.mkdir()
        for name in RESULT_FILES:
            (folder / name).write_bytes(os.urandom(40_000))


def fetched(results, home):
    return {path.relative_to(results): path.read_bytes() for path in results.glob("*_out/*")} == {
        path.relative_to(home / "output"): path.read_bytes() for path in home.glob("output/*/*")
    }


@pytest.mark.parametrize(
    ("most", "refusal"),
    [
        (1, asyncssh.SFTPPermissionDenied),
        (2, asyncssh.SFTPFailure),
        (10, asyncssh.SFTPPermissionDenied),
        (40, asyncssh.SFTPFailure),
    ],
)
def test_all_results_arrive_whatever_number_of_handles_is_allowed(
    demo, opening, ledger, tmp_path, handles, most, refusal
):
    deliver(demo.home)
    held = handles(most, refusal)
    events = list(collect(opening(demo), ledger, tmp_path / "results", connections=2))
    assert not [event.message for event in events if event.status == "failed"]
    assert fetched(tmp_path / "results", demo.home)
    assert max(held) <= most


def test_the_limit_is_learned_once_for_a_connection(demo, opening, tmp_path, handles):
    deliver(demo.home)
    handles(8)
    paths = sorted(demo.home.glob("output/*/*"))
    wanted = [
        Wanted(PurePosixPath(path.relative_to(demo.home)), tmp_path / str(n), 40_000)
        for n, path in enumerate(paths)
    ]
    with opening(demo)() as remote:
        assert set(remote.get_many(wanted)) == {None}
        learned = remote._client.handles.at_most(96)
        assert 1 < learned <= 8
        assert set(remote.get_many(wanted)) == {None}
        assert remote._client.handles.at_most(96) == learned


@pytest.mark.parametrize("refused", [0, 11])
def test_a_file_that_is_refused_for_itself_costs_no_handles(
    demo, opening, tmp_path, monkeypatch, refused
):
    deliver(demo.home)
    paths = sorted(demo.home.glob("output/*/aidp.csv"))
    known = SFTPServerHandler._packet_handlers
    process = known[FXP_OPEN]

    async def refusing(self, packet):
        place = packet._idx
        if packet.get_string().decode().endswith(paths[refused].relative_to(demo.home).as_posix()):
            packet._idx = packet._len
            raise asyncssh.SFTPPermissionDenied("no")
        packet._idx = place
        return await process(self, packet)

    monkeypatch.setitem(known, FXP_OPEN, refusing)
    wanted = [
        Wanted(PurePosixPath(path.relative_to(demo.home)), tmp_path / str(n), 40_000)
        for n, path in enumerate(paths)
    ]
    with opening(demo)() as remote:
        errors = dict(enumerate(remote.get_many(wanted)))
        assert remote._client.handles.at_most(96) == 96
    assert isinstance(errors.pop(refused), RemoteRefusedError)
    assert set(errors.values()) == {None}


@pytest.mark.sshd
@pytest.mark.parametrize("does_offer", [True, False])
def test_sshd_with_few_files_per_process_is_read_whole(
    tmp_path, opening, ledger, monkeypatch, does_offer
):
    require_sshd()
    if not does_offer:
        monkeypatch.setattr(packets, "LIMITS", b"nobody offers this")
    (tmp_path / "sshd").mkdir()
    with Sshd(tmp_path / "sshd", max_files=24) as server:
        deliver(server.home)
        connect = opening(server)
        events = list(collect(connect, ledger, tmp_path / "results", connections=1))
        assert not [event.message for event in events if event.status == "failed"]
        assert fetched(tmp_path / "results", server.home)


@pytest.mark.sshd
def test_the_limits_of_openssh_are_honoured(sshd, opening):
    with opening(sshd)() as remote:
        remote.stat(PurePosixPath("output"))
        assert remote._client.read_size == packets.REQUEST_SIZE
        assert remote._client.handles.at_most(96) == 96
        for offered, used in ((0, 96), (1000, 96), (7, 7)):
            remote._client.handles.allow(offered)
            assert remote._client.handles.at_most(96) == used
