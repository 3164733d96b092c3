"""Collection: status, waiting, collecting and results of one workspace."""

import pytest

from neuroflow.errors import ConnectionLostError, OptionError, ResultError, ResultWarning
from neuroflow.ledger import State
from neuroflow.models import Package
from neuroflow.workspace.collection import Collection
from neuroflow.workspace.notices import Notices

FILES = {
    "aidp.csv": "pSN_FW,0.2\nPutamen_FW,0.3\n",
    "prediction.txt": "Product: P\nAtypical:0.2\n",
    "prediction.png": "picture",
}


@pytest.fixture
def collection(folder, ledger, server, enrolment, jobs, tmp_path):
    """Return the part, with one study that was sent."""
    notices = Notices(folder.root, config=tmp_path / "user")
    ledger.add_package(Package("C", "s1", folder.root / "s1.zip", 9, "sha", "source"))
    ledger.record("C", "s1", State.UPLOADING)
    ledger.record("C", "s1", State.SUBMITTED)
    return Collection(folder, ledger, server, enrolment=enrolment, jobs=jobs, notices=notices)


@pytest.fixture
def deliver(server):
    """Return a function that puts the results of study s1 on the server."""

    def put(files=FILES):
        target = server.home / "output" / "s1_out"
        target.mkdir()
        for name, text in files.items():
            (target / name).write_text(text)

    return put


def state_of(table):
    return table.set_index("study_id")["state"]["s1"]


def test_the_status_follows_the_files_on_the_server(collection, deliver):
    assert state_of(collection.status()) == "processing"
    deliver()
    assert state_of(collection.status()) == "delivered"


def test_the_offline_status_needs_no_server(collection, deliver, server, monkeypatch):
    deliver()
    collection.status()

    def refuse():
        raise ConnectionLostError("gone")

    monkeypatch.setattr(server, "connect", refuse)
    monkeypatch.setattr("neuroflow.transfer.retry.FIRST_PAUSES", ())
    assert state_of(collection.status(offline=True)) == "delivered"
    with pytest.raises(ConnectionLostError):
        collection.status()


def test_collecting_downloads_every_file_of_a_result(collection, deliver, folder, silent):
    deliver()
    assert state_of(collection.collect(on_event=silent)) == "collected"
    collected = {path.name: path.read_text() for path in (folder.results / "s1_out").iterdir()}
    assert collected == FILES


def test_collecting_warns_once_of_unexpected_values(collection, deliver, silent, recwarn):
    deliver(FILES | {"aidp.csv": "pSN_FW,-999\nMCP_FW,0\nSCP_FW,0.2\n"})
    collection.collect(on_event=silent)
    said = [str(each.message) for each in recwarn if each.category is ResultWarning]
    assert [text for text in said if text.startswith("Codes for missing values")] == [
        "Codes for missing values, read as missing (1 study): s1"
    ]
    assert any(text.startswith("Values of exactly 0 or 1") for text in said)
    recwarn.clear()
    collection.collect(on_event=silent)
    assert [each for each in recwarn if each.category is ResultWarning] == []


def test_a_failure_report_gives_its_reason(collection, deliver, silent):
    deliver({"failure_report.txt": "Processing failed\nReason: the age is missing\n"})
    with pytest.warns(ResultWarning, match="Study s1 has failed"):
        table = collection.collect(on_event=silent).set_index("study_id")
    assert table.loc["s1", "message"] == "a failure report was received: the age is missing"


def test_waiting_ends_when_the_results_are_delivered(collection, deliver, silent):
    deliver()
    table = collection.wait(timeout_hours=0.01, interval_seconds=0.01, on_event=silent)
    assert state_of(table) == "delivered"


def test_results_need_a_collection_first(collection):
    with pytest.raises(ResultError, match="No results were collected yet"):
        collection.results()


def test_a_schema_has_to_be_a_schema(collection):
    with pytest.raises(OptionError, match="must be a Schema"):
        collection.results({"layout": "long"})


def test_collected_results_are_a_table_of_regions(collection, deliver, silent):
    deliver()
    collection.collect(on_event=silent)
    table = collection.results().table
    assert dict(zip(table["region"], table["value"], strict=True)) == {"pSN": 0.2, "Putamen": 0.3}
