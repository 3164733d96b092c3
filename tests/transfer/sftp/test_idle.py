"""A server that closes idle channels, throttles logins, or ends the SFTP session."""

import socket
import threading
from pathlib import PurePosixPath

import pytest
from support.sshd import Sshd, require_sshd
from support.transfers import collect, is_whole, plan_and_submit

from neuroflow.errors import ConnectionLostError
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES

pytestmark = pytest.mark.sshd


@pytest.fixture
def strict_sshd(tmp_path):
    """Return a function that starts an sshd with further lines in its settings."""
    require_sshd()
    started = []

    def start(*lines):
        (tmp_path / "sshd").mkdir()
        server = Sshd(tmp_path / "sshd", extra="\n".join(lines))
        started.append(server)
        return server.__enter__()

    yield start
    for server in started:
        server.stop()


def test_a_channel_closed_by_the_server_is_a_lost_connection(sshd, opening, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"content")
    with opening(sshd)() as remote:
        remote._channel.close()  # as after a ChannelTimeout of the server; the connection stays
        assert remote._transport.is_active()
        for operation in (
            lambda: remote.stat(PurePosixPath("input")),
            lambda: list(remote.list(PurePosixPath("output"))),
            lambda: remote.put(tmp_path / "x.zip", PurePosixPath("input/x.zip")),
            lambda: remote.get(PurePosixPath("output/x"), tmp_path / "x", 3),
        ):
            with pytest.raises(ConnectionLostError):
                operation()


def test_an_upload_continues_after_the_server_closed_the_channel(
    strict_sshd, opening, packages, ledger
):
    # Longer than a busy machine takes between two requests: this is about waiting, not speed.
    server = strict_sshd("ChannelTimeout session:*=4s")
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.UPLOADING, "killed")
    options = {"quiet_seconds": 10, "attempts": 1}  # the wait costs none of them
    events = list(plan_and_submit([one], ledger, opening(server), **options))
    assert not [event.message for event in events if event.status == "failed"]
    assert ledger.row(one.study_id).state is State.SUBMITTED
    assert is_whole(server.home, one)


def test_logins_that_the_server_throttles_are_tried_again(
    strict_sshd, opening, packages, ledger, tmp_path
):
    server = strict_sshd("PerSourceMaxStartups 1")
    for package in packages(12):
        folder = server.home / "output" / f"{package.study_id}_out"
        folder.mkdir()
        for name in RESULT_FILES:
            (folder / name).write_bytes(b"content")
        ledger.record("COHORT", package.study_id, State.SUBMITTED)
    connect = opening(server)
    with socket.create_connection((server.host, server.port)) as waiting:  # for its login
        threading.Timer(0.8, waiting.close).start()
        events = list(collect(connect, ledger, tmp_path / "results", connections=8))
    assert any("no connection, retrying" in event.message for event in events)
    assert not [event.message for event in events if event.status == "failed"]
    assert {row.state for row in ledger.rows()} == {State.COLLECTED}
