"""`Workspace.status`, `collect` and `table` against a running service."""

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pandas as pd
import pytest
from support.collected import collect_into, people
from support.waits import PATIENCE

from neuroflow.errors import (
    ConnectionLostError,
    FolderError,
    ResultError,
    ResultWarning,
    WorkspaceError,
)
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES, Package
from neuroflow.results.aidp.schema import Schema
from neuroflow.studies import find_studies
from neuroflow.transfer.polling import as_of
from neuroflow.workspace.workspace import Workspace

FILES = {
    "aidp.csv": "pSN_FW,0.2\nPutamen_FW,0.3\n",
    "prediction.txt": "Product: P\nAtypical:0.2\n",
    "prediction.png": "picture",
}


@pytest.fixture
def ws(workspace):
    """Open a workspace with two studies that were sent."""
    for study_id in ("s1", "s2"):
        workspace.ledger.add_package(
            Package("C", study_id, workspace.folder / study_id, 9, "sha", "source")
        )
        workspace.ledger.record("C", study_id, State.UPLOADING)
        workspace.ledger.record("C", study_id, State.SUBMITTED)
    return workspace


@pytest.fixture
def deliver(service):
    """Return a function that puts a result folder on the server."""

    def put(study_id, files=FILES):
        folder = service.home / "output" / f"{study_id}_out"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)

    return put


def states(table):
    return dict(zip(table["study_id"], table["state"], strict=True))


def test_every_status_names_studies_by_their_labels(workspace, own_cohort_folder, service, silent):
    table = own_cohort_folder / "participants.tsv"
    studies = find_studies(own_cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=table)
    workspace.submit(cohort, on_event=silent)
    labels = {study.label for study in cohort.studies}
    assert set(next(workspace.watch()).table["label"]) == labels
    assert service.wait_until_idle()
    assert set(workspace.collect(on_event=silent)["label"]) == labels
    assert set(workspace.status(offline=True)["label"]) == labels


def test_the_last_status_check_is_remembered(ws, deliver):
    assert ws.status(offline=True).attrs["listed_at"] is None
    deliver("s1")
    deliver("stranger")
    now = ws.status(all_studies=True)
    assert states(now) == {"s1": "delivered", "s2": "processing", "stranger": "unknown"}
    with Workspace(ws.folder) as again:
        later = again.status(offline=True, all_studies=True)
    assert states(later) == states(now)
    own = ws.status(offline=True)
    assert (states(own), own.attrs["n_others"]) == ({"s1": "delivered", "s2": "processing"}, 1)
    assert later.attrs["listed_at"] == now.attrs["listed_at"]
    assert "just now" in as_of(later.attrs["listed_at"], now.attrs["listed_at"])


def test_collecting_is_a_status_check_too(ws, deliver, silent):
    deliver("s1")
    deliver("stranger")
    table = ws.collect(on_event=silent)
    assert states(table) == {"s1": "collected", "s2": "processing", "stranger": "unknown"}
    assert table.attrs["listed_at"] is not None
    message = table.set_index("study_id")["message"]["stranger"]
    assert message == "collected, but not sent from this workspace"
    facts = ws.study_facts().set_index("study_id")
    assert not facts.loc["stranger", "in_studies"]


def test_a_stopped_collection_is_no_status_check(ws, deliver, silent):
    deliver("s1")
    stop = threading.Event()
    stop.set()
    assert ws.collect(on_event=silent, stop=stop).attrs["listed_at"] is None


def test_a_status_check_of_another_server_does_not_count(ws):
    ws.status()
    profile = ws.service.profile
    ws.service.save_profile(type(profile)("elsewhere", profile.user, profile.key))
    assert ws.status(offline=True).attrs["listed_at"] is None


@pytest.mark.parametrize("skew", [5 * 3600, -5 * 3600])
def test_a_server_clock_that_is_hours_off_does_no_harm(ws, deliver, service, skew, silent):
    def written(text):
        for name, content in FILES.items():
            path = service.home / "output" / "s1_out" / name
            path.write_text(text + content)
            os.utime(path, times=(time.time() + skew,) * 2)

    deliver("s1")
    written("")
    assert states(ws.status()) == {"s1": "delivered", "s2": "processing"}
    assert states(ws.collect(on_event=silent))["s1"] == "collected"
    for state in (State.UPLOADING, State.SUBMITTED):  # sent anew
        ws.ledger.record("C", "s1", state)
    assert states(ws.status())["s1"] == "processing"
    assert states(ws.collect(on_event=silent))["s1"] == "processing"
    written("# anew\n")
    assert states(ws.status())["s1"] == "delivered"
    assert states(ws.collect(on_event=silent))["s1"] == "collected"
    assert (ws.results_folder / "s1_out" / "aidp.csv").read_text().startswith("# anew")


def test_results_that_change_later_are_reported_and_collected_again(ws, deliver, service, silent):
    deliver("s1")
    assert states(ws.collect(on_event=silent))["s1"] == "collected"
    assert states(ws.status())["s1"] == "collected"
    path = service.home / "output" / "s1_out" / "prediction.txt"
    path.write_text("Product: Q\n")
    os.utime(path, (time.time() + 60,) * 2)
    table = ws.status().set_index("study_id")
    assert table.loc["s1", "state"] == "delivered"
    assert "the files on the server differ from those collected" in table.loc["s1", "message"]
    assert states(ws.collect(on_event=silent))["s1"] == "collected"
    assert states(ws.status())["s1"] == "collected"
    assert (ws.results_folder / "s1_out" / "prediction.txt").read_text() == "Product: Q\n"


def test_copied_results_are_not_collected_again(ws, deliver, silent):
    deliver("s1")
    ws.collect(on_event=silent)
    for path in (ws.results_folder / "s1_out").iterdir():
        os.utime(path, (time.time() + 3600,) * 2)  # when it was copied
    assert states(ws.status())["s1"] == "collected"


def test_folders_too_deep_to_be_searched_are_reported(ws, deliver, service):
    deliver("s1")
    (service.home / "output" / "1/2/3/4/5/6/7/s2_out").mkdir(parents=True)
    with pytest.warns(ResultWarning, match="more than 6 levels below output"):
        table = ws.status()
    assert len(table.attrs["left_out"]) == 1
    assert ws.status(offline=True).attrs["left_out"] == table.attrs["left_out"]
    reported = []
    ws.collect(on_event=reported.append)
    assert any("more than 6 levels" in event.message for event in reported)


def test_a_failed_study_has_its_reason(ws, deliver, silent):
    deliver("s1", {"failure_report.txt": "Processing failed\nReason: the age is missing\n"})
    with pytest.warns(ResultWarning, match="Study s1 has failed"):
        table = ws.collect(on_event=silent).set_index("study_id")
    assert table.loc["s1", "state"] == "failed"
    assert table.loc["s1", "message"] == "a failure report was received: the age is missing"


def test_watching_reports_a_lost_connection_and_continues(ws, monkeypatch):
    updates = ws.watch(interval_seconds=0.01)
    assert next(updates).waiting == 2
    connect = ws.service.connect

    def lost():
        monkeypatch.setattr(ws.service, "connect", connect)
        raise ConnectionLostError("gone")

    monkeypatch.setattr(ws.service, "connect", lost)
    second, third = islice(updates, 2)
    assert (type(second.error), second.waiting) == (ConnectionLostError, 2)
    assert third.error is None


def test_a_status_check_is_repeated_after_a_lost_connection(ws, monkeypatch):
    connect, left = ws.service.connect, [1, 2]
    monkeypatch.setattr("neuroflow.transfer.retry.FIRST_PAUSES", (0.01, 0.01, 0.01))

    def lost():
        if left:
            left.pop()
            raise ConnectionLostError("gone")
        return connect()

    monkeypatch.setattr(ws.service, "connect", lost)
    assert len(ws.status()) == 2
    left[:] = [1] * 4
    with pytest.raises(ConnectionLostError):
        ws.status()


def test_collecting_waits_while_paused(ws, deliver, silent):
    deliver("s1")
    pause = threading.Event()
    pause.set()
    job = threading.Thread(target=ws.collect, kwargs={"on_event": silent, "pause": pause})
    job.start()
    job.join(0.7)
    assert job.is_alive()
    assert not list(ws.results_folder.rglob("*.csv"))
    pause.clear()
    job.join(PATIENCE)
    assert len(list((ws.results_folder / "s1_out").iterdir())) == len(RESULT_FILES)


def test_an_explicit_schema_takes_precedence(ws, deliver, silent):
    deliver("s1", FILES | {"aidp.csv": "roi;dorsal;ventral\npSN;0,2;0,3\nPutamen;0,4;0,5\n"})
    ws.collect(on_event=silent)
    schema = Schema(layout="long", value_columns={"ventral": "FW"}, decimal=",")
    table = ws.table(schema=schema)
    assert dict(zip(table["region"], table["value"], strict=True)) == {"pSN": 0.3, "Putamen": 0.5}
    assert ws.study_facts(schema=schema)["decimal"].tolist() == [","]


def test_a_table_read_on_an_executor_is_the_same(tmp_path):
    with Workspace(tmp_path / "project") as ws, ThreadPoolExecutor(2) as threads:
        collect_into(ws, people(3), reports=False)
        read = ws.table(executor=threads)
        assert threads._threads, "nothing was read on the executor"
        shutil.rmtree(ws._folder.cache)
        pd.testing.assert_frame_equal(read, ws.table())


def test_unmatched_studies_and_participants_are_named_in_warnings(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        cohort = collect_into(ws, people(3), reports=False)
        people(1).to_csv(tmp_path / "one.tsv", sep="\t", index=False)
        (ws.folder / "cohorts" / "C1" / "participants.tsv").write_text(
            (tmp_path / "one.tsv").read_text() + "sub-late\tses-1\tPD\t60\tF\tA\n"
        )
        (ws.results_folder / f"{cohort.studies[2].study_id}_out").rename(
            ws.results_folder / "somebody_out"
        )
        with pytest.warns(ResultWarning) as reported:
            table = ws.table()
        assert table["study_id"].nunique() == 3
        assert sorted(str(warning.message) for warning in reported) == [
            "Participants without results (1): late",
            "Studies not in the map of studies (1): somebody",
            f"Studies without a row in participants.tsv (1): {cohort.studies[1].study_id}",
        ]
        assert {warning.filename for warning in reported} == {__file__}


@pytest.mark.parametrize("content", [b"", b"study_id\n", b"\xff\xfe\x00", b"a\tb\n1\t2\t3\t4\n"])
def test_a_damaged_map_of_studies_is_a_clear_error(tmp_path, content):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(2), reports=False)
        (ws.folder / "cohorts" / "C1" / "studies.tsv").write_bytes(content)
        for ask in (ws.table, ws.study_facts, lambda: ws.cohort("C1")):
            with pytest.raises(WorkspaceError, match="map of cohort 'C1' cannot be read"):
                ask()


def test_a_table_needs_collected_results(ws):
    with pytest.raises(ResultError, match="No results were collected yet"):
        ws.table()
    ws.results_folder.mkdir()
    with pytest.raises(ResultError, match="No results were collected yet"):
        ws.study_facts()


def test_an_unreadable_results_folder_is_a_clear_error(ws):
    ws.results_folder.touch()
    with pytest.raises(FolderError, match="cannot be read"):
        ws.status(offline=True)


OTHER = "123e4567-e89b-42d3-a456-426614174000"


def test_results_of_other_workspaces_are_left_unless_asked_for(ws, deliver, silent):
    deliver("s1")
    deliver(OTHER)
    events = []
    ws.collect(on_event=events.append)
    assert "1 results of other workspaces are left on the server" in events[-1].message
    assert {path.name for path in ws.results_folder.glob("*_out")} == {"s1_out"}
    ws.collect(all_studies=True, on_event=silent)
    assert (ws.results_folder / f"{OTHER}_out").is_dir()


def test_the_table_leaves_out_results_of_other_workspaces(ws, deliver, silent):
    deliver("s1")
    deliver(OTHER)
    ws.collect(all_studies=True, on_event=silent)
    assert set(ws.study_facts()["study_id"]) == {"s1"}
    assert set(ws.study_facts(all_studies=True)["study_id"]) == {"s1", OTHER}
