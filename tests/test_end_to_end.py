"""The main job: a cohort goes out by SFTP, results come back, one table stands there."""

import zipfile

import pytest

import neuroflow as nf
from neuroflow.errors import SubmissionError
from neuroflow.states import State


def silent(_event):
    pass


@pytest.fixture
def cohort(workspace, cohort_folder):
    studies = nf.find_studies(cohort_folder / "scans")
    return workspace.cohort("PILOT_1", studies, participants=cohort_folder / "participants.tsv")


def test_from_scans_to_effects_on_the_embedded_service(workspace, service, cohort):
    sent = workspace.submit(cohort, on_event=silent)
    assert set(sent["state"]) == {State.SUBMITTED}
    status = workspace.wait(timeout=60, interval=0.1, on_event=silent)
    assert set(status["state"]) == {State.DELIVERED}
    assert set(workspace.collect(on_event=silent)["state"]) == {State.COLLECTED}

    table = workspace.table()
    assert table.groupby("study_id", observed=True).size().tolist() == [132] * len(cohort.studies)
    assert set(table["cohort_id"]) == {"PILOT_1"}
    participants = workspace.participants("PILOT_1")
    assert set(table["participant_id"]) == set(participants["participant_id"])
    assert set(table["group"]) == {"Control", "PD", "MSA", "PSP"}
    assert len(workspace.study_facts()) == len(cohort.studies)
    assert sorted(service.processed) == sorted(s.study_id for s in cohort.studies)


def test_a_second_submission_sends_nothing(workspace, service, cohort):
    workspace.submit(cohort, on_event=silent)
    again = workspace.submit(cohort, on_event=silent)
    assert set(again["action"]) == {"skip"}
    workspace.wait(timeout=60, interval=0.1, on_event=silent)
    assert len(service.processed) == len(cohort.studies)


def test_a_dry_run_sends_nothing(workspace, service, cohort):
    plan = workspace.submit(cohort, dry_run=True, on_event=silent)
    assert set(plan["action"]) == {"send"}
    assert list((service.home / "input").rglob("*.zip")) == []


def test_nothing_that_names_a_participant_leaves_the_disk(workspace, service, cohort):
    workspace.submit(cohort, on_event=silent)
    names = {s.participant_id for s in cohort.studies} | {"Doe", "Hospital"}
    sent = list((service.home / "input").rglob("*"))
    assert len([p for p in sent if p.suffix == ".zip"]) == len(cohort.studies)
    for path in sent:
        assert not any(
            name.lower() in str(path.relative_to(service.home)).lower() for name in names
        )
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as package:
                for member in package.namelist():
                    content = package.read(member)
                    assert not [n for n in names if n.encode() in content or n in member]


def test_a_cohort_with_errors_is_not_sent_unless_the_good_ones_are_asked_for(
    workspace, service, own_cohort_folder
):
    table = own_cohort_folder / "participants.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t")
    first = lines[1].split("\t")
    first[header.index("age")] = "n/a"
    table.write_text("\n".join([lines[0], "\t".join(first), *lines[2:]]) + "\n", encoding="utf-8")
    for sidecar in (own_cohort_folder / "scans").rglob("*.json"):
        sidecar.unlink()
    studies = nf.find_studies(own_cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=table)
    with pytest.raises(SubmissionError, match="nothing was sent"):
        workspace.submit(cohort, on_event=silent)
    assert list((service.home / "input").rglob("*.zip")) == []


def test_results_are_read_from_any_folder_too(workspace, service, cohort):
    workspace.submit(cohort, on_event=silent)
    workspace.wait(timeout=60, interval=0.1, on_event=silent)
    table = nf.read_results(service.home / "output")
    assert table["study_id"].nunique() == len(cohort.studies)
    assert nf.to_wide(table, metric="FW").shape == (len(cohort.studies), 66)
