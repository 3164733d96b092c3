"""What a workspace does before anything is sent."""

import json
import threading

import pytest

import neuroflow as nf
from neuroflow.errors import IdError, LockedError, OptionError, ParticipantsError
from neuroflow.workspace.folder import ProjectFolder


def silent(_event):
    pass


@pytest.fixture
def ws(tmp_path):
    with nf.Workspace(tmp_path / "project") as workspace:
        yield workspace


@pytest.fixture
def studies(own_cohort_folder):
    """Return two small studies, the first with an echo time that the service does not accept."""
    few = nf.find_studies(own_cohort_folder / "scans")
    sidecar = next(few[0].root.rglob(f"*{few[0].participant_id}*.json"), None) or next(
        path for path in few[0].files if path.suffix == ".json"
    )
    facts = json.loads(sidecar.read_text(encoding="utf-8")) | {"EchoTime": 0.130}
    sidecar.write_text(json.dumps(facts), encoding="utf-8")
    return few


@pytest.fixture
def cohort(ws, studies, own_cohort_folder):
    return ws.cohort("C", studies, participants=own_cohort_folder / "participants.tsv")


def test_a_cohort_without_studies_is_refused_and_leaves_the_one_that_is_there(ws, cohort, studies):
    with pytest.raises(OptionError, match="would have no studies"):
        ws.cohort("C", [])
    assert len(ws.cohort("C").studies) == len(studies)


def errors_of(findings):
    bad = findings[findings["severity"] == "error"]
    return list(zip(bad["study"], bad["rule"], strict=True))


def test_a_rule_is_set_aside_for_one_study_with_a_reason_that_stays(ws, cohort):
    label = cohort.studies[0].label
    assert errors_of(ws.check(cohort)) == [(label, "echo_time")]
    ws.override(cohort, label, "echo_time", "agreed with the vendor by mail")
    with nf.Workspace(ws.folder) as again:
        findings = again.check(again.cohort("C"))
    assert errors_of(findings) == []
    row = findings.set_index(["study", "rule"]).loc[(label, "echo_time")]
    assert row["severity"] == "warning"
    assert "agreed with the vendor by mail" in row["advice"]


def test_a_rule_can_be_taken_up_again(ws, cohort):
    study = cohort.studies[0]
    ws.override(cohort, study.study_id, "echo_time", "a mistake")
    ws.override(cohort, study.study_id, "echo_time", "")
    assert errors_of(ws.check(cohort)) == [(study.label, "echo_time")]


@pytest.mark.parametrize(
    ("study", "rule", "says"),
    [("nobody", "echo_time", "no study"), (None, "no_rule", "no rule"), (None, "readable", "set")],
)
def test_only_what_is_there_can_be_set_aside(ws, cohort, study, rule, says):
    with pytest.raises(OptionError, match=says):
        ws.override(cohort, study or cohort.studies[0].label, rule, "because")


def test_a_study_without_its_participant_is_a_finding(ws, studies, tmp_path):
    table = tmp_path / "participants.tsv"
    table.write_text("participant_id\tage\tsex\nsomebody\t60\tF\n", encoding="utf-8")
    findings = ws.check(ws.cohort("C", studies, participants=table))
    warned = findings[findings["rule"] == "participant"]
    assert set(warned["study"]) == {study.label for study in studies}
    assert set(warned["severity"]) == {"warning"}


def test_two_cohorts_must_not_differ_in_case_only(ws, cohort, studies):
    with pytest.raises(IdError, match="differs from 'C' in case only"):
        ws.cohort("c", studies)
    assert ws.cohorts() == ["C"]


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "ü", "x" * 300, ".", "a\nb"])
def test_a_cohort_id_that_cannot_be_a_folder_is_refused_before_anything_is_written(
    ws, studies, name
):
    with pytest.raises(IdError):
        ws.cohort(name, studies)
    assert ws.cohorts() == []


@pytest.mark.parametrize(
    "text", ["", "name\tage\nA\t60\n", "participant_id\nA\nA\n"], ids=["empty", "no id", "twice"]
)
def test_a_broken_participants_table_is_refused_before_anything_is_written(
    ws, studies, tmp_path, text
):
    table = tmp_path / "participants.tsv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ParticipantsError):
        ws.cohort("C", studies, participants=table)
    assert ws.cohorts() == []


def test_packages_are_made_once(ws, cohort):
    first = ws.package(cohort, on_event=silent)
    times = [package.path.stat().st_mtime_ns for package in first]
    assert ws.package(cohort, on_event=silent) == first
    assert [package.path.stat().st_mtime_ns for package in first] == times


def test_a_study_that_changed_is_packaged_anew_under_its_id(ws, cohort):
    first = ws.package(cohort, on_event=silent)
    bvec = next(path for path in cohort.studies[1].files if path.suffix == ".bvec")
    bvec.write_text(bvec.read_text(encoding="utf-8").replace("0.1", "0.2"), encoding="utf-8")
    second = ws.package(cohort, on_event=silent)
    assert second[0] == first[0]
    assert second[1].study_id == first[1].study_id
    assert second[1].sha256 != first[1].sha256


def test_two_notebooks_do_not_package_at_the_same_time(ws, cohort):
    with ProjectFolder(ws.folder).locked(), pytest.raises(LockedError):
        ws.package(cohort, on_event=silent)


def test_the_report_of_deidentification_shows_the_id_that_the_study_will_have(ws, cohort):
    report = ws.deidentification(cohort, cohort.studies[0].label)
    assert {"kept", "removed"} <= set(report["action"])
    assert "warning" in set(report["action"])


def test_a_run_stopped_while_packaging_keeps_what_was_made_and_names_the_rest(ws, cohort):
    ws.override(cohort, cohort.studies[0].label, "echo_time", "for this test")
    stop = threading.Event()

    def stop_after_one(event):
        if event.stage == "package" and event.study_id is not None:
            stop.set()

    plan = ws.submit(cohort, dry_run=True, on_event=stop_after_one, stop=stop)
    assert list(plan["study_id"]) == [study.study_id for study in cohort.studies]
    assert list(plan["reason"]) == ["not sent yet", "stopped before it was packaged"]
    with nf.Workspace(ws.folder) as again:
        assert [row.study_id for row in again.ledger.rows()] == [cohort.studies[0].study_id]
