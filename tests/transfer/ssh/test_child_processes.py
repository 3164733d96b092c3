"""Programs that a connection starts do not inherit the passphrase of the key."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from neuroflow.transfer.ssh.config import look_up
from neuroflow.transfer.ssh.proxy_command import CommandSocket

pytestmark = pytest.mark.skipif(os.name != "posix", reason="commands of POSIX")


def test_a_proxy_command_does_not_inherit_it(monkeypatch):
    monkeypatch.setenv("NEUROFLOW_PASSPHRASE", "secret")
    socket = CommandSocket("env")
    try:
        said = socket.recv(100_000)
    finally:
        socket.close()
    assert b"PATH=" in said
    assert b"secret" not in said


def test_a_match_exec_does_not_inherit_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROFLOW_PASSPHRASE", "secret")
    path = tmp_path / "config"
    path.write_text('Match exec "test -n \\"$NEUROFLOW_PASSPHRASE\\""\n Port 99\n')
    assert look_up("far", path=path).get("port") == ""


def test_a_proxy_command_can_be_closed_by_several_threads():
    """Let eight threads close each of a few at the same moment."""
    for _ in range(5):
        socket, start = CommandSocket("cat"), Barrier(8)

        def close(each: CommandSocket = socket, start: Barrier = start) -> None:
            start.wait()
            each.close()

        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(close) for _ in range(8)]:
                done.result()
