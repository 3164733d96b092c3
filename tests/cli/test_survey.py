"""What is in a folder, in a study, in a table and in the log."""

import json
import shutil

import pandas as pd
import pytest

import neuroflow as nf


def answer(run, *words):
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_survey_lists_studies_and_what_was_skipped(run, eight_studies, tmp_path):
    scans = shutil.copytree(eight_studies / "scans", tmp_path / "scans")
    (scans / "notes.txt").write_text("scanned in May")
    found = answer(run, "survey", scans, "--to", tmp_path / "skipped.csv")
    assert len(found["studies"]) == 8
    reasons = {row["path"]: row["reason"] for row in found["skipped"]}
    assert reasons["notes.txt"] == "neither DICOM nor NIfTI"
    assert set(pd.read_csv(tmp_path / "skipped.csv")["path"]) == set(reasons)
    _, out, err = run("survey", scans)
    assert ("notes.txt" in out, "8 studies found" in err) == (True, True)


def test_a_survey_without_skipped_files_prints_no_table(run, tmp_path):
    (tmp_path / "scans").mkdir()
    code, out, err = run("survey", tmp_path / "scans")
    assert (code, out.strip(), "0 studies found" in err) == (0, "", True)


def test_coverage_counts_what_is_missing(run, table_file, tmp_path):
    table = pd.read_parquet(table_file)
    table.iloc[5:].to_parquet(tmp_path / "less.parquet")
    found = answer(run, "coverage", tmp_path / "less.parquet", "--by", "study")
    expected = nf.coverage(table.iloc[5:], by="study")
    assert [row["missing"] for row in found["coverage"]] == expected["missing"].tolist()
    assert found["coverage"][0]["missing"] == 5


def test_coverage_by_visit_names_the_participants(run, table_file):
    rows = answer(run, "coverage", table_file, "--by", "visit")["coverage"]
    assert rows[0]["participant_id"]
    assert rows[0]["1"] is True


@pytest.fixture
def prepared(run, _two_studies, tmp_path):
    """Return a workspace with one cohort, and the label of its first study."""
    project = tmp_path / "project"
    people = ("--participants", _two_studies / "participants.tsv")
    with nf.Workspace(project):
        pass
    code, _, err = run("package", project, "P1", _two_studies / "scans", *people)
    assert code == 0, err
    with nf.Workspace(project) as ws:
        return project, ws.cohort("P1").studies[0].label


def test_deidentification_names_values_before_only_if_asked(run, prepared):
    project, label = prepared
    words = ("deidentification", project, "P1", label)
    rows = answer(run, *words)["attributes"]
    assert rows
    assert "before" not in rows[0]
    shown = answer(run, *words, "--before")["attributes"]
    assert [row["attribute"] for row in shown] == [row["attribute"] for row in rows]
    assert "before" in shown[0]


def test_the_log_shows_its_latest_lines(run, prepared):
    project, _ = prepared
    found = answer(run, "log", project, "--last", "2")
    assert len(found["events"]) == 2
    assert found["file"].endswith("neuroflow.log")
    _, out, err = run("log", project)
    assert ("package" in out, "The whole log is" in err) == (True, True)


def test_the_log_of_one_study_names_it_by_its_label(run, prepared):
    project, _ = prepared
    with nf.Workspace(project) as ws:
        study = ws.cohort(ws.cohorts()[0]).studies[0]
    for name in (study.label, study.study_id):
        events = answer(run, "log", project, "--study", name)["events"]
        assert {event["study_id"] for event in events} == {study.study_id}
        assert {event["label"] for event in events} == {study.label}
    assert run("log", project, "--study", "nobody")[0] == 3


def test_the_log_of_jobs_leaves_studies_out(run, prepared):
    project, _ = prepared
    events = answer(run, "log", project, "--jobs-only", "--last", "500")["events"]
    assert {event["study_id"] for event in events} == {None}
    assert events[-1]["status"] == "done"


def test_a_workspace_without_a_log_has_no_lines(run, tmp_path):
    with nf.Workspace(tmp_path / "new"):
        pass
    assert answer(run, "log", tmp_path / "new")["events"] == []


@pytest.mark.parametrize("line", ['{"at": "2026-01-01T00', "[1]", "\x00", "null"])
def test_a_damaged_line_of_the_log_is_counted(run, tmp_path, line):
    whole = {"at": "2026-01-01T00:00:00+00:00", "stage": "package", "status": "done"}
    with nf.Workspace(tmp_path / "new") as ws:
        ws.log.parent.mkdir(exist_ok=True)
        ws.log.write_text(f"{json.dumps(whole)}\n{line}\n", encoding="utf-8")
    code, out, err = run("log", tmp_path / "new", "--json")
    assert (code, json.loads(out)["events"]) == (0, [whole])
    assert "1 of the latest 2 lines are damaged" in err


def test_a_log_that_cannot_be_read_is_named(run, tmp_path):
    with nf.Workspace(tmp_path / "new") as ws:
        ws.log.mkdir(parents=True)
    code, _, err = run("log", tmp_path / "new")
    assert (code, "neuroflow.log cannot be read" in err) == (3, True)
