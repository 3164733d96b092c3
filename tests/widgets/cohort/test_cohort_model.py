import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from support.collected import collect_into, people
from support.forms import finish
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def ws(tmp_path):
    with Workspace(tmp_path / "project") as workspace:
        yield workspace


@pytest.fixture
def folder(own_cohort_folder):
    """Return two studies: of the first the echo time is too long and the age is not known."""
    table = own_cohort_folder / "participants.tsv"
    first, _ = nf.find_studies(own_cohort_folder / "scans")
    (sidecar,) = [path for path in first.files if path.suffix == ".json"]
    facts = json.loads(sidecar.read_text(encoding="utf-8")) | {"EchoTime": 0.130}
    sidecar.write_text(json.dumps({k: v for k, v in facts.items() if "Age" not in k}))
    people = pd.read_csv(table, sep="\t", dtype=str)
    people.loc[people["participant_id"].str.endswith(first.participant_id), "age"] = "n/a"
    people.to_csv(table, sep="\t", index=False)
    return own_cohort_folder


@pytest.fixture
def model(ws, folder):
    model = CohortModel(ws)
    model.set(
        folder=str(folder / "scans"), participants=str(folder / "participants.tsv"), cohort_id="C"
    )
    return model


@pytest.fixture
def checked(model):
    return finish(model, model.check)


def states(model):
    return model.studies["state"].tolist()


def test_an_empty_form_says_what_is_missing_and_checks_nothing(ws):
    model = CohortModel(ws)
    assert [line.split()[0] for line in model.blockers] == ["Enter", "Choose"]
    model.check()
    assert not model.busy


def test_a_cohort_id_is_checked_as_it_is_typed(model):
    model.cohort_id = "../other"
    assert any("cannot be used" in line for line in model.blockers)
    model.cohort_id = "GOOD_1"
    assert model.blockers == ()


def test_studies_are_listed_with_what_is_wrong_first(checked):
    assert states(checked) == ["has errors", "ready"]
    assert "Echo time: 130 ms" in checked.studies.loc[0, "findings"]
    assert checked.studies.loc[0, "age"] == "missing"
    assert checked.counts == [("has errors", 1), ("ready", 1)]
    assert (checked.tone, checked.notice) == ("warn", "2 studies, 1 without errors.")


def test_unchecked_studies_are_neither_without_errors_nor_with(ws, folder):
    studies = nf.find_studies(folder / "scans")
    cohort = ws.cohort("C", studies, participants=folder / "participants.tsv")
    model = CohortModel(ws)
    assert model.notice == "2 studies, not checked yet."
    assert (model.tone, states(model)) == ("warn", ["not checked", "not checked"])
    assert set(model.studies["sex"]) <= {"F", "M", "not checked"}
    assert set(model.details["severity"]) == {"not checked"}
    assert set(model.details["what to do"]) == {"Check the study."}
    model.selected = (cohort.studies[0].label,)
    assert model.violated_rules == ()
    finish(model, lambda: model.exclude("motion"))
    assert model.notice.endswith("1 excluded.")


def test_sent_study_that_was_not_checked_counts_apart(ws):
    collect_into(ws, people(3), reports=False)
    model = CohortModel(ws)
    assert states(model) == ["sent"] * 3
    assert (model.tone, model.notice) == ("warn", "3 studies, not checked yet.")


def test_some_unchecked_studies_are_counted_beside_the_others(ws, folder):
    both = nf.find_studies(folder / "scans")
    ws.check(ws.cohort("C", both[1:], participants=folder / "participants.tsv"))
    ws.cohort("C", both, participants=folder / "participants.tsv")
    assert CohortModel(ws).notice == "2 studies, 1 without errors, 1 not checked yet."


def test_a_filter_shows_the_studies_of_one_state(checked):
    checked.filter = "ready"
    assert checked.filtered["study"].tolist() == [checked.studies.loc[1, "study"]]


def test_findings_are_those_of_the_chosen_studies(checked):
    assert set(checked.details["study"]) == {checked.studies.loc[0, "study"]}
    checked.selected = (checked.studies.loc[1, "study"],)
    assert checked.details.empty
    assert checked.violated_rules == checked.overridden_rules == ()


def test_excluded_study_stays_excluded_until_included_again(checked, folder):
    bad = checked.studies.loc[0, "study"]
    checked.selected = (bad,)
    finish(checked, checked.exclude, "moved in the scanner")
    assert states(checked) == ["ready", "excluded"]
    assert checked.blocked == {}
    again = CohortModel(checked.ws)
    assert states(again) == ["ready", "excluded"]
    assert again.studies.loc[1, "findings"] == "moved in the scanner"
    again.selected = (bad,)
    finish(again, again.include)
    assert states(again) == ["has errors", "ready"]


def test_leaving_out_needs_a_reason_and_says_so(checked):
    checked.selected = (checked.studies.loc[0, "study"],)
    checked.run_safely(lambda: checked.exclude(""))
    assert checked.join(PATIENCE)
    assert "with a reason" in checked.problems[0].what
    assert states(checked) == ["has errors", "ready"]


def test_rule_is_overridden_with_reason_and_applied_again(checked):
    checked.selected = (checked.studies.loc[0, "study"],)
    assert (checked.violated_rules, checked.overridden_rules) == (("age", "echo_time"), ())
    finish(checked, checked.override, "echo_time", "neuropacs agreed")
    assert "Echo time: overridden" in checked.studies.loc[0, "findings"]
    assert (checked.violated_rules, checked.overridden_rules) == (("age",), ("echo_time",))
    finish(checked, checked.override, "echo_time", "")
    assert "Echo time: 130 ms" in checked.studies.loc[0, "findings"]


def test_rule_is_overridden_for_all_and_findings_are_saved(checked):
    finish(checked, checked.override_for_all, "echo_time", "neuropacs agreed")
    assert "Echo time: overridden" in checked.studies.loc[0, "findings"]
    checked.save_findings()
    saved = pd.read_csv(checked.ws.folder / f"findings_{checked.cohort.cohort_id}.csv")
    assert "neuropacs agreed" in saved.set_index("rule").loc["echo_time", "advice"]
    assert saved["folder"].notna().all()


def test_filling_in_an_age_leaves_participants_tsv_unchanged(checked, folder):
    before = (folder / "participants.tsv").read_bytes()
    ((study_id, label, needs_age, needs_sex),) = checked.missing_demographics
    assert (label, needs_age, needs_sex) == (checked.studies.loc[0, "study"], True, False)
    finish(checked, checked.fill_in, {study_id: (61.0, None)})
    assert checked.missing_demographics == []
    assert checked.studies.loc[0, "age"] == "61"
    assert (folder / "participants.tsv").read_bytes() == before
    assert CohortModel(checked.ws).studies.loc[0, "age"] == "61"


def test_reopened_form_shows_last_cohort_without_reading_scans(checked, folder):
    for path in (folder / "scans").rglob("*.*"):
        path.unlink()
    again = CohortModel(checked.ws)
    assert again.cohort_id == "C"
    assert again.folder.startswith(str(folder))
    assert again.studies.equals(checked.studies)


def test_unchecked_cohort_is_shown_as_unchecked(ws, folder):
    ws.cohort("C", nf.find_studies(folder / "scans"))
    model = CohortModel(ws)
    assert states(model) == ["not checked", "not checked"]
    assert len(model.blocked) == 2


def test_known_cohort_id_opens_cohort_unless_folder_was_typed(checked, ws):
    checked.cohort_id = "OTHER"
    assert checked.cohort is None
    checked.cohort_id = "C"
    assert states(checked) == ["has errors", "ready"]
    checked.cohort_id = "OTHER"
    checked.folder = "/data/new"
    checked.cohort_id = "C"
    assert (checked.folder, checked.cohort) == ("/data/new", None)


@pytest.fixture
def asked(checked, eight_studies, tmp_path):
    """Return the form of a known cohort, with a folder that holds one other study."""
    other = tmp_path / "elsewhere" / "sub-D006"
    shutil.copytree(eight_studies / "scans" / "sub-D006", other)
    checked.folder = str(tmp_path / "elsewhere")
    return checked


def test_known_cohort_with_another_folder_asks_and_changes_nothing(asked, ws):
    assert "C holds 2 studies of" in asked.question
    assert "0 of them sent" in asked.question
    asked.check()
    assert not asked.busy
    assert len(ws.cohort("C").studies) == 2
    asked.show_known()
    assert (asked.question, len(asked.studies)) == ("", 2)


def test_other_folder_is_added_to_a_known_cohort(asked, ws):
    before = {study.label: study.study_id for study in ws.cohort("C").studies}
    finish(asked, asked.add_folder)
    after = {study.label: study.study_id for study in ws.cohort("C").studies}
    assert len(after) == 3
    assert before.items() <= after.items()
    assert (asked.question, asked.folder, asked.problems) == ("", "", ())


def test_cohort_of_the_menu_is_shown_whatever_was_typed(asked):
    asked.open_cohort("C")
    assert (asked.question, len(asked.studies)) == ("", 2)


def test_decisions_made_in_code_are_shown(checked, ws):
    ws.exclude(checked.cohort, checked.studies.loc[0, "study"], "motion")
    checked.poll()
    assert states(checked) == ["ready", "excluded"]


def test_missing_folder_is_a_readable_problem(model, tmp_path):
    model.folder = str(tmp_path / "missing")
    finish(model, model.check)
    assert "missing" in model.problems[0].what
    assert model.problems[0].advice


def test_two_thousand_studies_are_listed_at_once(ws, folder):
    study = nf.find_studies(folder / "scans")[0]
    many = [replace(study, label=f"P{n:04}", files=(study.root / str(n),)) for n in range(2000)]
    ws.cohort("C", many)
    assert len(CohortModel(ws).studies) == 2000


def test_findings_are_in_words_with_the_folder_of_the_study(checked):
    found = checked.details.set_index("rule")
    assert found.loc["Echo time", "measured"] == "130 ms"
    (study,) = [each for each in checked.cohort.studies if each.label == found["study"].iloc[0]]
    assert found.loc["Echo time", "folder"] == str(study.files[0].parent)
