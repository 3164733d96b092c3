import pandas as pd
import pytest

from neuroflow.states import State
from neuroflow.transfer.sftp import SftpRemote
from neuroflow.widgets.submit_model import SubmitModel
from neuroflow.workspace import Workspace


@pytest.fixture
def model(workspace, cohort_folder):
    model = SubmitModel(workspace)
    model.set(
        folder=str(cohort_folder / "scans"),
        participants=str(cohort_folder / "participants.tsv"),
        cohort_id="PILOT_1",
    )
    return model


def done(model, action):
    action()
    assert model.join(60)
    return model


def test_an_empty_form_says_what_is_missing(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        model = SubmitModel(ws)
        assert [line.split()[0] for line in model.blockers] == ["Name", "Choose", "Fill"]
        model.check()
        model.submit()
        assert not model.busy


def test_a_cohort_id_is_checked_as_it_is_typed(model):
    model.cohort_id = "../other"
    assert any("cannot be used" in line for line in model.blockers)


def test_nothing_is_sent_before_it_was_checked(model, service):
    assert model.blockers == ("Check the studies first.",)
    model.submit()
    assert not model.busy
    assert done(model, model.check).blockers == ()
    model.folder = model.folder + "/"
    assert model.blockers == ("Check the studies first.",)
    assert service.processed == []


def test_every_study_is_sent_once_and_the_bars_say_so(model, service):
    done(model, model.check)
    done(model, model.submit)
    assert set(model.rows["state"]) == {State.SUBMITTED}
    assert model.tone == "good"
    upload = next(bar for bar in model.progress.stages if bar.name == "upload")
    assert upload.fraction == 1.0
    done(model, model.submit)
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_studies_with_errors_block_until_only_the_others_are_asked_for(
    model, service, own_cohort_folder
):
    table = own_cohort_folder / "participants.tsv"
    ages_removed = pd.read_csv(table, sep="\t", dtype=str).drop(columns="age")
    ages_removed.to_csv(table, sep="\t", index=False)
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model.set(folder=str(own_cohort_folder / "scans"), participants=str(table))
    done(model, model.check)
    assert len(model.blocked) == 1
    assert "have errors" in model.blockers[0]
    done(model, model.submit)
    assert model.rows.empty
    model.only_good = True
    assert model.blockers == ()
    done(model, model.submit)
    assert len(model.rows) == 1


def test_what_cannot_be_found_is_a_readable_problem(model, tmp_path):
    model.folder = str(tmp_path / "missing")
    done(model, model.check)
    assert "missing" in model.problems[0].what
    assert model.problems[0].advice


def test_a_server_that_is_away_is_a_problem_and_submitting_again_goes_on(model, service):
    done(model, model.check)
    service.stop()
    done(model, model.submit)
    assert model.problems
    assert model.tone == "bad"
    service.start()
    done(model, model.submit)
    assert set(model.rows["state"]) == {State.SUBMITTED}


def test_stop_finishes_what_is_under_way_and_the_rest_can_be_sent_later(
    model, service, monkeypatch
):
    put = SftpRemote.put

    def put_then_stop(self, *args, **options):
        model.stop()
        return put(self, *args, **options)

    config = model.ws.folder / "neuroflow.toml"
    config.write_text(config.read_text() + "[settings]\nconnections = 1\n")
    done(model, model.check)
    with monkeypatch.context() as patched:
        patched.setattr(SftpRemote, "put", put_then_stop)
        done(model, model.submit)
    assert sorted(model.rows["state"]) == [State.PACKAGED, State.SUBMITTED]
    assert model.tone == "warn"
    done(model, model.submit)
    assert set(model.rows["state"]) == {State.SUBMITTED}
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_a_form_opened_again_shows_the_cohort_and_what_was_sent(model, cohort_folder):
    done(model, model.check)
    done(model, model.submit)
    again = SubmitModel(model.ws)
    assert again.cohort_id == "PILOT_1"
    assert again.folder.startswith(str(cohort_folder))
    assert set(again.rows["state"]) == {State.SUBMITTED}
    assert "All 2" in again.notice
    assert done(again, again.check).problems == ()
    assert again.blockers == ()


def test_an_interrupted_submission_is_told_when_the_form_is_opened_again(model):
    cohort = done(model, model.check).cohort
    model.ws.package(cohort, on_event=lambda event: None)
    assert "0 of 2" in SubmitModel(model.ws).notice
