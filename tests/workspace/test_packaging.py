"""Packaging: de-identified packages, made once."""

import threading

import pytest

from neuroflow.errors import LockedError
from neuroflow.workspace.folder import ProjectFolder


def test_packages_are_made_once(packaging, cohort, silent):
    first = packaging.package(cohort, on_event=silent)
    times = [package.path.stat().st_mtime_ns for package in first]
    assert packaging.package(cohort, on_event=silent) == first
    assert [package.path.stat().st_mtime_ns for package in first] == times


def test_a_changed_study_is_packaged_again_under_its_id(packaging, cohort, silent):
    first = packaging.package(cohort, on_event=silent)
    bvec = next(path for path in cohort.studies[1].files if path.suffix == ".bvec")
    bvec.write_text(bvec.read_text(encoding="utf-8").replace("0.1", "0.2"), encoding="utf-8")
    second = packaging.package(cohort, on_event=silent)
    assert second[0] == first[0]
    assert second[1].study_id == first[1].study_id
    assert second[1].sha256 != first[1].sha256


def test_each_package_is_recorded_in_the_ledger(packaging, ledger, cohort, silent):
    packages = packaging.package(cohort, on_event=silent)
    recorded = {row.study_id: row.sha256 for row in ledger.rows("C")}
    assert recorded == {package.study_id: package.sha256 for package in packages}


def test_an_excluded_study_is_not_packaged_when_enrolled_again(
    packaging, enrolment, cohort, studies, silent
):
    enrolment.exclude(cohort, cohort.studies[0].label, "motion")
    again = enrolment.cohort("C", studies)
    packages = packaging.package(again, on_event=silent)
    assert [package.study_id for package in packages] == [cohort.studies[1].study_id]


def test_only_one_process_packages_at_a_time(packaging, folder, cohort, silent):
    with ProjectFolder(folder.root).locked(), pytest.raises(LockedError):
        packaging.package(cohort, on_event=silent)


def test_packaging_within_a_job_shares_its_lock(packaging, jobs, cohort, silent):
    with jobs.run("rebuild", silent) as job:
        assert len(packaging.package(cohort, within=job)) == 2


def test_a_stop_keeps_the_packages_that_were_made(packaging, ledger, cohort):
    stop = threading.Event()

    def stop_after_one(event):
        if event.stage == "package" and event.study_id is not None:
            stop.set()

    (made,) = packaging.package(cohort, on_event=stop_after_one, stop=stop)
    assert [row.study_id for row in ledger.rows()] == [made.study_id]


def test_the_deidentification_report_lists_what_is_kept_and_removed(packaging, cohort):
    report = packaging.deidentification(cohort, cohort.studies[0].label)
    assert {"kept", "removed"} <= set(report["action"])
    assert "warning" in set(report["action"])
