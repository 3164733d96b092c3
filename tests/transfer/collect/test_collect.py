"""Results come whole or not at all, once, and only where they may."""

import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from support.demo_zips import nifti_zip
from support.transfers import collect
from support.waits import PATIENCE

from neuroflow.contract import upload_path
from neuroflow.errors import ConnectionLostError, TransferError
from neuroflow.ledger.ledger import utc_now
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.collect.discover import find_results
from neuroflow.transfer.collect.folder_contents import missing_files
from neuroflow.transfer.collect.snapshot import STABLE_AFTER, OutputSnapshot
from neuroflow.transfer.control import Clock
from neuroflow.transfer.local import LocalRemote

FILES = dict.fromkeys(RESULT_FILES, b"content")
FAILURE = {"failure_report.txt": b"no age", "failure_report.png": b"picture"}


def deliver(home, folder, files=FILES):
    """Put a result folder on the server."""
    path = home / "output" / folder
    path.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def sent(packages, ledger, count=1):
    made = packages(count)
    for package in made:
        ledger.record("COHORT", package.study_id, State.SUBMITTED)
    return made


def run(connect, ledger, results, **options):
    """Collect; return the last word on every study."""
    events = list(collect(connect, ledger, results, **options))
    return {e.study_id: (e.status, e.message) for e in events if e.study_id}


def test_complete_results_arrive_whole(place, packages, ledger, results):
    home, connect = place
    made = sent(packages, ledger, 5)
    big = FILES | {"prediction.png": os.urandom(300_000)}
    for package in made:
        deliver(home, f"{package.study_id}_out", big)
    found = run(connect, ledger, results)
    assert {status for status, _ in found.values()} == {"done"}
    assert {row.state for row in ledger.rows()} == {State.COLLECTED}
    for package in made:
        folder = results / f"{package.study_id}_out"
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == big


def test_a_second_time_brings_nothing(place, packages, ledger, results):
    home, connect = place
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out")
    run(connect, ledger, results)
    before = ledger.history(one.study_id)
    assert run(connect, ledger, results) == {one.study_id: ("skipped", "nothing new")}
    assert ledger.history(one.study_id) == before


@pytest.mark.parametrize("change", ["other length", "other time", "lost here", "new file"])
def test_what_changed_comes_again(folder_remote, packages, ledger, results, change):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    path = deliver(home, f"{one.study_id}_out")
    run(connect, ledger, results)
    local = results / f"{one.study_id}_out"
    if change == "other length":
        (path / "aidp.csv").write_bytes(b"longer content")
    elif change == "other time":
        (path / "aidp.csv").write_bytes(b"CONTENT")
        os.utime(path / "aidp.csv", (1e9, 1e9))
    elif change == "lost here":
        (local / "aidp.csv").unlink()
    else:
        (path / "extra.txt").write_bytes(b"more")
    assert run(connect, ledger, results)[one.study_id][0] == "done"
    assert {p.name: p.read_bytes() for p in local.iterdir()} == {
        p.name: p.read_bytes() for p in path.iterdir()
    }


def test_incomplete_results_are_left_for_the_next_time(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", {"prediction.png": b"x", "prediction.txt": b"y"})
    status, message = run(connect, ledger, results)[one.study_id]
    assert (status, message) == ("skipped", "still being written: aidp.csv missing")
    assert ledger.row(one.study_id).state is State.SUBMITTED
    assert not results.exists()


def test_a_failure_report_is_collected_as_failed(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", FAILURE)
    run(connect, ledger, results)
    assert ledger.row(one.study_id).state is State.FAILED
    assert (results / f"{one.study_id}_out" / "failure_report.txt").read_bytes() == b"no age"


def test_a_report_without_values_counts_as_failure_once_settled(
    folder_remote, packages, ledger, results
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", {"prediction.txt": b"", "prediction.png": b""})
    first = OutputSnapshot(utc_now())
    run(connect, ledger, results, snapshot=first)
    assert ledger.row(one.study_id).state is State.SUBMITTED
    run(connect, ledger, results, snapshot=OutputSnapshot(utc_now() + STABLE_AFTER, first))
    assert ledger.row(one.study_id).state is State.FAILED


@pytest.mark.parametrize(
    "files",
    [
        {"aidd.csv": b"id,AD\n", "prediction.txt": b"Analysis:AD/DLB-v1.0\nAD:0.8\n"},
        {"aidd.csv": b"id,AD\n"},
        {"aind_pd.nii.gz": b"x", "aind_pd.png": b"x", "aind_pd.pdf": b"x"},
    ],
)
def test_results_of_another_product_are_no_failure_and_are_named(
    folder_remote, packages, ledger, results, files
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", files)
    first = OutputSnapshot(utc_now())
    run(connect, ledger, results, snapshot=first)
    assert ledger.row(one.study_id).state is State.SUBMITTED
    later = OutputSnapshot(utc_now() + STABLE_AFTER, first)
    status, message = run(connect, ledger, results, snapshot=later)[one.study_id]
    assert status == "done"
    assert message == f"results of a product that is not read collected: {next(iter(files))}"
    assert ledger.row(one.study_id).state is State.COLLECTED
    assert {p.name for p in (results / f"{one.study_id}_out").iterdir()} == set(files)


def test_further_files_beside_the_values_are_named(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", dict.fromkeys((*RESULT_FILES, "aidd.csv"), b"x"))
    assert run(connect, ledger, results)[one.study_id][1] == "results collected; not read: aidd.csv"


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("report", State.COLLECTED), ("failure", State.FAILED), ("", State.FAILED)],
)
def test_the_content_of_a_report_without_values_decides(
    folder_remote, packages, ledger, results, verdict, state
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", {"prediction.txt": b"x", "prediction.png": b"x"})
    first = OutputSnapshot(utc_now())
    run(connect, ledger, results, snapshot=first)
    later = OutputSnapshot(utc_now() + STABLE_AFTER, first)
    run(connect, ledger, results, snapshot=later, verdict=lambda _folder: verdict)
    assert ledger.row(one.study_id).state is state


def test_the_unused_one_of_two_result_folders_is_named(place, packages, ledger, results):
    home, connect = place
    (one,) = sent(packages, ledger)
    deliver(home, f"A/{one.study_id}_out")
    deliver(home, f"B/{one.study_id}_out", dict.fromkeys(RESULT_FILES, b"other"))
    skipped = []
    with connect() as remote:
        (found,) = find_results(remote, on_skipped=skipped.append)
    assert skipped == [
        f"Two result folders are of study {one.study_id}: {found.path} is used, "
        f"output/B/{one.study_id}_out is not. Report it to neuropacs support."
    ]


def test_values_without_a_report_come_once_the_folder_is_settled(
    folder_remote, packages, ledger, results
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    path = deliver(home, f"{one.study_id}_out", {"aidp.csv": b"x", "prediction.txt": b"y"})
    first = OutputSnapshot(utc_now())
    found = run(connect, ledger, results, snapshot=first)
    assert found[one.study_id] == ("skipped", "still being written: prediction.png missing")
    second = OutputSnapshot(utc_now() + STABLE_AFTER, first)
    found = run(connect, ledger, results, snapshot=second)
    assert found[one.study_id] == ("done", "results collected, without prediction.png")
    assert ledger.row(one.study_id).state is State.COLLECTED
    (path / "prediction.png").write_bytes(b"late")
    assert run(connect, ledger, results)[one.study_id] == ("done", "results collected")
    assert len(list((results / f"{one.study_id}_out").iterdir())) == 3


def test_values_after_a_failure_count(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", FAILURE)
    run(connect, ledger, results)
    deliver(home, f"{one.study_id}_out")
    run(connect, ledger, results)
    assert ledger.row(one.study_id).state is State.COLLECTED


@pytest.mark.parametrize("folder", ["{}_out", "{}", "C/{}_out", "a/b/{}", "C/output/{}_out"])
def test_result_folders_are_found_at_any_depth(place, packages, ledger, results, folder):
    home, connect = place
    (one,) = sent(packages, ledger)
    deliver(home, folder.format(one.study_id))
    (home / "output" / "all_studies.csv").write_text("aggregated")
    run(connect, ledger, results)
    assert ledger.row(one.study_id).state is State.COLLECTED
    assert len(list((results / f"{one.study_id}_out").iterdir())) == 3


def test_result_folders_inside_one_of_a_whole_cohort_are_found(place, packages, ledger, results):
    home, connect = place
    one, two, three = sent(packages, ledger, 3)
    deliver(home, f"COHORT_out/{one.study_id}_out")
    deliver(home, f"COHORT_out/more_out/{two.study_id}_out")
    deliver(home, f"{three.study_id}_out")
    deliver(home, f"COHORT_out/{three.study_id}_out", dict.fromkeys(RESULT_FILES, b"other"))
    with connect() as remote:
        ids = [found.study_id for found in find_results(remote)]
    assert ids == sorted(package.study_id for package in (one, two, three))
    listing = OutputSnapshot(utc_now())
    run(connect, ledger, results, snapshot=listing)
    assert {row.state for row in ledger.rows()} == {State.COLLECTED}
    assert (results / f"{three.study_id}_out" / "aidp.csv").read_bytes() == b"content"
    assert listing.is_complete
    assert sorted(listing.folders) == ids


def test_the_folder_with_the_suffix_is_preferred(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, one.study_id, dict.fromkeys(RESULT_FILES, b"other"))
    deliver(home, f"z/{one.study_id}_out")
    run(connect, ledger, results)
    assert (results / f"{one.study_id}_out" / "aidp.csv").read_bytes() == b"content"


def test_results_of_studies_sent_by_others_come_and_say_so(folder_remote, ledger, results):
    home, connect = folder_remote
    deliver(home, "somebody_out")
    status, message = run(connect, ledger, results)["somebody"]
    assert (status, message) == ("done", "results collected; not sent from this workspace")
    assert (results / "somebody_out" / "aidp.csv").exists()
    assert ledger.rows() == []


@pytest.mark.parametrize("state", [State.PACKAGED, State.UPLOADING, State.UNCONFIRMED])
def test_results_prove_that_a_study_was_sent(folder_remote, packages, ledger, results, state):
    home, connect = folder_remote
    (one,) = packages(1)
    for step in dict.fromkeys([State.UPLOADING, state]) if state != State.PACKAGED else ():
        ledger.record("COHORT", one.study_id, step)
    deliver(home, f"{one.study_id}_out")
    run(connect, ledger, results)
    row = ledger.row(one.study_id)
    assert (row.state, row.is_changed) == (State.COLLECTED, False)


@pytest.mark.parametrize("state", [State.UPLOADING, State.PARTLY_SENT])
def test_a_partial_uploads_failure_report_does_not_block_resending(
    folder_remote, packages, ledger, results, state
):
    home, connect = folder_remote
    (one,) = packages(1)
    for step in dict.fromkeys([State.UPLOADING, state]):
        ledger.record("COHORT", one.study_id, step)
    deliver(home, f"{one.study_id}_out", FAILURE)
    run(connect, ledger, results)
    assert ledger.row(one.study_id).state is state


def test_results_of_a_replaced_upload_are_not_the_new_ones(
    folder_remote, packages, ledger, results
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    path = deliver(home, f"{one.study_id}_out")
    run(connect, ledger, results)
    for name in RESULT_FILES:
        os.utime(path / name, (1e9, 1e9))
    for state in (State.UPLOADING, State.SUBMITTED):
        ledger.record("COHORT", one.study_id, state)
    status, message = run(connect, ledger, results)[one.study_id]
    assert (status, message) == ("skipped", "the results are those of an earlier submission")
    for name in RESULT_FILES:
        os.utime(path / name, (4e9, 4e9))
    run(connect, ledger, results)
    assert ledger.row(one.study_id).state is State.COLLECTED


class Hostile(LocalRemote):
    """A server that lists names no disk should see."""

    def __init__(self, root, name):
        super().__init__(root)
        self.name = name

    def list(self, path):
        for entry in super().list(path):
            is_evil = entry.name == "evil"
            yield replace(entry, name=self.name) if is_evil else entry


@pytest.mark.parametrize("name", ["..", "C:evil", "con", "a\\..\\b", "x\x1b[2J", ".bashrc"])
def test_a_hostile_file_name_is_skipped_and_reported(
    folder_remote, packages, ledger, results, name
):
    home, _ = folder_remote
    bad, good = sent(packages, ledger, 2)
    deliver(home, f"{bad.study_id}_out", FILES | {"evil": b"x"})
    deliver(home, f"{good.study_id}_out")
    events = list(collect(lambda: Hostile(home, name), ledger, results))
    assert [row.state for row in ledger.rows()] == [State.COLLECTED] * 2
    (left_out,) = [e.message for e in events if "left out" in e.message]
    assert f"Study {bad.study_id}: the file {name!r} beside its results" in left_out
    assert {p.name for p in (results / f"{bad.study_id}_out").iterdir()} == set(FILES)
    assert {p.name for p in results.iterdir()} == {f"{e.study_id}_out" for e in (bad, good)}


@pytest.mark.parametrize("folder", ["..hidden_out", "two words_out", "_out", "ü_out"])
def test_a_hostile_folder_name_is_left_out_with_a_note(folder_remote, ledger, results, folder):
    home, connect = folder_remote
    deliver(home, folder)
    events = list(collect(connect, ledger, results))
    assert "was skipped" in events[0].message
    assert not results.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_among_names_differing_in_case_the_result_is_fetched(
    folder_remote, packages, ledger, results
):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out", FILES | {"AIDP.CSV": b"other"})
    events = list(collect(connect, ledger, results))
    (left_out,) = [e.message for e in events if "left out" in e.message]
    assert "'AIDP.CSV'" in left_out
    assert "differs from aidp.csv in case only" in left_out
    assert (results / f"{one.study_id}_out" / "aidp.csv").read_bytes() == FILES["aidp.csv"]


def test_a_lost_connection_is_taken_up_again(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    made = sent(packages, ledger, 3)
    for package in made:
        deliver(home, f"{package.study_id}_out")

    class Lost(LocalRemote):
        def get(self, *args):
            raise ConnectionLostError("gone")

    remotes = iter([Lost(home)])
    run(
        lambda: next(remotes, connect()),
        ledger,
        results,
        connections=1,
        clock=Clock(sleep=lambda _: None),
    )
    assert {row.state for row in ledger.rows()} == {State.COLLECTED}


def test_a_study_lost_again_and_again_is_told_and_left(folder_remote, packages, ledger, results):
    home, _ = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out")

    class Lost(LocalRemote):
        def get(self, *args):
            raise ConnectionLostError("gone")

    found = run(lambda: Lost(home), ledger, results, connections=1)
    assert found[one.study_id][0] == "failed"
    assert ledger.row(one.study_id).state is State.SUBMITTED


def test_a_full_disk_ends_it(folder_remote, packages, ledger, results):
    home, connect = folder_remote
    (one,) = sent(packages, ledger)
    deliver(home, f"{one.study_id}_out")
    results.write_text("a file in the way")
    with pytest.raises(TransferError, match="cannot be created"):
        run(connect, ledger, results)


def test_stopping_finishes_the_folder_under_way(folder_remote, packages, ledger, results):
    home, _ = folder_remote
    for package in sent(packages, ledger, 3):
        deliver(home, f"{package.study_id}_out")
    stop = threading.Event()

    class Stopping(LocalRemote):
        def get(self, *args):
            stop.set()
            return super().get(*args)

    run(lambda: Stopping(home), ledger, results, connections=1, stop=stop)
    states = sorted(row.state for row in ledger.rows())
    assert states == [State.COLLECTED, State.SUBMITTED, State.SUBMITTED]


def test_an_empty_output_is_no_error(place, ledger, results):
    assert run(place[1], ledger, results) == {}
    shutil.rmtree(place[0] / "output")
    assert run(place[1], ledger, results) == {}


def test_found_results_show_their_files(folder_remote):
    home, connect = folder_remote
    deliver(home, "b_out")
    deliver(home, "a_out", {"prediction.txt": b""})
    first, second = find_results(connect())
    assert (first.study_id, missing_files(first)) == (
        "a",
        "aidp.csv, prediction.txt (empty), prediction.png",
    )
    assert (second.study_id, missing_files(second)) == ("b", "")


def test_what_the_service_makes_of_a_study_is_collected(demo, opening, packages, ledger, results):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.SUBMITTED)
    path = demo.home / upload_path("COHORT", one.study_id)
    connect = opening(demo)
    one.path.write_bytes(nifti_zip())
    with connect() as remote:
        remote.mkdirs(PurePosixPath("input/COHORT/input"))
        remote.put(one.path, upload_path("COHORT", one.study_id))
    deadline = time.monotonic() + PATIENCE
    while ledger.row(one.study_id).state is State.SUBMITTED and time.monotonic() < deadline:
        demo.wait_until_idle()
        run(connect, ledger, results)
    assert ledger.row(one.study_id).state is State.COLLECTED
    assert path.suffix == ".zip"
