"""The main job: a cohort goes out by SFTP, results come back, one table stands there."""

import re
import shutil
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.sshd import Sshd, require_sshd
from support.uploads import packages_at
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.demo.service.pipeline import Pipeline
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import ResultError, ResultWarning, SubmissionError
from neuroflow.ledger.states import State


@pytest.fixture(autouse=True)
def _own_user_folder():
    """Share one account key among the tests of the one workspace."""


@pytest.fixture(scope="module")
def done(tmp_path_factory, cohort_folder, silent):
    """Send the whole cohort once, collect its results, and keep everything for the tests."""
    folder = tmp_path_factory.mktemp("done")
    with DemoService(folder / "service", delay=0.1) as service, nf.Workspace(folder / "ws") as ws:
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        studies = nf.find_studies(cohort_folder / "scans")
        cohort = ws.cohort("PILOT_1", studies, participants=cohort_folder / "participants.tsv")
        sent = ws.submit(cohort, on_event=silent)
        delivered = ws.wait(timeout_hours=PATIENCE / 3600, interval_seconds=0.1, on_event=silent)
        collected = ws.collect(on_event=silent)
        yield SimpleNamespace(
            service=service, ws=ws, cohort=cohort, states=(sent, delivered, collected)
        )


@pytest.fixture
def few(own_cohort_folder):
    """Return two small studies that a test may change, and their participants.tsv."""
    studies = nf.find_studies(own_cohort_folder / "scans")
    return studies, own_cohort_folder / "participants.tsv"


def test_every_study_is_sent_processed_once_and_collected(done):
    ids = sorted(study.study_id for study in done.cohort.studies)
    for frame, state in zip(
        done.states, (State.SUBMITTED, State.DELIVERED, State.COLLECTED), strict=True
    ):
        assert sorted(frame["study_id"]) == ids
        assert set(frame["state"]) == {state}
    assert sorted(done.service.processed) == ids


def test_the_cohort_table_has_every_value_of_every_participant(done):
    table = done.ws.table()
    sizes = table.groupby("study_id", observed=True).size()
    assert sizes.tolist() == [132] * len(done.cohort.studies)
    assert set(table["cohort_id"]) == {"PILOT_1"}
    participants = done.ws.participants("PILOT_1")
    assert set(table["participant_id"]) == set(participants["participant_id"])
    assert set(table["group"]) == {"Control", "PD", "MSA", "PSP"}
    assert len(done.ws.study_facts()) == len(done.cohort.studies)


def test_a_second_submission_sends_nothing(done, silent):
    before = len(done.service.processed)
    assert set(done.ws.submit(done.cohort, on_event=silent)["action"]) == {"skip"}
    assert done.service.wait_until_idle(10)
    assert len(done.service.processed) == before


def test_the_privacy_page_lists_every_file_of_a_workspace(done):
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    places = [place for row in rows for place in re.findall("`(.+?)`", row)]
    patterns = [re.sub("<.+?>", "*", place) + "*" * place.endswith("/") for place in places]
    files = [path for path in done.ws.folder.rglob("*") if path.is_file() and path.stat().st_size]
    inside = [path.relative_to(done.ws.folder).as_posix() for path in files]
    inside = [name.removesuffix("-wal").removesuffix("-shm") for name in inside]
    assert [name for name in inside if not any(fnmatch(name, each) for each in patterns)] == []


def test_nothing_that_names_a_participant_leaves_the_disk(done, cohort_folder):
    names = {study.participant_id for study in done.cohort.studies}
    original = {study.study_uid for study in done.cohort.studies} - {None}
    secrets = [text.encode() for text in names | original]
    sent = packages_at(done.service)
    assert len(sent) == len(done.cohort.studies)
    for path in sent:
        with zipfile.ZipFile(path) as package:
            for member in package.infolist():
                content = package.read(member) + member.filename.encode() + path.name.encode()
                assert not [secret for secret in secrets if secret in content]


def test_results_are_read_from_any_folder_too(done):
    table = nf.read_results(done.service.home / "output")
    assert table["study_id"].nunique() == len(done.cohort.studies)
    assert nf.to_wide(table, metric="FW").shape == (len(done.cohort.studies), 66)


def test_a_workspace_opened_again_knows_everything(done):
    with nf.Workspace(done.ws.folder) as again:
        assert again.cohorts() == ["PILOT_1"]
        assert again.cohort("PILOT_1") == done.cohort
        assert set(again.status()["state"]) == {State.COLLECTED}
        assert again.table().equals(done.ws.table())


def test_a_dry_run_sends_nothing(workspace, service, few, silent):
    studies, participants = few
    cohort = workspace.cohort("C", studies, participants=participants)
    plan = workspace.submit(cohort, dry_run=True, on_event=silent)
    assert list(plan["action"]) == ["send", "send"]
    assert packages_at(service) == []


def test_a_cohort_with_errors_needs_only_good(workspace, service, few, silent):
    (bad, good), participants = few
    for sidecar in bad.root.rglob("*.json"):
        sidecar.unlink()
    lines = participants.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{bad.participant_id}\t")]
    assert len(kept) < len(lines)
    participants.write_text("".join(kept), encoding="utf-8")
    cohort = workspace.cohort("C", [*nf.find_studies(bad.root), good], participants=participants)
    bad_id, good_id = (study.study_id for study in cohort.studies)

    with pytest.raises(SubmissionError, match="1 of 2 studies have errors; nothing was sent"):
        workspace.submit(cohort, on_event=silent)
    assert packages_at(service) == []

    rows = workspace.submit(cohort, only_good=True, on_event=silent).set_index("study_id")
    assert rows.loc[bad_id, "action"] == "blocked"
    assert "age" in rows.loc[bad_id, "reason"]
    assert rows.loc[good_id, "state"] == State.SUBMITTED
    assert [path.stem for path in packages_at(service)] == [good_id]


def test_a_table_without_results_is_an_error_with_advice(workspace):
    with pytest.raises(ResultError, match="No results were collected yet"):
        workspace.table()


@pytest.mark.sshd
def test_the_same_path_over_openssh(tmp_path, few, silent):
    require_sshd()
    studies, participants = few
    with Sshd(tmp_path / "sshd") as sshd, nf.Workspace(tmp_path / "ws") as ws:
        ws.service.save_profile(sshd.profile)
        ws.service.trust(ws.service.host_fingerprint())
        cohort = ws.cohort("C", studies, participants=participants)
        assert set(ws.submit(cohort, on_event=silent)["state"]) == {State.SUBMITTED}
        assert set(ws.status()["state"]) == {State.PROCESSING}

        service = Pipeline(output=lambda _upload: sshd.home / "output", staging=tmp_path)
        for package in packages_at(sshd):
            assert zipfile.ZipFile(package).testzip() is None
            service.process(package)
        assert set(ws.wait(timeout_hours=0, on_event=silent)["state"]) == {State.DELIVERED}
        assert set(ws.collect(on_event=silent)["state"]) == {State.COLLECTED}
        with pytest.warns(ResultWarning, match="Participants without results"):  # two of eight
            assert ws.table()["study_id"].nunique() == 2
        assert set(ws.submit(cohort, on_event=silent)["action"]) == {"skip"}


def test_a_lost_ledger_is_rebuilt_from_packages_and_server(workspace, few, tmp_path, silent):
    studies, participants = few
    workspace.submit(workspace.cohort("C", studies, participants=participants), on_event=silent)
    anew = tmp_path / "anew"
    anew.mkdir()
    for name in ("neuroflow.toml", "known_hosts", "cohorts", "packages"):
        source = workspace.folder / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, anew / name)
    with nf.Workspace(anew) as ws:
        cohort = ws.cohort("C")
        states = ws.rebuild(on_event=silent)["state"]
        assert set(states) == {State.SUBMITTED}
        assert set(ws.submit(cohort, on_event=silent)["action"]) == {"skip"}
