"""Enrolment: cohorts, exclusions and filled-in values of studies."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from neuroflow.errors import IdError, OptionError, ParticipantsError, WorkspaceError
from neuroflow.ledger import Ledger, State
from neuroflow.models import Package
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.enrolment.decisions import Decision, DecisionStore
from neuroflow.workspace.enrolment.known_values import checked_values


@pytest.fixture
def people(own_cohort_folder, studies):
    """Return a participants.tsv that has no age of the first participant."""
    path = own_cohort_folder / "participants.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str)
    first = studies[0].participant_id
    table.loc[table["participant_id"].str.removeprefix("sub-") == first, "age"] = "n/a"
    table.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture
def own_cohort_folder(own_cohort_folder):
    """Remove the ages from the headers of the two studies."""
    for sidecar in (own_cohort_folder / "scans").rglob("*.json"):
        sidecar.write_text(sidecar.read_text(encoding="utf-8").replace("PatientAge", "NoAge"))
    return own_cohort_folder


# ---------------------------------------------------------------- cohorts


def test_an_empty_cohort_is_refused_and_the_known_one_stays(enrolment, cohort, studies):
    with pytest.raises(OptionError, match="would have no studies"):
        enrolment.cohort("C", [])
    assert len(enrolment.cohort("C").studies) == len(studies)


def test_two_cohorts_must_not_differ_in_case_only(enrolment, cohort, studies):
    with pytest.raises(IdError, match="differs from 'C' in case only"):
        enrolment.cohort("c", studies)
    assert enrolment.ids() == ["C"]


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "ü", "x" * 300, ".", "a\nb"])
def test_a_cohort_id_that_is_no_folder_name_writes_nothing(enrolment, studies, name):
    with pytest.raises(IdError):
        enrolment.cohort(name, studies)
    assert enrolment.ids() == []


@pytest.mark.parametrize(
    "text",
    ["", "birthday\tage\nA\t60\n", "participant_id\tage\nA\t1\nA\t2\n"],
    ids=["empty", "no id", "twice"],
)
def test_a_broken_participants_table_writes_nothing(enrolment, studies, tmp_path, text):
    table = tmp_path / "participants.tsv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ParticipantsError):
        enrolment.cohort("C", studies, participants=table)
    assert enrolment.ids() == []


# ---------------------------------------------------------------- exclusions


def test_an_excluded_study_stays_excluded_after_reopening_the_cohort(
    enrolment, folder, cohort, studies
):
    first, second = cohort.studies
    enrolment.exclude(cohort, first.label, "moved in the scanner")
    assert enrolment.excluded("C") == {first.study_id: "moved in the scanner"}
    with Ledger(folder.ledger) as ledger:
        again = Enrolment(folder, ledger)
        left = again.without_excluded(again.cohort("C", studies))
    assert [study.study_id for study in left.studies] == [second.study_id]


def test_an_excluded_study_can_be_included_again(enrolment, checks, cohort, errors_of):
    label = cohort.studies[0].label
    enrolment.exclude(cohort, label, "motion")
    enrolment.include(cohort, label)
    assert enrolment.excluded("C") == {}
    assert errors_of(checks.check(cohort)) == [(label, "age")]


def test_an_exclusion_needs_a_reason(enrolment, cohort):
    with pytest.raises(OptionError, match="with a reason"):
        enrolment.exclude(cohort, cohort.studies[0].label, " ")


def test_a_sent_study_cannot_be_excluded(enrolment, ledger, folder, cohort):
    first = cohort.studies[0]
    ledger.add_package(Package("C", first.study_id, folder.root / "a.zip", 9, "sha", "source"))
    for state in (State.UPLOADING, State.SUBMITTED):
        ledger.record("C", first.study_id, state)
    with pytest.raises(OptionError, match="sent already"):
        enrolment.exclude(cohort, first.label, "motion")


# ---------------------------------------------------------------- filled-in values


def test_a_filled_in_age_is_kept_and_participants_tsv_unchanged(
    enrolment, checks, folder, cohort, people, errors_of
):
    before = people.read_bytes()
    label = cohort.studies[0].label
    assert errors_of(checks.check(cohort)) == [(label, "age")]
    assert enrolment.fill_in(cohort, label, age=61) is None
    filled = enrolment.cohort("C")
    assert filled.studies[0].age == 61
    assert errors_of(checks.check(filled)) == []
    assert people.read_bytes() == before
    with Ledger(folder.ledger) as ledger:
        assert Enrolment(folder, ledger).cohort("C").studies[0].age == 61


def test_results_are_matched_with_a_filled_in_age(enrolment, cohort):
    enrolment.fill_in(cohort, cohort.studies[0].label, age=61)
    table = enrolment.study_map()
    table = table.dropna(subset="study_id").set_index("study_id")
    assert table.loc[cohort.studies[0].study_id, "age"] == 61
    assert table["age"].notna().all()


def test_another_sex_is_kept_beside_the_one_stated_for_sending(
    enrolment, checks, cohort, people, errors_of
):
    enrolment.fill_in(cohort, cohort.studies[0].label, age=61)
    table = pd.read_csv(people, sep="\t", dtype=str)
    row = table["participant_id"].str.removeprefix("sub-") == cohort.studies[0].participant_id
    table.loc[row, "sex"] = "O"
    table.to_csv(people, sep="\t", index=False)
    other = enrolment.cohort("C", cohort.studies, participants=people)
    label = other.studies[0].label
    assert errors_of(checks.check(other)) == [(label, "sex")]
    enrolment.fill_in("C", label, sex="F")
    stated = enrolment.cohort("C")
    assert stated.studies[0].sex == "F"
    assert errors_of(checks.check(stated)) == []
    known = enrolment.study_map().dropna(subset="study_id").set_index("study_id")
    assert known.loc[stated.studies[0].study_id, "sex"] == "O"


def test_participants_tsv_takes_precedence_over_a_filled_in_age(enrolment, cohort):
    study = cohort.studies[1]
    with pytest.raises(OptionError, match=r"participants.tsv has another age"):
        enrolment.fill_in(cohort, study.label, age=study.age + 1)


@pytest.mark.parametrize(
    "facts", [{"age": 150}, {"age": "old"}, {"age": []}, {"sex": "X"}, {"sex": ["M"]}]
)
def test_an_invalid_age_or_sex_is_refused(enrolment, cohort, facts):
    with pytest.raises(OptionError, match="is no"):
        enrolment.fill_in(cohort, cohort.studies[0].label, **facts)


def test_an_age_may_be_text(enrolment, cohort):
    enrolment.fill_in(cohort, cohort.studies[0].label, age="61")
    filled = enrolment.cohort(cohort)
    assert filled.studies[0].age == 61.0


def test_only_the_owner_may_read_decisions(enrolment, folder, cohort):
    enrolment.exclude(cohort, cohort.studies[0].label, "a\tb\n<c>")
    (path,) = folder.root.rglob("decisions.tsv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert enrolment.excluded("C") == {cohort.studies[0].study_id: "a\tb\n<c>"}


def test_damaged_decisions_are_a_clear_error(enrolment, folder, cohort):
    (folder.cohorts / "C" / "decisions.tsv").write_text("nothing\n1\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="decisions of cohort 'C'"):
        enrolment.cohort("C")


def test_decisions_made_at_the_same_time_are_all_kept(folder, cohort):
    store, ids = DecisionStore(folder.cohorts), [f"study-{n}" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda study_id: store.change("C", study_id, excluded="motion"), ids))
    assert sorted(store.read("C")) == sorted(ids)


def test_decisions_that_cannot_be_written_are_a_clear_error(tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        DecisionStore(tmp_path / "a file").change("C", "s", excluded="motion")


def test_a_decision_is_read_as_it_was_written(tmp_path):
    (tmp_path / "C").mkdir()
    DecisionStore(tmp_path).change("C", "a", excluded="motion")
    assert DecisionStore(tmp_path).read("C") == {"a": Decision(excluded="motion")}


@pytest.mark.parametrize(("word", "sex"), [("female", "F"), ("Male", "M"), ("m", "M"), ("w", "F")])
def test_a_sex_may_be_a_word(word, sex):
    assert checked_values({"sex": word}) == Decision(sex=sex)
