"""How many connections an upload takes."""

import itertools
import threading
from pathlib import PurePosixPath

import pytest
from support.waits import PATIENCE

from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.concurrency import connections_for, round_trip_time
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.upload import submit as upload
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import plan

HOME = PurePosixPath("input")


class WriteOnly:
    def stat(self, path):
        raise RemoteRefusedError(f"{path} may not be looked at.")


def test_a_refusal_is_an_answer():
    ticks = iter([1.0, 1.05])
    assert round_trip_time(WriteOnly(), HOME, lambda: next(ticks)) == pytest.approx(0.05)


@pytest.mark.parametrize(("most", "expected"), [(1, 1), (2, 2), (8, 2)])
def test_a_short_line_needs_two(most, expected):
    assert connections_for(0.0004, most) == expected


def test_a_longer_line_never_gets_fewer():
    counts = [connections_for(milliseconds / 1000, 8) for milliseconds in range(200)]
    assert all(one <= other for one, other in itertools.pairwise(counts))
    assert counts[-1] == 8


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 2), (0.03, 5)])
def test_an_upload_takes_what_suits_its_line(
    folder_remote, packages, ledger, seconds, expected, monkeypatch
):
    home, _ = folder_remote
    made = packages(10)
    monkeypatch.setattr(upload, "round_trip_time", lambda *_: seconds)  # whatever else runs here
    together = threading.Barrier(expected, timeout=PATIENCE)
    opened = []

    class Meeting(LocalRemote):
        def put(self, *args):
            together.wait()
            return super().put(*args)

    def connect():
        opened.append(Meeting(home))
        return opened[-1]

    for _ in upload.submit(
        plan(made, ledger, {}), made, connect, ledger, options=UploadOptions(connections=5)
    ):
        pass
    assert len(opened) == expected
