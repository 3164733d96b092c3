"""An upload cut short is never closed: CLOSE would tell the server that the file is complete."""

import gc
import time
from pathlib import PurePosixPath

import asyncssh
import pytest
from support.endings import NotingService, NotingSshd
from support.transfers import plan_and_submit
from support.waits import PATIENCE

from neuroflow.contract import upload_path
from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import RemoteRefusedError
from neuroflow.ledger.states import State

SIZE = 3_000_000
PATH = PurePosixPath("output/x.zip")


@pytest.fixture(params=["openssh", "embedded"])
def server(request, tmp_path, monkeypatch):
    """Return each kind of server in turn; it notes how uploads end."""
    if request.param == "openssh":
        with NotingSshd(tmp_path / "server") as running:
            yield running
    else:
        with NotingService(tmp_path / "server", monkeypatch) as running:
            yield running


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(bytes(SIZE))
    return path


def wait_for(server, count):
    """Return how the uploads ended, once so many have."""
    deadline = time.monotonic() + PATIENCE
    while len(server.endings) < count:
        assert time.monotonic() < deadline, server.endings
        time.sleep(0.02)
    return list(server.endings)


def run(made, ledger, connect, **options):
    options = {"quiet_seconds": 0.2, "connections": 1} | options
    return plan_and_submit(made, ledger, connect, **options)


def finish(server, made, ledger, connect):
    """Let the next run go on; every study is closed once, whole."""
    list(run(made, ledger, connect))
    assert {row.state for row in ledger.rows()} == {State.SUBMITTED}
    closed = [(name, size) for name, size, is_closed in server.endings if is_closed]
    assert sorted(closed) == [(package.study_id, package.size) for package in made]
    for package in made:
        there = server.home / upload_path(package.cohort_id, package.study_id)
        assert there.read_bytes() == package.path.read_bytes()


@pytest.mark.sshd
def test_a_whole_file_is_closed(server, opening, local):
    with opening(server)() as remote:
        remote.put(local, PATH)
    assert wait_for(server, 1) == [("x", SIZE, True)]


@pytest.mark.sshd
@pytest.mark.parametrize("at", [0, SIZE // 2, SIZE])
def test_whatever_is_raised_in_the_middle_hangs_up(server, opening, local, at):
    def interrupt(done):
        if done >= at:
            raise KeyboardInterrupt

    with opening(server)() as remote, pytest.raises(KeyboardInterrupt):
        remote.put(local, PATH, interrupt)
    ((_, _, is_closed),) = wait_for(server, 1)
    assert not is_closed


@pytest.mark.sshd
def test_an_interrupt_before_the_last_byte_hangs_up(server, opening, local):
    def interrupt():
        raise KeyboardInterrupt

    with opening(server)() as remote, pytest.raises(KeyboardInterrupt):
        remote.put(local, PATH, before_last=interrupt)
    assert wait_for(server, 1) == [("x", SIZE - 1, False)]


@pytest.mark.sshd
def test_a_file_that_is_forgotten_is_not_closed(server, opening):
    with opening(server)() as remote:
        remote._client.create(str(PATH))
        gc.collect()
        assert remote.stat(PurePosixPath("output")) is not None  # the line stands
    assert wait_for(server, 1) == [("x", 0, False)]


@pytest.mark.sshd
def test_the_run_after_a_hard_stop_sends_the_whole_study(server, opening, packages, ledger):
    made = packages(2, size=SIZE)
    connect = opening(server)
    events = run(made, ledger, connect, limit_mb_per_s=2)
    next(event for event in events if event.study_id and event.done > SIZE // 4)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    ((_, size, is_closed),) = wait_for(server, 1)
    assert size < SIZE
    assert not is_closed
    assert [row.state for row in ledger.rows()] == [State.UPLOADING, State.PACKAGED]
    finish(server, made, ledger, connect)


def test_a_refused_write_hangs_up_and_the_others_go_on(
    tmp_path, opening, packages, ledger, monkeypatch
):
    write, refusals = S3Home.write, []

    def refuse_once(home, file, offset, data):
        if offset > SIZE // 2 and not refusals:
            refusals.append(offset)
            raise asyncssh.SFTPFailure("No space left on device")
        return write(home, file, offset, data)

    made = packages(3, size=SIZE)
    monkeypatch.setattr(S3Home, "write", refuse_once)
    with NotingService(tmp_path / "server", monkeypatch) as server:
        connect = opening(server)
        events = list(run(made, ledger, connect))
        assert len([event for event in events if event.status == "failed"]) == 1
        assert [row.state for row in ledger.rows()] == [
            State.PARTLY_SENT,
            State.SUBMITTED,
            State.SUBMITTED,
        ]
        closed = [is_closed for _, _, is_closed in wait_for(server, 3)]
        assert sorted(closed) == [False, True, True]
        finish(server, made, ledger, connect)


def test_a_refused_last_byte_is_known_to_be_missing(
    tmp_path, opening, packages, ledger, monkeypatch
):
    write = S3Home.write

    def refuse_last(home, file, offset, data):
        if offset == SIZE - 1:
            raise asyncssh.SFTPFailure("No space left on device")
        return write(home, file, offset, data)

    made = packages(1, size=SIZE)
    with NotingService(tmp_path / "server", monkeypatch) as server:
        connect = opening(server)
        with monkeypatch.context() as full:
            full.setattr(S3Home, "write", refuse_last)
            list(run(made, ledger, connect))
        assert [row.state for row in ledger.rows()] == [State.PARTLY_SENT]
        assert wait_for(server, 1) == [(made[0].study_id, SIZE - 1, False)]
        finish(server, made, ledger, connect)


def test_a_refusal_is_told_in_the_servers_words(tmp_path, opening, local, monkeypatch):
    def refuse(*_):
        raise asyncssh.SFTPFailure("No space left on device")

    monkeypatch.setattr(S3Home, "write", refuse)
    with NotingService(tmp_path / "server", monkeypatch) as server:
        with opening(server)() as remote, pytest.raises(RemoteRefusedError, match="No space left"):
            remote.put(local, PATH)
        assert [is_closed for _, _, is_closed in wait_for(server, 1)] == [False]
