"""What a server lists, sends and leaves open costs bounded memory and time, and can be stopped."""

import itertools
import shutil
import threading
import time

import pytest
from support.hostile import DEVICE, FOLDER, LINK, HostileServer, measured
from support.waits import PATIENCE

from neuroflow.models import RESULT_FILES
from neuroflow.transfer.collect import folder_contents
from neuroflow.transfer.sftp import client
from neuroflow.workspace.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::neuroflow.errors.ResultWarning")

SMALL = {"aidp.csv": (20, 1), "prediction.txt": (5, 1), "prediction.png": (5, 1)}
TABLE = b"region,FW\npSN,0.2\nPu"


def read_small(path, offset, size):
    whole = TABLE if path.endswith(".csv") else b"hello"
    return whole[:20][offset : offset + size]


def one_study(files):
    def names(path):
        if path == "output":
            return {"good_out": (FOLDER, 0)}
        return files if path.endswith("_out") else {}

    return names


@pytest.fixture
def collecting(tmp_path):
    """Return a function that collects from a hostile server: events, cost, and its results."""

    def run(names, read=read_small, *, stop_after=None):
        with HostileServer(tmp_path, names, read) as server, Workspace(tmp_path / "ws") as ws:
            ws.service.save_profile(server.profile)
            ws.service.trust(server.fingerprint)
            events, stop = [], threading.Event()
            timer = threading.Timer(stop_after or 0, stop.set)
            if stop_after is not None:
                timer.start()
            with measured() as cost:
                ws.collect(on_event=events.append, stop=stop)
            timer.cancel()
            return events, cost, tmp_path / "ws" / "results"

    return run


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def sentences(events):
    return " ".join(event.message for event in events if event.message)


@pytest.mark.parametrize("size", [2**63 - 1, 10**13, 60_000_000])
def test_a_listed_size_is_refused_before_a_byte_is_fetched(collecting, size):
    events, cost, results = collecting(
        one_study(SMALL | {"aidp.csv": (size, 1)}), lambda _path, _offset, n: b"A" * n
    )
    assert [e.status for e in events if e.study_id == "good"] == ["failed"]
    assert "such a file has at most 50 MB" in sentences(events)
    assert not list(results.rglob("*.*"))
    assert cost.megabytes < 100
    assert cost.seconds < PATIENCE


def test_a_large_file_beside_results_is_left_out_alone(collecting):
    events, _, results = collecting(one_study(SMALL | {"scan.raw": (10**12, 1)}))
    assert "'scan.raw' beside its results was left out: it is listed with" in sentences(events)
    assert names_in(results / "good_out") == sorted(RESULT_FILES)


def test_a_report_of_many_studies_has_the_same_limit(collecting):
    def names(path):
        return {"all.csv": (10**12, 1), "few.csv": (20, 1)} if path == "output" else {}

    events, _, results = collecting(names)
    assert "aggregated/all.csv was skipped: it is listed with 1,000,000 MB" in sentences(events)
    assert names_in(results / "aggregated") == ["few.csv"]


def test_a_crowd_of_files_beside_results_is_left_out(collecting, monkeypatch):
    monkeypatch.setattr(folder_contents, "MAX_FILES", 10)
    events, _, results = collecting(one_study(SMALL | {f"n{n}.txt": (5, 1) for n in range(13)}))
    assert "6 files beside its results were left out" in sentences(events)
    assert len(names_in(results / "good_out")) == 10


def test_result_folders_inside_each_other_end_at_a_depth(collecting):
    def names(path):
        last = path.rsplit("/", 1)[-1]
        if last == "output":
            return {"s0_out": (FOLDER, 0)}
        return {f"s{int(last[1:-4]) + 1}_out": (FOLDER, 0)} if last.endswith("_out") else {}

    events, cost, _ = collecting(names)
    assert "more than 6 levels below output were skipped" in sentences(events)
    assert cost.seconds < PATIENCE  # without a limit it would never end


def test_a_listing_without_end_is_given_up(collecting, monkeypatch):
    monkeypatch.setattr(client, "MAX_NAMES", 2000)

    def names(path):
        if path == "output":
            return ((f"{n:032x}_out", (FOLDER, 0)) for n in itertools.count())
        return {}

    with pytest.raises(Exception, match="more than 2000 names"):
        collecting(names)


def test_long_names_are_counted_by_their_bytes(collecting, monkeypatch):
    monkeypatch.setattr(client, "MAX_NAME_BYTES", 1_000_000)

    def names(path):
        if path == "output":
            return ((f"{n}{'x' * 5_000}", (FOLDER, 0)) for n in itertools.count())
        return {}

    with pytest.raises(Exception, match="names"):
        collecting(names)


def test_a_listing_that_never_ends_in_time_is_given_up(collecting, monkeypatch):
    monkeypatch.setattr(client, "MAX_LISTING_SECONDS", 1.0)

    def names(path):
        def slow():
            for n in itertools.count():
                time.sleep(0.002)
                yield f"{n:032x}_out", (FOLDER, 0)

        return slow() if path == "output" else {}

    with pytest.raises(Exception, match="did not end within 1 seconds"):
        collecting(names)


def dripping(path):
    def slow():
        for n in itertools.count():
            time.sleep(0.01)
            yield f"{n:032x}_out", (FOLDER, 0)

    return slow() if path == "output" else {}


def slow_bytes(_path, _offset, _size):
    time.sleep(0.01)
    return b"A"


@pytest.mark.parametrize(
    ("names", "read"),
    [(dripping, read_small), (one_study(SMALL | {"aidp.csv": (40_000_000, 1)}), slow_bytes)],
    ids=["listing", "file"],
)
def test_a_stop_takes_effect_before_the_end(collecting, names, read):
    events, cost, results = collecting(names, read, stop_after=1.0)
    assert 1.0 <= cost.seconds < PATIENCE  # without the stop it would take days
    assert not [event for event in events if event.status == "failed"]
    assert not list(results.rglob("*.*"))


def test_more_bytes_than_were_asked_for_are_refused(collecting):
    events, cost, results = collecting(one_study(SMALL), lambda _path, _offset, _n: b"A" * 2**20)
    assert [e.status for e in events if e.study_id == "good"][-1] == "failed"
    assert not list(results.rglob("*.*"))
    assert cost.megabytes < 5 * 40


def test_no_link_device_or_path_is_taken_for_a_result(collecting):
    def names(path):
        if path == "output":
            return {"l_out": (LINK, 0), "d_out": (DEVICE, 0), "../../e_out": (FOLDER, 0)}
        return SMALL

    _, _, results = collecting(names)
    assert not list(results.rglob("*.*"))


def test_a_full_disk_is_noticed_before_it_is_full(collecting, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 1000))
    events, _, results = collecting(one_study(SMALL))
    assert "not enough free space for the results" in sentences(events)
    assert not list(results.rglob("*.*"))
