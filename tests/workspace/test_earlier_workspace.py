"""A workspace made by an earlier version opens as it was left.

``data/workspace_2026_11.zip`` holds three small simulated studies and the workspace of them: one
study was overridden, of another the age was filled in, the third was excluded; the first two were
sent to the embedded service and collected.
"""

import zipfile
from pathlib import Path

import pytest

import neuroflow as nf
from neuroflow.errors import ConfigError, ConnectError
from neuroflow.ledger.states import State

ARCHIVE = Path(__file__).parent / "data" / "workspace_2026_11.zip"
SENT = ["D002_01", "D002_02"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    for name in ("neuroflow.toml", "cohorts/PILOT_1/studies.tsv"):
        path = folder / "project" / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("@PLACE@", folder.as_posix()), encoding="utf-8")
    return folder


@pytest.fixture
def ws(unpacked):
    with nf.Workspace(unpacked / "project") as workspace:
        yield workspace


@pytest.fixture
def labels(ws):
    return {study.study_id: study.label for study in ws.cohort("PILOT_1").studies}


def test_its_cohort_has_the_same_studies(ws, labels):
    assert ws.cohorts() == ["PILOT_1"]
    assert sorted(labels.values()) == [*SENT, "D005_01"]
    assert all(path.exists() for study in ws.cohort("PILOT_1").studies for path in study.files)


def test_its_decisions_hold(ws, labels):
    assert [labels[study_id] for study_id in ws.excluded("PILOT_1")] == ["D005_01"]
    ages = {study.label: study.age for study in ws.cohort("PILOT_1").studies}
    assert ages["D002_02"] == 61
    findings = ws.check("PILOT_1").set_index("rule")
    assert findings.loc["echo_time", "severity"] == "warning"
    assert "agreed by mail" in findings.loc["echo_time", "advice"]


def test_its_ledger_knows_what_was_sent_and_collected(ws, labels):
    rows = ws.ledger.rows("PILOT_1")
    assert sorted(labels[row.study_id] for row in rows) == SENT
    assert {row.state for row in rows} == {State.COLLECTED}
    assert all(row.submitted_at and row.answered_at for row in rows)
    steps = [state for _, state, _ in ws.ledger.history(rows[0].study_id)]
    assert steps[:2] == [State.PACKAGED, State.UPLOADING]
    assert steps[-2:] == [State.SUBMITTED, State.COLLECTED]


def test_its_status_is_known_without_the_service(ws):
    table = ws.status(offline=True)
    assert table["state"].tolist() == [State.COLLECTED, State.COLLECTED]
    assert table.attrs["listed_at"].isoformat().startswith("2026-11-28")


def test_its_results_are_the_same_table(ws, labels):
    with pytest.warns(nf.errors.ResultWarning, match="D005"):
        table = ws.table()
    assert len(table) == 264
    assert set(table["study_id"].map(labels)) == set(SENT)
    assert table.groupby("study_id")["age"].max().dropna().tolist() == [61]
    assert len(ws.study_facts()) == 2


def test_its_connection_has_to_be_confirmed_on_another_computer(ws):
    with pytest.raises(ConfigError, match="not set up on this computer"):
        ws.status()


def test_sending_it_again_sends_nothing(ws, labels):
    ws.service.confirm_profile()
    with pytest.raises(ConnectError):
        ws.status()
    plan = ws.submit("PILOT_1", on_event=lambda event: None)
    actions = dict(zip(plan["study_id"].map(labels), plan["action"], strict=True))
    assert actions == {"D002_01": "skip", "D002_02": "skip", "D005_01": "excluded"}
    assert set(ws.status(offline=True)["state"]) == {State.COLLECTED}
