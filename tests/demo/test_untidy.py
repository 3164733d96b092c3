"""The untidy folder of the tutorial shows what it is meant to show."""

import pytest

from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.scans.untidy import make_untidy
from neuroflow.errors import DemoError
from neuroflow.studies.discovery.find import survey
from neuroflow.studies.protocol.check import check

HOSPITAL_NUMBER = "SIM-7310074"


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("untidy")
    make_cohort(folder, n_studies=6)
    make_untidy(folder / "scans")
    return folder / "scans"


def test_what_is_no_study_is_skipped_with_a_reason(scans):
    skipped = survey(scans).skipped
    assert {path.rsplit("/", 1)[-1] for path in skipped["path"]} == {
        "T1w.nii.gz",
        "scanner.log",
        "IM0001.dcm",
    }


def test_a_study_is_named_by_its_hospital_number(scans):
    labels = [study.label for study in survey(scans).studies]
    assert HOSPITAL_NUMBER in labels
    assert not any(label.startswith("D003") for label in labels)


def test_each_spoilt_study_breaks_its_rules_and_the_others_none(scans):
    findings = check(survey(scans).studies)
    errors = findings[findings["severity"] == "error"].groupby("study")["rule"].agg(set)
    assert errors["D002_01"] == {"echo_time"}
    assert errors["old_copy"] == {"duplicate"}
    assert errors["D005_01"] >= {"duplicate", "gradient_count"}
    assert len(errors) == 3


def test_a_folder_that_is_no_such_cohort_is_refused(tmp_path):
    with pytest.raises(DemoError, match="untidy"):
        make_untidy(tmp_path)
