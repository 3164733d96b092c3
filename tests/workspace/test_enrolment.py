"""Studies left out, and ages and sexes filled in: remembered by the workspace."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError, SubmissionError, WorkspaceError
from neuroflow.workspace.decisions import DecisionStore


@pytest.fixture
def ws(tmp_path):
    with nf.Workspace(tmp_path / "project") as workspace:
        yield workspace


@pytest.fixture
def people(own_cohort_folder):
    """Return a participants.tsv that knows no age of the first participant."""
    path = own_cohort_folder / "participants.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str)
    first = nf.find_studies(own_cohort_folder / "scans")[0].participant_id
    table.loc[table["participant_id"].str.removeprefix("sub-") == first, "age"] = "n/a"
    table.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture
def cohort(ws, own_cohort_folder, people):
    for sidecar in (own_cohort_folder / "scans").rglob("*.json"):
        sidecar.write_text(sidecar.read_text(encoding="utf-8").replace("PatientAge", "NoAge"))
    return ws.cohort("C", nf.find_studies(own_cohort_folder / "scans"), participants=people)


def errors_of(findings):
    bad = findings[findings["severity"] == "error"]
    return list(zip(bad["study"], bad["rule"], strict=True))


def test_an_excluded_study_is_neither_checked_nor_packaged_nor_sent(ws, cohort):
    first, second = cohort.studies
    ws.exclude(cohort, first.label, "moved in the scanner")
    assert ws.excluded("C") == {first.study_id: "moved in the scanner"}
    assert errors_of(ws.check(cohort)) == []
    plan = ws.submit(cohort, dry_run=True, on_event=lambda event: None).set_index("study_id")
    assert plan["action"].to_dict() == {first.study_id: "excluded", second.study_id: "send"}
    assert plan.loc[first.study_id, "reason"] == "moved in the scanner"


def test_an_excluded_study_stays_out_when_the_cohort_is_made_anew(ws, cohort, own_cohort_folder):
    ws.exclude(cohort, cohort.studies[0].label, "motion")
    with nf.Workspace(ws.folder) as again:
        anew = again.cohort("C", nf.find_studies(own_cohort_folder / "scans"))
        packages = again.package(anew, on_event=lambda event: None)
    assert [package.study_id for package in packages] == [cohort.studies[1].study_id]


def test_an_excluded_study_can_be_included_again(ws, cohort):
    label = cohort.studies[0].label
    ws.exclude(cohort, label, "motion")
    ws.include(cohort, label)
    assert ws.excluded("C") == {}
    assert errors_of(ws.check(cohort)) == [(label, "age")]


def test_leaving_out_needs_a_reason(ws, cohort):
    with pytest.raises(OptionError, match="with a reason"):
        ws.exclude(cohort, cohort.studies[0].label, " ")


def test_what_was_sent_cannot_be_left_out(workspace, cohort_folder):
    studies = nf.find_studies(cohort_folder / "scans")[:1]
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=lambda event: None)
    with pytest.raises(OptionError, match="sent already"):
        workspace.exclude(cohort, studies[0].label, "motion")


def test_a_missing_age_is_filled_in_and_the_table_of_the_user_stays_as_it_is(ws, cohort, people):
    before = people.read_bytes()
    label = cohort.studies[0].label
    assert errors_of(ws.check(cohort)) == [(label, "age")]
    assert ws.fill_in(cohort, label, age=61) is None
    filled = ws.cohort("C")
    assert filled.studies[0].age == 61
    assert errors_of(ws.check(filled)) == []
    assert people.read_bytes() == before
    with nf.Workspace(ws.folder) as again:
        assert again.cohort("C").studies[0].age == 61


def test_results_are_matched_with_the_age_that_was_filled_in(ws, cohort):
    ws.fill_in(cohort, cohort.studies[0].label, age=61)
    table = ws._enrolment.study_map()
    table = table.dropna(subset="study_id").set_index("study_id")
    assert table.loc[cohort.studies[0].study_id, "age"] == 61
    assert table["age"].notna().all()


def test_participants_tsv_wins_over_what_would_be_filled_in(ws, cohort):
    study = cohort.studies[1]
    with pytest.raises(OptionError, match=r"participants.tsv has another age"):
        ws.fill_in(cohort, study.label, age=study.age + 1)


@pytest.mark.parametrize(
    "facts", [{"age": 150}, {"age": "old"}, {"age": []}, {"sex": "X"}, {"sex": ["M"]}]
)
def test_what_is_no_age_or_sex_is_refused(ws, cohort, facts):
    with pytest.raises(OptionError, match="is no"):
        ws.fill_in(cohort, cohort.studies[0].label, **facts)


def test_an_age_may_be_typed(ws, cohort):
    ws.fill_in(cohort, cohort.studies[0].label, age="61")
    filled = ws.cohort(cohort)
    assert filled.studies[0].age == 61.0


def test_decisions_can_be_read_by_their_owner_only(ws, cohort):
    ws.exclude(cohort, cohort.studies[0].label, "a\tb\n<c>")
    (path,) = ws.folder.rglob("decisions.tsv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ws.excluded("C") == {cohort.studies[0].study_id: "a\tb\n<c>"}


def test_damaged_decisions_are_a_clear_error(ws, cohort):
    (ws.folder / "cohorts" / "C" / "decisions.tsv").write_text("nothing\n1\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="decisions of cohort 'C'"):
        ws.check(cohort)


def test_studies_with_errors_are_refused_though_others_are_left_out(ws, cohort):
    ws.exclude(cohort, cohort.studies[1].label, "motion")
    with pytest.raises(SubmissionError, match="have errors"):
        ws.submit(cohort, on_event=lambda event: None)


def test_what_is_decided_at_the_same_time_is_not_lost(ws, cohort):
    store, ids = DecisionStore(ws.folder / "cohorts"), [f"study-{n}" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda study_id: store.change("C", study_id, excluded="motion"), ids))
    assert sorted(store.read("C")) == sorted(ids)


def test_decisions_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        DecisionStore(tmp_path / "a file").change("C", "s", excluded="motion")
