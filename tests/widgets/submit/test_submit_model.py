import subprocess
import sys
import threading

import pytest
from support.forms import finish
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.demo.service.pipeline import Pipeline
from neuroflow.identity import Account
from neuroflow.ledger.states import State
from neuroflow.transfer.sftp.remote import SftpRemote
from neuroflow.widgets.submit.model import SubmitModel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def model(workspace, cohort_folder):
    """Return the form with a cohort of two studies that was not checked yet."""
    model = SubmitModel(workspace)
    model.cohorts.set(
        folder=str(cohort_folder / "scans"),
        participants=str(cohort_folder / "participants.tsv"),
        cohort_id="PILOT_1",
    )
    return model


@pytest.fixture
def planned(model):
    finish(model.cohorts, model.cohorts.check)
    return finish(model, model.make_plan)


@pytest.fixture
def one_at_a_time(model):
    config = model.ws.folder / "neuroflow.toml"
    config.write_text(config.read_text() + "[settings]\nconnections = 1\n")


def states(model):
    return sorted(model.rows["state"])


def test_an_empty_form_says_what_is_missing(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        model = SubmitModel(ws)
        assert [line.split()[0] for line in model.blockers] == ["Choose", "Complete"]
        model.make_plan()
        model.submit()
        assert not model.busy


def test_plan_reports_count_size_and_time_and_sends_nothing(model, service):
    finish(model.cohorts, model.cohorts.check)
    assert model.blockers == (
        "Make the plan first. It shows how many studies will be sent, their size and the time.",
    )
    model.submit()
    assert not model.busy
    finish(model, model.make_plan)
    assert model.plan_text.startswith("2 of 2 studies to send, ")
    assert "not known before the first upload" in model.plan_text
    assert model.plan["action"].tolist() == ["send", "send"]
    assert model.blockers == ()
    assert service.wait_until_idle()
    assert service.processed == []


def test_a_plan_after_an_imported_key_names_every_study(planned, tmp_path):
    before = planned.plan
    Account(tmp_path / "another computer", "").export_key(tmp_path / "key")
    planned.ws.account.import_key(tmp_path / "key")
    finish(planned, planned.make_plan)
    assert planned.plan["study"].tolist() == before["study"].tolist()


def test_every_study_is_sent_once_with_progress(planned, service):
    finish(planned, planned.submit)
    assert states(planned) == [State.SUBMITTED, State.SUBMITTED]
    assert planned.tone == "good"
    upload = next(bar for bar in planned.progress.stages if bar.name == "upload")
    assert upload.fraction == 1.0
    finish(planned, planned.make_plan)
    assert planned.plan_text == "nothing to send of 2 studies; 2 already sent."
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_plan_estimates_time_after_a_first_upload(planned):
    cohorts = planned.cohorts
    cohorts.selected = (cohorts.studies.loc[0, "study"],)
    finish(cohorts, lambda: cohorts.exclude("later"))
    finish(finish(planned, planned.make_plan), planned.submit)
    finish(cohorts, cohorts.include)
    finish(planned, planned.make_plan)
    assert "at the speed of earlier uploads; 1 already sent." in planned.plan_text


def test_a_new_decision_discards_the_plan(planned):
    cohorts = planned.cohorts
    cohorts.selected = (cohorts.studies.loc[0, "study"],)
    finish(cohorts, lambda: cohorts.exclude("motion"))
    assert planned.plan is None
    assert "Make the plan first" in planned.blockers[0]
    finish(planned, planned.make_plan)
    assert "1 of 1 studies to send" in planned.plan_text
    assert "1 excluded" in planned.plan_text
    finish(planned, planned.submit)
    assert states(planned) == ["excluded", State.SUBMITTED]


def test_errors_block_until_only_good_studies_are_sent(model, own_cohort_folder):
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model.cohorts.set(folder=str(own_cohort_folder / "scans"), participants="")
    finish(model.cohorts, model.cohorts.check)
    finish(model, model.make_plan)
    assert "1 of 2 studies has errors" in model.blockers[0]
    model.submit()
    assert not model.busy
    model.only_good = True
    assert model.blockers == ()
    finish(model, model.submit)
    assert states(model) == ["not packaged", State.SUBMITTED]


def test_unchecked_studies_are_not_said_to_have_errors(workspace, cohort_folder):
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    model = SubmitModel(workspace)
    words = "studies were not checked yet: check the studies in the Cohort form."
    assert model.plan_blockers() == (f"2 of 2 {words}",)
    assert set(model.rows["message"]) == {"not checked yet"}
    workspace.exclude(cohort, studies[0].label, "motion")
    model.cohorts.poll()
    assert model.plan_blockers() == (f"1 of 1 {words.replace('were', 'was')}",)


@pytest.mark.usefixtures("short_pauses")
def test_unreachable_server_is_reported_and_sending_resumes(planned, service):
    service.stop()
    finish(planned, planned.submit)
    assert planned.problems
    assert planned.tone == "bad"
    service.start()
    finish(planned, planned.submit)
    assert states(planned) == [State.SUBMITTED, State.SUBMITTED]


def test_stop_finishes_running_uploads_and_rest_is_sent_later(
    planned, service, monkeypatch, one_at_a_time
):
    put = SftpRemote.put

    def put_then_stop(self, *args, **options):
        planned.stop()
        return put(self, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(SftpRemote, "put", put_then_stop)
        finish(planned, planned.submit)
    assert states(planned) == [State.PACKAGED, State.SUBMITTED]
    assert planned.tone == "warn"
    assert planned.notice.startswith("Stopped; uploads that had begun were finished. 1 of 2")
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_a_pause_holds_every_byte_until_it_is_ended(planned, monkeypatch, one_at_a_time):
    put, begun = SftpRemote.put, threading.Event()

    def put_after_pause(self, *args, **options):
        if not begun.is_set():
            planned.toggle_pause()
            begun.set()
        return put(self, *args, **options)

    monkeypatch.setattr(SftpRemote, "put", put_after_pause)
    planned.submit()
    assert begun.wait(PATIENCE)
    assert planned.paused
    assert not planned.join(0.5)
    assert all(row.submitted_at is None for row in planned.ws.ledger.rows())
    planned.toggle_pause()
    assert planned.join(PATIENCE)
    assert states(planned) == [State.SUBMITTED, State.SUBMITTED]


def test_failed_study_is_sent_again_only_on_request(planned, service):
    finish(planned, planned.submit)
    first = planned.ws.ledger.rows()[0]
    assert service.wait_until_idle()
    planned.ws.ledger.record(
        "PILOT_1", first.study_id, State.FAILED, "a failure report was received"
    )
    planned.refresh()
    assert planned.to_retry == (first.study_id,)
    finish(planned, planned.submit)
    assert planned.to_retry == (first.study_id,)
    finish(planned, planned.choose_failed)
    assert planned.plan["action"].tolist() == ["send"]
    assert service.processed.count(first.study_id) == 1, "a plan sends nothing"
    finish(planned, planned.send_again)
    assert service.wait_until_idle()
    assert service.processed.count(first.study_id) == 2
    assert planned.to_retry == ()


def test_only_the_chosen_failed_studies_are_sent_again(planned, service):
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    one, other = planned.ws.ledger.rows()
    for row in (one, other):
        planned.ws.ledger.record("PILOT_1", row.study_id, State.FAILED, "a failure report")
    planned.refresh()
    planned.selected = (planned.labels[one.study_id],)
    planned.send_again()
    assert not planned.busy, "nothing is sent again before its plan is shown"
    finish(planned, planned.plan_again)
    assert planned.plan["study"].tolist() == [planned.labels[one.study_id]]
    assert planned.blockers == (
        "Make the plan first. It shows how many studies will be sent, their size and the time.",
    )
    planned.selected = tuple(planned.labels.values())
    assert not planned.is_planned_again, "the plan is not that of the studies chosen now"
    planned.selected = (planned.labels[one.study_id],)
    finish(planned, planned.send_again)
    assert service.wait_until_idle()
    assert [service.processed.count(row.study_id) for row in (one, other)] == [2, 1]
    assert planned.to_retry == (other.study_id,)


def test_a_sent_study_is_repeated_under_a_new_id(planned, service):
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    first = planned.ws.ledger.rows()[0].study_id
    planned.selected = tuple(planned.labels.values())
    assert planned.to_repeat == "", "one at a time"
    planned.selected = (planned.labels[first],)
    assert planned.to_repeat == first
    planned.run_safely(lambda: planned.repeat("  "))
    assert "repeated with a reason" in planned.problems[0].what
    planned.repeat("asked for by neuropacs")
    assert planned.cohorts.join(PATIENCE)
    assert planned.notice.startswith("2 of 3 studies have been sent so far. Make the plan")
    assert len(planned.labels) == 3
    assert planned.plan is None
    finish(planned, planned.make_plan)
    assert sorted(planned.plan["action"]) == ["already sent", "already sent", "send"]
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    assert len(service.processed) == 3
    assert "repeated: asked for" in planned.ws.excluded_results()["reason"].iloc[0]


@pytest.fixture
def notified(monkeypatch):
    """Record the notifications."""
    words = []
    monkeypatch.setattr("neuroflow.widgets.submit.model.notify", words.append)
    return words


def test_the_end_of_sending_notifies_with_counts(planned, notified):
    finish(planned, planned.submit)
    assert notified == ["2 of 2 studies have been sent."]


@pytest.mark.usefixtures("short_pauses")
def test_sending_that_ends_with_an_error_notifies(planned, service, notified):
    service.stop()
    finish(planned, planned.submit)
    assert notified == ["Sending has ended with an error: see the Submit form."]


def test_reopened_form_shows_cohort_and_sent_studies(planned):
    finish(planned, planned.submit)
    again = SubmitModel(planned.ws)
    assert again.cohort.cohort_id == "PILOT_1"
    assert states(again) == [State.SUBMITTED, State.SUBMITTED]
    assert "All 2" in again.notice


def test_reopened_form_reports_an_interrupted_submission(planned):
    assert "0 of 2" in SubmitModel(planned.ws).notice


SENDER = """
import sys
import neuroflow as nf
with nf.Workspace(sys.argv[1]) as ws:
    def heard(event):
        if event.stage == "upload" and event.status == "done" and event.study_id:
            print("one is sent", flush=True)
            sys.stdin.readline()
    cohort = ws.cohort("PILOT_1")
    ws.submit(cohort, only=[cohort.studies[0].study_id], on_event=heard)
    ws.submit(cohort, on_event=heard)
"""


def test_form_shows_progress_of_another_program(planned, one_at_a_time):
    command = [sys.executable, "-c", SENDER, str(planned.ws.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as other:
        assert other.stdout.readline() == "one is sent\n"
        planned.poll()
        assert planned.other_job_running
        assert "Another form, notebook or command is working" in planned.notice
        assert planned.progress.stages[0].total == 2
        assert planned.progress.stages[0].done >= 1
        assert "Another form, notebook or command is working" in planned.blockers[0]
        planned.submit()
        assert not planned.busy
        other.communicate("\n\n", timeout=PATIENCE)
    planned.poll()
    assert not planned.other_job_running
    assert planned.notice == "All 2 studies have been sent."
    assert planned.problems == ()


def test_one_study_is_sent_first_and_checked_before_the_others(planned, service, monkeypatch):
    pilot = Workspace.pilot
    monkeypatch.setattr(
        Workspace, "pilot", lambda self, *a, **kw: pilot(self, *a, interval_seconds=0.05, **kw)
    )
    planned.pilot_first = True
    finish(planned, planned.submit)
    assert len(service.processed) == 1
    assert (planned.tone, planned.pilot_first) == ("good", False)
    assert "passed: its results are complete and agree with its report" in planned.notice
    assert "agree with the report. Press Send to send the other studies." in planned.notice
    assert states(planned) == ["collected", "packaged"]
    finish(planned, planned.submit)
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_a_pilot_that_is_stopped_continues_with_the_same_study(planned, service, monkeypatch):
    publish, stopped = Pipeline._publish, threading.Event()

    def publish_afterwards(self, *args):
        assert stopped.wait(PATIENCE)
        publish(self, *args)

    monkeypatch.setattr(Pipeline, "_publish", publish_afterwards)
    planned.pilot_first = True
    planned.submit()
    while not planned.ws.ledger.rows() or "submitted" not in {
        row.state for row in planned.ws.ledger.rows()
    }:
        planned.join(0.05)
    planned.stop()
    assert planned.join(PATIENCE)
    assert (planned.tone, planned.pilot_first) == ("warn", True)
    assert "no second study is sent meanwhile" in planned.notice
    stopped.set()
    assert service.wait_until_idle()
    assert len(service.processed) == 1
