"""A server that sends a byte now and then is given up, whatever keeps its connection busy."""

import time

import pytest
from support.hostile import FOLDER, HostileServer
from support.waits import PATIENCE

from neuroflow.errors import ConnectionLostError
from neuroflow.transfer.collect import batch
from neuroflow.transfer.sftp import pace
from neuroflow.transfer.sftp.pace import Pace, TooSlowError
from neuroflow.workspace.workspace import Workspace

FILES = {"aidp.csv": (40_000_000, 1), "prediction.txt": (5, 1), "prediction.png": (5, 1)}


def names(path):
    if path == "output":
        return {f"s{n}_out": (FOLDER, 0) for n in range(12)}
    return FILES if path.endswith("_out") else {}


def read_whole(path, offset, size):
    whole = b"region,FW\npSN,0.2\n" if path.endswith(".csv") else b"hello"
    return whole[offset : offset + size]


@pytest.fixture
def collect(tmp_path):
    """Return a function that collects from a server, and the events of it."""
    events = []

    def run(read, names=names):
        with HostileServer(tmp_path, names, read) as server, Workspace(tmp_path / "ws") as ws:
            ws.service.save_profile(server.profile)
            ws.service.trust(server.fingerprint)
            ws.collect(on_event=events.append)

    return run, events


def test_a_server_that_trickles_is_given_up_for_good(collect, monkeypatch):
    monkeypatch.setattr(batch, "MAX_LOSSES", 2)
    run, events = collect

    def one_byte(_path, _offset, _size):
        monkeypatch.setattr(pace, "WINDOW", 0.1)  # the listing before had all the time it needed
        time.sleep(0.01)
        return b"A"

    start = time.monotonic()
    with pytest.raises(ConnectionLostError, match="timed out while") as found:
        run(one_byte)
    assert "came in 0 minutes" in found.value.why
    assert len([e for e in events if e.status == "failed"]) < 12
    assert time.monotonic() - start < PATIENCE  # without a least rate it would take months


def test_a_server_at_the_least_rate_is_waited_for(collect, monkeypatch):
    monkeypatch.setattr(pace, "WINDOW", 0.0)
    monkeypatch.setattr(pace, "LEAST_RATE", 0)
    run, events = collect
    small = {name: (18 if name == "aidp.csv" else 5, 1) for name in FILES}
    run(read_whole, lambda path: small if path.endswith("_out") else names(path))
    assert len([e for e in events if e.status == "done" and e.study_id]) == 12


def test_waiting_counts_only_while_something_is_fetched():
    one = Pace()
    one.wait(10 * pace.WINDOW)  # an upload that its answers come slowly to
    one.on = True
    one.gain(int(pace.LEAST_RATE * pace.WINDOW))
    one.wait(pace.WINDOW)
    with pytest.raises(TooSlowError, match="Less than 600 kB came in 5 minutes"):
        one.wait(pace.WINDOW)
