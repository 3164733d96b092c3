"""Submission: which studies are sent, and what the plan and the ledger say."""

import threading

import pytest
from support.uploads import ids, ids_at

from neuroflow.errors import OptionError, SubmissionError
from neuroflow.ledger import Ledger, State
from neuroflow.workspace.submission import Submission, SubmitOptions


@pytest.fixture
def submission(ledger, server, enrolment, checks, packaging, jobs):
    return Submission(
        ledger, server, enrolment=enrolment, checks=checks, packaging=packaging, jobs=jobs
    )


@pytest.fixture
def sent(server):
    """Return a function that lists the ids of the studies at the service."""
    return lambda: set(ids_at(server))


def test_every_study_is_sent_once(submission, cohort, sent, silent):
    rows = submission.submit(cohort, SubmitOptions(), silent)
    assert rows["state"].tolist() == [State.SUBMITTED, State.SUBMITTED]
    assert sent() == set(ids(cohort))
    assert submission.submit("C", SubmitOptions(), silent)["action"].tolist() == ["skip", "skip"]


def test_a_dry_run_packages_and_sends_nothing(submission, cohort, ledger, sent, silent):
    rows = submission.submit(cohort, SubmitOptions(dry_run=True), silent)
    assert rows["action"].tolist() == ["send", "send"]
    assert {row.state for row in ledger.rows()} == {State.PACKAGED}
    assert sent() == set()


def test_the_connections_and_quiet_time_come_from_the_settings(
    submission, cohort, server, monkeypatch, silent
):
    used = []
    monkeypatch.setattr(
        "neuroflow.workspace.submission.submit",
        lambda *args, options, **others: used.append(options) or iter(()),
    )
    submission.submit(cohort, SubmitOptions(limit_mb_per_s=2), silent)
    (options,) = used
    assert options.limit_mb_per_s == 2
    assert options.quiet_seconds == server.settings.upload.quiet_seconds
    assert options.connections == server.settings.upload.connections


def test_errors_of_one_study_hold_all_back(submission, cohort, late_echo, sent, silent):
    with pytest.raises(SubmissionError, match=f"1 of 2 studies .* {late_echo}"):
        submission.submit(cohort, SubmitOptions(), silent)
    assert sent() == set()


def test_errors_are_refused_even_where_other_studies_are_excluded(
    submission, enrolment, cohort, late_echo, silent
):
    enrolment.exclude(cohort, cohort.studies[1].label, "motion")
    assert cohort.studies[0].label == late_echo
    with pytest.raises(SubmissionError, match="have errors"):
        submission.submit(cohort, SubmitOptions(), silent)


def test_only_good_studies_are_sent_without_the_others(submission, cohort, late_echo, sent, silent):
    submission.submit(cohort, SubmitOptions(only_good=True), silent)
    assert cohort.studies[0].label == late_echo
    assert sent() == {cohort.studies[1].study_id}


def test_an_excluded_study_is_in_the_plan_with_its_reason(
    submission, enrolment, cohort, late_echo, silent
):
    first, second = cohort.studies
    enrolment.exclude(cohort, late_echo, "moved in the scanner")
    plan = submission.submit(cohort, SubmitOptions(dry_run=True), silent).set_index("study_id")
    assert plan["action"].to_dict() == {first.study_id: "excluded", second.study_id: "send"}
    assert plan.loc[first.study_id, "reason"] == "moved in the scanner"


def test_a_sent_study_cannot_be_excluded(submission, enrolment, cohort, silent):
    submission.submit(cohort, SubmitOptions(), silent)
    with pytest.raises(OptionError, match="sent already"):
        enrolment.exclude(cohort, cohort.studies[0].label, "motion")


def test_a_stop_while_packaging_names_the_studies_left(
    submission, checks, folder, cohort, late_echo
):
    checks.override(cohort, late_echo, "echo_time", "for this test")
    stop = threading.Event()

    def stop_after_one(event):
        if event.stage == "package" and event.study_id is not None:
            stop.set()

    plan = submission.submit(cohort, SubmitOptions(dry_run=True, stop=stop), stop_after_one)
    assert list(plan["study_id"]) == ids(cohort)
    assert list(plan["reason"]) == ["not sent yet", "stopped before it was packaged"]
    with Ledger(folder.ledger) as again:
        assert [row.study_id for row in again.rows()] == [cohort.studies[0].study_id]


def test_a_rebuilt_ledger_knows_what_was_sent(submission, ledger, cohort, sent, silent):
    submission.submit(cohort, SubmitOptions(only=[ids(cohort)[0]]), silent)
    submission.rebuild(silent)
    assert ledger.row(ids(cohort)[0]).state.is_sent
    assert sent() == {ids(cohort)[0]}
