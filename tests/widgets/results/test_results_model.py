from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

import pytest
from support.collected import collect_into, people
from support.forms import silent
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.errors import ResultWarning
from neuroflow.transfer import StatusUpdate
from neuroflow.widgets.results.model import ResultsModel, counted_state, tone_of
from neuroflow.workspace.workspace import Workspace


def settle(model, action):
    action()
    assert model.join(PATIENCE)
    assert model.gallery.join(PATIENCE)
    return model


@pytest.fixture
def sent(workspace, cohort_folder):
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=silent)
    return workspace


def test_a_fresh_workspace_has_nothing_to_show(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        model = ResultsModel(ws)
        assert model.status.empty
        assert model.problems == ()
        assert model.gallery.reports == ()


def test_refresh_shows_what_is_on_the_server(sent, service):
    model = ResultsModel(sent)
    assert dict(model.counts) == {"submitted": 2}
    assert service.wait_until_idle()
    settle(model, model.refresh)
    assert dict(model.counts) == {"delivered": 2}
    again = ResultsModel(sent)  # after a restart of the kernel, or in another notebook
    for form in (model, again):
        assert dict(form.counts) == {"delivered": 2}
        assert form.age_text(model.listed_at + timedelta(minutes=3)) == "server checked 3 min ago"


def test_an_old_ledger_is_among_the_problems_once(sent):
    (sent.folder / "witness.json").write_text('{"run": 99, "token": "x"}', encoding="utf-8")
    with pytest.warns(ResultWarning, match="not the one that was used here"):
        model = ResultsModel(sent)
    with pytest.warns(ResultWarning, match="not the one that was used here"):
        model.restore()
    (problem,) = model.problems
    assert "neuroflow rebuild" in problem.what


def test_a_warning_of_an_old_ledger_ends_with_its_cause(sent):
    witness = sent.folder / "witness.json"
    right = witness.read_bytes()
    witness.write_text('{"run": 99, "token": "x"}', encoding="utf-8")
    with pytest.warns(ResultWarning, match="not the one that was used here"):
        model = ResultsModel(sent)
    assert len(model.problems) == 1
    witness.write_bytes(right)
    model.restore()
    assert model.problems == ()


def seen(model, condition, seconds=PATIENCE):
    """Wait until the watcher has brought something about."""
    happened = Event()
    model.observe(lambda _: happened.set() if condition() else None)
    if condition():
        happened.set()
    assert happened.wait(seconds)


def test_automatic_refresh_shows_results_that_can_be_collected(sent, service):
    model = ResultsModel(sent)
    sent.watch = partial(Workspace.watch, sent, interval_seconds=0.1)
    model.auto_refresh.on = True
    seen(model, lambda: dict(model.counts) == {"delivered": 2})
    assert "; next check in " in model.age_text(model.listed_at)
    assert not model.busy
    settle(model, model.collect)
    assert dict(model.counts) == {"collected": 2}
    model.auto_refresh.on = False
    assert model.auto_refresh.join(PATIENCE)
    assert not model.auto_refresh.busy


@pytest.mark.usefixtures("short_pauses")
def test_unreachable_server_switches_refresh_off_with_an_error(sent, service):
    service.stop()
    model = ResultsModel(sent)
    model.auto_refresh.on = True
    seen(model.auto_refresh, lambda: bool(model.auto_refresh.problems))
    assert not model.auto_refresh.on


def test_lost_connection_is_reported_and_retried(sent, service):
    model = ResultsModel(sent)
    sent.watch = partial(Workspace.watch, sent, interval_seconds=0.1)
    model.auto_refresh.on = True
    seen(model, lambda: model.listed_at is not None)
    service.stop()
    seen(model.auto_refresh, lambda: model.auto_refresh.last_update.error is not None)
    assert "no connection, trying again in " in model.age_text(model.listed_at)
    assert model.auto_refresh.on
    model.auto_refresh.on = False
    assert model.auto_refresh.join(PATIENCE)


def test_selecting_a_study_opens_its_report_with_a_summary(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        cohort = collect_into(ws, people(2))
        model = settle(ResultsModel(ws), lambda: None)
        model.study_id = cohort.studies[1].study_id
        assert model.gallery.join(PATIENCE)
        assert model.gallery.name == "sub-001_ses-1"
        facts = dict(model.gallery.facts)
        assert facts["Probability of MSA or PSP, not PD"].endswith("%")
        assert float(facts["Free water, pSN"].split()[0]) > 0
        assert facts["Against aidp.csv"] == "MCP, Putamen, SCP, pSN: agrees"
        model.study_id = "of another workspace"
        assert model.gallery.name == ""


def test_collecting_brings_reports_under_the_names_of_this_disk(sent, service, cohort_folder):
    assert service.wait_until_idle()
    model = settle(ResultsModel(sent), lambda: None)
    settle(model, model.collect)
    assert dict(model.counts) == {"collected": 2}
    assert model.tone == "good"
    labels = {study.label for study in nf.find_studies(cohort_folder / "scans")}
    assert {report.name for report in model.gallery.reports} == labels
    assert all(small for _, small in model.gallery.thumbnails)
    again = ResultsModel(sent)
    assert again.gallery.join(PATIENCE)
    assert len(again.gallery.thumbnails) == 2


@pytest.mark.filterwarnings("ignore:Study .* has failed:neuroflow.errors.ResultWarning")
def test_a_failed_study_is_shown_as_failed_with_its_report(tmp_path, cohort_folder):
    from neuroflow.demo.service.server import DemoService

    with (
        DemoService(tmp_path / "failing", delay=0.0, failure_rate=1.0) as service,
        Workspace(tmp_path / "project") as ws,
    ):
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        studies = nf.find_studies(cohort_folder / "scans")[:1]
        table = cohort_folder / "participants.tsv"
        ws.submit(ws.cohort("C", studies, participants=table), on_event=silent)
        assert service.wait_until_idle()
        model = ResultsModel(ws)
        settle(model, model.collect)
        assert dict(model.counts) == {"failed": 1}
        assert model.tone == "bad"
        (problem,) = model.problems
        assert problem.what == "1 study has failed."
        assert problem.why == f"{studies[0].label}."
        report = model.gallery.reports[0]
        assert report.is_failure
        settle(model, lambda: model.gallery.open(report))
        assert model.gallery.text


@pytest.fixture
def notified(monkeypatch):
    """Record the notifications."""
    words = []
    monkeypatch.setattr("neuroflow.widgets.results.model.notify", words.append)
    return words


def checked(sent, *states):
    """Return a status check that found these states of the studies of a workspace."""
    table = sent.status(offline=True)
    messages = ["a failure report is ready" if state == "failed" else "" for state in states]
    known = [state.replace("failed", "delivered") for state in states]
    new = table.assign(state=known, message=messages)
    new.attrs = {**table.attrs, "newly_failed": [], "newly_overdue": []}
    return StatusUpdate(new, at=datetime.now(UTC), pause=60.0, has_changed=True)


def test_each_check_that_finds_results_notifies_once(sent, notified):
    model = ResultsModel(sent)
    for states in (("submitted",) * 2, ("delivered", "submitted"), ("delivered", "submitted")):
        model._on_update(checked(sent, *states))
    assert notified == ["1 new result."]
    model._on_update(checked(sent, "delivered", "failed"))
    assert notified == ["1 new result.", "1 new failure."]


def test_a_notification_counts_results_and_failures(sent, notified):
    model = ResultsModel(sent)
    model._on_update(checked(sent, "delivered", "failed"))
    assert notified == ["1 new result, 1 new failure."]


def test_what_is_collected_is_no_news_again(sent, service, notified):
    model = ResultsModel(sent)
    assert service.wait_until_idle()
    model._on_update(checked(sent, "delivered", "delivered"))
    settle(model, model.collect)
    model._on_update(checked(sent, "collected", "collected"))
    assert notified == ["2 new results."]


@pytest.mark.usefixtures("short_pauses")
def test_unreachable_server_is_reported_and_table_stays(sent, service):
    model = ResultsModel(sent)
    service.stop()
    settle(model, model.refresh)
    assert model.problems
    assert len(model.status) == 2


def test_failure_report_that_waits_is_counted_apart_and_red(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        model = ResultsModel(ws)
        table = ws.status(offline=True).reindex(range(3))
        table = table.assign(
            study_id=["a", "b", "c"],
            state="delivered",
            message=[
                "results are ready on the server",
                "",
                "a failure report is ready on the server",
            ],
        )
        model._show(table)
    assert dict(model.counts) == {"delivered": 2, "failure report delivered": 1}
    assert (model.tone, tone_of("failure report delivered"), tone_of("delivered")) == (
        "bad",
        "bad",
        "good",
    )


def test_several_failure_reports_are_counted_in_the_plural():
    assert counted_state("failure report delivered", 2) == "2 failure reports delivered"
    assert counted_state("failure report delivered", 1) == "1 failure report delivered"
    assert counted_state("delivered", 2) == "2 delivered"


def test_results_of_other_projects_are_none_of_the_studies(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(2))
        model = ResultsModel(ws)
        table = ws.status(offline=True)
        table.loc[len(table)] = table.iloc[0]
        table.loc[len(table) - 1, ["study_id", "cohort_id", "state"]] = ["0b5c", "", "unknown"]
        table.attrs |= {"newly_failed": [], "newly_overdue": []}
        model._show_collected(table)
    assert model.notice == "Results of 2 of 2 studies have been collected."


def test_results_of_other_projects_come_last_and_say_nothing(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(2))
        model = ResultsModel(ws)
        others = ws.status(offline=True)
        others.loc[len(others)] = others.iloc[0]
        others.loc[len(others) - 1, ["study_id", "cohort_id"]] = ["0b5c", ""]
        others.loc[len(others) - 1, "state"] = "unknown"
        model._show(others)
        assert model.status["study"].iloc[-1] == "0b5c"
        assert (dict(model.counts), model.n_elsewhere) == ({"collected": 2}, 1)
        assert model.tone == "good"
