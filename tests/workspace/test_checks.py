"""Checks: findings of a cohort and overridden rules."""

import pandas as pd
import pytest

from neuroflow.errors import OptionError, WorkspaceError
from neuroflow.ledger import Ledger
from neuroflow.workspace.checking import Checks, overrides_of
from neuroflow.workspace.enrolment import Enrolment


def test_an_override_makes_the_error_a_warning_with_its_reason(
    checks, folder, cohort, late_echo, errors_of
):
    assert errors_of(checks.check(cohort)) == [(late_echo, "echo_time")]
    checks.override(cohort, late_echo, "echo_time", "agreed with neuropacs by mail")
    with Ledger(folder.ledger) as again:
        findings = Checks(folder, again, Enrolment(folder, again)).check("C")
    assert errors_of(findings) == []
    row = findings.set_index(["study", "rule"]).loc[(late_echo, "echo_time")]
    assert row["severity"] == "warning"
    assert "agreed with neuropacs by mail" in row["advice"]


def test_an_empty_reason_applies_the_rule_again(checks, cohort, late_echo, errors_of):
    study_id = cohort.studies[0].study_id
    checks.override(cohort, study_id, "echo_time", "a mistake")
    checks.override(cohort, study_id, "echo_time", "")
    assert errors_of(checks.check(cohort)) == [(late_echo, "echo_time")]


def test_a_rule_is_overridden_for_all_studies_with_one_reason(
    checks, enrolment, cohort, late_echo, errors_of
):
    enrolment.exclude(cohort, cohort.studies[1].label, "moved in the scanner")
    checks.override(cohort, None, "echo_time", "agreed with neuropacs")
    enrolment.include(cohort, cohort.studies[1].label)
    waived = overrides_of(cohort, checks._overrides())
    assert [(each.study, each.reason) for each in waived] == [(late_echo, "agreed with neuropacs")]
    assert errors_of(checks.check(cohort)) == []
    checks.override(cohort, None, "echo_time", "")
    assert errors_of(checks.check(cohort)) == [(late_echo, "echo_time")]


def test_overridden_rules_are_noted_in_a_cohort_table(checks, cohort, late_echo):
    ids = [str(study.study_id) for study in cohort.studies]
    table = pd.DataFrame({"study_id": ids * 2})
    assert "data_notes" not in checks.with_note(table).attrs
    checks.override(cohort, late_echo, "echo_time", "agreed")
    checks.override(cohort, None, "slices", "agreed")
    table.attrs["data_notes"] = ["one value is extreme"]
    first, note = checks.with_note(table).attrs["data_notes"]
    assert first == "one value is extreme"
    assert note.endswith(f"(number of studies): echo_time (1), slices ({len(ids)})")
    assert checks.with_note(pd.DataFrame({"study_id": ["another"]})).attrs == {}


def test_a_fixed_rule_is_overridden_for_no_study(checks, cohort):
    with pytest.raises(OptionError, match="cannot be overridden"):
        checks.override(cohort, None, "readable", "because")
    assert checks._overrides() == {}


@pytest.mark.parametrize(
    ("study", "rule", "says"),
    [
        ("nobody", "echo_time", "no study"),
        (None, "no_rule", "no rule"),
        (None, "readable", "cannot be overridden"),
    ],
)
def test_an_unknown_study_or_rule_cannot_be_overridden(checks, cohort, study, rule, says):
    with pytest.raises(OptionError, match=says):
        checks.override(cohort, study or cohort.studies[0].label, rule, "because")


def test_a_study_without_its_participant_is_a_warning(checks, enrolment, studies, tmp_path):
    table = tmp_path / "participants.tsv"
    table.write_text("participant_id\tage\tsex\nsomebody\t60\tF\n", encoding="utf-8")
    findings = checks.check(enrolment.cohort("C", studies, participants=table))
    warned = findings[findings["rule"] == "participant"]
    assert set(warned["study"]) == {study.label for study in studies}
    assert set(warned["severity"]) == {"warning"}


def test_a_visit_without_its_zero_is_named_with_advice(checks, enrolment, studies, tmp_path):
    table = tmp_path / "participants.tsv"
    people = sorted({study.participant_id for study in studies})
    lines = "".join(f"{person}\t9\tF\n" for person in people)
    table.write_text(f"participant_id\tsession_id\tsex\n{lines}", encoding="utf-8")
    findings = checks.check(enrolment.cohort("C", studies, participants=table))
    warned = findings[findings["rule"] == "participant"]
    assert all(warned["measured"].str.endswith("; the table has visit 9"))
    assert all(warned["advice"].str.contains("leading zeros"))


def test_an_excluded_study_is_not_checked(checks, enrolment, cohort, late_echo, errors_of):
    enrolment.exclude(cohort, late_echo, "moved in the scanner")
    findings = checks.check(cohort)
    assert errors_of(findings) == []
    assert late_echo not in set(findings["study"])


def test_an_offline_check_returns_what_the_last_one_found(checks, cohort, late_echo, errors_of):
    before = checks.check(cohort)
    for path in cohort.studies[0].files:
        path.unlink()
    assert checks.check(cohort, offline=True).equals(before)
    assert errors_of(before) == [(late_echo, "echo_time")]


def test_damaged_decisions_are_reported_by_a_check(checks, folder, cohort):
    (folder.cohorts / "C" / "decisions.tsv").write_text("nothing\n1\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="decisions of cohort 'C'"):
        checks.check(cohort)
