"""Whole sessions with servers that lie at random: nothing outside, nothing unbounded, ours alone.

`NEUROFLOW_SESSIONS=2000` runs as many sessions; `make hostile` does.
"""

import os
import random
import threading
import time
import warnings
from pathlib import Path

import pytest
from support.hostile import DEVICE, FOLDER, LINK, HostileServer, measured

from neuroflow.errors import NeuroflowError
from neuroflow.transfer.sftp import client
from neuroflow.workspace.workspace import Workspace

SESSIONS = int(os.environ.get("NEUROFLOW_SESSIONS", "12"))
LONGEST = 30.0  # seconds after which a session is stopped; most take a tenth of it

NAMES = [
    "a_out", "b_out", "s1_out", "S1_out", "_out", "..", ".", "../../evil", "/etc/passwd", "a/b_out",
    "C:x_out", "a\\b_out", "con", "nul.txt", "x\x1b[2J_out", "\u202eb_out", "\ud800_out", "COHORT",
    "aidp.csv", "AIDP.CSV", "prediction.txt", "prediction.png", "failure_report.txt", "all.csv",
    "r.tsv", ".bashrc", "n" * 250 + "_out", "deep", "aidp (1).csv", "=1+1.csv", "line\nbreak.csv",
]  # fmt: skip
SIZES = [0, 1, 5, 20, 4096, 40_000, 2**31, 2**40, 2**63 - 1]
TIMES = [0, 1, 2**31 - 1, 2**31, 2**32 - 1]
PIECES = [
    b"region,FW\n", b"pSN,0.2\n", b"Putamen;0,1\n", b"\xff\xfe", b"\x00", b"\x1b]0;x\x07",
    b'"', b",",
    b"=1+1", b"PD Probability: 0.9\n", b"Diagnosis: PD\n", b"nan,inf\n", b"\x89PNG\r\n\x1a\n",
    b"9" * 400, "\u202e".encode(), b"\n" * 50, b"study_id,region,FW\n", b"-1e999\n",
]  # fmt: skip


class Liar:
    """A tree of files and what is in them, made up by a seed; it may change between two looks."""

    def __init__(self, seed):
        self._seed = seed
        draw = random.Random(seed)
        self._is_fickle = draw.random() < 0.3
        self._delay = draw.choice([0.0, 0.0, 0.0, 0.002])
        self._looks = 0

    def _draw(self, path):
        self._looks += self._is_fickle
        return random.Random(f"{self._seed} {path} {self._looks if self._is_fickle else 0}")

    def names(self, path):
        draw = self._draw(path)
        time.sleep(self._delay)
        if draw.random() < 0.03:
            return None
        pairs = {}
        for _ in range(draw.choice([0, 1, 3, 8, 40])):
            name = draw.choice(NAMES) if draw.random() < 0.8 else f"n{draw.randrange(99)}_out"
            is_folder = name.endswith("_out") or draw.random() < 0.2
            kind = FOLDER if is_folder else draw.choice(SIZES)
            if draw.random() < 0.1:
                kind = draw.choice([LINK, DEVICE, FOLDER, 7])
            pairs[name] = (kind, draw.choice(TIMES))
        if path == "output" and draw.random() < 0.05:
            return ((f"{n:032x}_out", (FOLDER, 0)) for n in range(10**6))
        return pairs

    def read(self, path, offset, size):
        time.sleep(self._delay)
        draw = self._draw(path)
        whole = b"".join(draw.choice(PIECES) for _ in range(draw.choice([0, 3, 30])))
        how = draw.random()
        if how < 0.05:
            return b"A" * size  # never ends
        if how < 0.08:
            return b"A" * 100_000  # more than was asked for
        return whole[offset : offset + size]


@pytest.mark.parametrize("first", range(0, SESSIONS, 10))
def test_a_session_with_a_lying_server_ends_without_harm(tmp_path, monkeypatch, first):
    monkeypatch.setattr(client, "MAX_NAMES", 5000)
    monkeypatch.setattr(client, "MAX_LISTING_SECONDS", 5.0)
    outside = tmp_path / "outside"
    outside.mkdir()
    counts = {"done": 0, "error": 0}
    with measured() as cost:
        for seed in range(first, min(first + 10, SESSIONS)):
            counts[session(seed, tmp_path, outside)] += 1
    assert not list(outside.iterdir())
    assert counts["done"] > 0
    assert cost.megabytes < 5 * 100
    print(first, counts, f"{cost.seconds:.0f} s", f"{cost.megabytes:.0f} MB")


def session(seed, tmp_path, outside):
    """Collect, read and report what one liar delivers; return how it ended."""
    liar = Liar(seed)
    folder = tmp_path / f"ws{seed}"
    before = set(tmp_path.iterdir())
    stop = threading.Event()
    timer = threading.Timer(LONGEST, stop.set)
    timer.start()
    refused = 0
    with (
        warnings.catch_warnings(),
        HostileServer(outside.parent, liar.names, liar.read) as server,
        Workspace(folder) as ws,
    ):
        warnings.simplefilter("ignore")
        ws.service.save_profile(server.profile)
        ws.service.trust(server.fingerprint)
        for use in (lambda: ws.collect(on_event=lambda _: None, stop=stop), ws.table, ws.status):
            try:
                use()
            except NeuroflowError:
                refused += 1
    timer.cancel()
    new = set(tmp_path.iterdir()) - before - {folder, tmp_path / "id_ed25519"}
    assert {path.name for path in new} <= {"id_ed25519.pub"}, seed
    results = folder / "results"
    for path in folder.rglob("*"):
        assert not path.is_symlink()
        if path.is_file() and results in path.parents:
            assert path.stat().st_size <= 200_000_000
            assert Path(os.path.normpath(path)).is_relative_to(results)
    return "done" if refused < 3 else "error"
