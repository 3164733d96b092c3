"""`Workspace.submit` against a running service: studies, dry run, log and lock."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import asyncssh
import pytest
from support.endings import note_endings
from support.uploads import ids, packages_at
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import LockedError, NeuroflowError, OptionError, SubmissionError
from neuroflow.ledger.states import State
from neuroflow.transfer import Planner
from neuroflow.transfer.ssh.session import LOG_NAME


@pytest.fixture
def cohort(workspace, own_cohort_folder):
    studies = nf.find_studies(own_cohort_folder / "scans")
    return workspace.cohort("C", studies, participants=own_cohort_folder / "participants.tsv")


# ---------------------------------------------------------------- which studies


@pytest.mark.parametrize("by", ["study_id", "label"])
def test_only_the_named_study_is_packaged_and_sent(workspace, service, cohort, by, silent):
    one, other = cohort.studies
    rows = workspace.submit(cohort, only=[getattr(other, by)], on_event=silent)
    assert rows["study_id"].tolist() == [other.study_id]
    assert [path.stem for path in packages_at(service)] == [other.study_id]
    assert workspace.ledger.row(one.study_id) is None


def test_errors_of_other_studies_do_not_block_the_named_one(workspace, service, cohort, silent):
    bad, good = cohort.studies
    for sidecar in bad.root.rglob(f"*{bad.participant_id}*.json"):
        sidecar.unlink()
    bvec = next(path for path in bad.files if path.suffix == ".bvec")
    bvec.unlink()
    with pytest.raises(SubmissionError):
        workspace.submit(cohort, on_event=silent)
    rows = workspace.submit(cohort, only=[good.study_id], on_event=silent)
    assert rows["state"].tolist() == [State.SUBMITTED]


def test_an_unknown_study_is_refused_with_the_nearest_names(workspace, service, cohort, silent):
    first = ids(cohort)[0]
    with pytest.raises(OptionError, match="There is no study") as caught:
        workspace.submit(cohort, only=[first[:-1] + "x"], on_event=silent)
    assert first in caught.value.why
    with pytest.raises(OptionError) as caught:
        workspace.submit(cohort, only=["###"], on_event=silent)
    assert caught.value.why == ""
    assert packages_at(service) == []


def test_an_excluded_study_cannot_be_named(workspace, cohort, silent):
    first = ids(cohort)[0]
    workspace.exclude(cohort, first, "motion")
    with pytest.raises(OptionError, match="is excluded"):
        workspace.submit(cohort, only=[first], on_event=silent)


def test_only_failed_studies_are_retried(
    workspace, service, cohort, monkeypatch, silent, set_quiet_seconds
):
    failed, fresh = ids(cohort)
    with monkeypatch.context() as broken:
        broken.setattr(S3Home, "write", refuse)
        rows = workspace.submit(cohort, only=[failed], on_event=silent)
        assert rows["state"].tolist() == [State.PARTLY_SENT]
    set_quiet_seconds(1.5)
    rows = workspace.submit(cohort, retry_failed=True, on_event=silent)
    assert rows[["study_id", "state"]].values.tolist() == [[failed, State.SUBMITTED]]
    assert workspace.ledger.row(fresh) is None
    assert [path.stem for path in packages_at(service)] == [failed]


def refuse(*_):
    raise asyncssh.SFTPFailure("no space left")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_failing_listener_stops_at_once_without_closing_a_part(
    workspace, service, cohort, monkeypatch, error, silent, set_quiet_seconds
):
    endings = note_endings(monkeypatch)
    set_quiet_seconds(1.5)

    def interrupt(event):
        if event.stage == "upload" and event.study_id and event.done:
            raise error

    with pytest.raises(error):
        workspace.submit(cohort, limit_mb_per_s=0.1, on_event=interrupt)
    assert not any(ending.is_closed for ending in endings)
    rows = workspace.submit(cohort, on_event=silent)
    assert rows["state"].tolist() == [State.SUBMITTED, State.SUBMITTED]
    sizes = {row.study_id: row.size for row in workspace.ledger.rows()}
    assert {e.name: e.size for e in endings if e.is_closed} == sizes
    assert sum(e.is_closed for e in endings) == 2


def test_an_upload_refused_before_its_first_byte_can_be_retried(
    workspace, cohort, monkeypatch, silent
):
    async def refuse_opening(self, path, pflags, attrs):
        raise asyncssh.SFTPPermissionDenied("read-only")

    with monkeypatch.context() as broken:
        broken.setattr(S3Home, "open", refuse_opening)
        assert set(workspace.submit(cohort, on_event=silent)["state"]) == {State.PACKAGED}
    rows = workspace.submit(cohort, retry_failed=True, on_event=silent)
    assert rows["state"].tolist() == [State.SUBMITTED, State.SUBMITTED]


def test_an_unknown_outcome_is_sent_again_with_replace_only(
    workspace, service, cohort, silent, set_quiet_seconds
):
    first, _ = ids(cohort)
    workspace.package(cohort, on_event=silent)
    set_quiet_seconds(0.0)
    for state in (State.UPLOADING, State.UNCONFIRMED):
        workspace.ledger.record("C", first, state)
    rows = workspace.submit(cohort, retry_failed=True, on_event=silent)
    assert rows[["study_id", "state"]].values.tolist() == [[first, State.UNCONFIRMED]]
    assert packages_at(service) == []
    workspace.submit(cohort, retry_failed=True, replace=True, on_event=silent)
    assert [path.stem for path in packages_at(service)] == [first]


def test_nothing_is_retried_where_nothing_failed(workspace, service, cohort, silent):
    rows = workspace.submit(cohort, retry_failed=True, on_event=silent)
    assert len(rows) == 0
    assert rows.attrs["summary"] == "nothing to send of 0 studies"
    assert packages_at(service) == []


# ---------------------------------------------------------------- a dry run


def test_the_first_dry_run_does_not_know_the_duration(workspace, cohort):
    heard = []
    plan = workspace.submit(cohort, dry_run=True, on_event=heard.append)
    assert plan["seconds"].isna().all()
    assert "2 of 2 studies to send" in plan.attrs["summary"]
    assert plan.attrs["summary"].endswith("the duration is not known before the first upload")
    assert [e.message for e in heard if e.stage == "plan"] == [plan.attrs["summary"]]


def test_a_later_dry_run_estimates_the_duration_from_earlier_uploads(workspace, cohort, silent):
    first, _ = ids(cohort)
    workspace.submit(cohort, only=[first], on_event=silent)
    plan = workspace.submit(cohort, dry_run=True, on_event=silent).set_index("study_id")
    assert plan.loc[first, "seconds"] == 0
    assert plan["seconds"].sum() > 0
    assert "at the speed of earlier uploads" in plan.attrs["summary"]


# ---------------------------------------------------------------- the log


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_job_is_logged_once_from_start_to_end(workspace, service, cohort, silent):
    workspace.submit(cohort, on_event=silent)
    workspace.wait(timeout_hours=PATIENCE / 3600, interval_seconds=0.05, on_event=silent)
    workspace.collect(on_event=silent)
    lines = lines_of(workspace.log)
    assert workspace.log == workspace.folder / "logs" / "neuroflow.log"
    begun = [e["stage"] for e in lines if e["status"] == "started" and e["study_id"] is None]
    assert begun[0] == "submit"
    assert "package" not in begun  # it is a part of the job
    assert (lines[0]["status"], lines[-1]["stage"], lines[-1]["status"]) == (
        "started",
        "collect",
        "done",
    )
    for stage in ("package", "upload", "collect"):
        done = [e["study_id"] for e in lines if e["stage"] == stage and e["status"] == "done"]
        assert sorted(filter(None, done)) == sorted(ids(cohort))
    assert all(e["rate"] > 0 for e in lines if e["stage"] == "upload" and e["done"])
    assert all(e["at"].endswith("+00:00") for e in lines)


def test_a_failed_job_is_logged_with_its_error_type(workspace, cohort, silent):
    (workspace.folder / "known_hosts").unlink()
    with pytest.raises(NeuroflowError):
        workspace.submit(cohort, on_event=silent)
    last = lines_of(workspace.log)[-1]
    assert (last["status"], last["message"]) == ("failed", "HostKeyUnknownError")


def test_no_patient_no_path_and_no_secret_is_logged(
    workspace, service, cohort, monkeypatch, silent
):
    secret = "correct horse battery staple"
    workspace.service.use_passphrase(secret)
    broken = cohort.studies[0]
    names = {study.participant_id for study in cohort.studies}
    names |= {study.label for study in cohort.studies}
    names |= {str(study.study_uid) for study in cohort.studies if study.study_uid}
    workspace.submit(cohort, only=[cohort.studies[1].study_id], on_event=silent)
    for path in broken.files:
        path.unlink()
    with pytest.raises(NeuroflowError):
        workspace.submit(cohort, on_event=silent)
    text = workspace.log.read_text(encoding="utf-8")
    key = workspace.service.profile.key
    for word in [*names, str(Path.home()), str(workspace.folder), secret, str(key), LOG_NAME]:
        assert word not in text
    assert key.read_text().splitlines()[1] not in text


# ---------------------------------------------------------------- one at a time


def test_only_one_process_sends_from_a_folder_at_a_time(workspace, cohort, silent):
    begun, go_on = threading.Event(), threading.Event()

    def hold(event):
        if event.stage == "upload":
            begun.set()
            go_on.wait(PATIENCE)

    first = threading.Thread(target=workspace.submit, args=(cohort,), kwargs={"on_event": hold})
    first.start()
    assert begun.wait(PATIENCE)
    with nf.Workspace(workspace.folder) as other:
        with pytest.raises(LockedError, match="is in use"):
            other.submit(cohort, on_event=silent)
        other_run = subprocess.run(
            [sys.executable, "-m", "neuroflow", "submit", workspace.folder, "C"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert other_run.returncode == LockedError.exit_code
        assert "is in use" in other_run.stderr
        go_on.set()
        first.join()
        assert set(other.submit(cohort, on_event=silent)["action"]) == {"skip"}


# ---------------------------------------------------------------- the plan


@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"only_good": True}])
def test_the_plan_is_computed_once(workspace, cohort, monkeypatch, options):
    computed = []
    plan = Planner.plan
    monkeypatch.setattr(
        Planner, "plan", lambda self, *args: computed.append(args) or plan(self, *args)
    )
    reports = []
    rows = workspace.submit(cohort, on_event=reports.append, **options)
    assert len(computed) == 1
    assert rows.attrs["summary"].startswith("2 of 2 studies to send")
    assert [e.message for e in reports if e.stage == "plan"] == [rows.attrs["summary"]]
