"""Watching, as cron, a systemd timer, or a person with an open terminal does it."""

import json

import pytest

from neuroflow.ledger.states import State


@pytest.fixture
def sent(run, project, own_cohort_folder):
    """Send two studies; return the workspace's folder."""
    words = (project, "C", own_cohort_folder / "scans")
    code, _, err = run("submit", *words, "--participants", own_cohort_folder / "participants.tsv")
    assert code == 0, err
    return project


def test_once_collects_all_results_and_reports_none_missing(run, sent, service):
    assert service.wait_until_idle()
    code, out, err = run("watch", sent, "--once", "--json")
    answer = json.loads(out)
    assert (code, answer["waiting"], answer["counts"]) == (0, 0, {"collected": 2}), err
    assert "2 collected" in err


@pytest.mark.usefixtures("short_pauses")
def test_an_unreachable_service_has_its_own_exit_code(run, sent, service):
    service.stop()  # what was sent is not answered any more
    code, _, err = run("watch", sent, "--once")
    assert code == 6
    assert "Error" in err


def test_without_once_it_waits_until_all_is_answered(run, sent, service):
    code, _, err = run("watch", sent, "--interval-seconds", 0.2)
    assert code == 0, err
    assert "2 collected" in err
    assert len(service.processed) == 2


def test_it_gives_up_after_a_while(run, tmp_path, own_cohort_folder):
    from neuroflow.demo.service.server import DemoService
    from neuroflow.studies.discovery.find import find_studies
    from neuroflow.workspace.workspace import Workspace

    with DemoService(tmp_path / "slow", delay=3600) as slow, Workspace(tmp_path / "w") as ws:
        ws.service.save_profile(slow.profile)
        ws.service.trust(slow.fingerprint)
        studies = find_studies(own_cohort_folder / "scans")
        people = own_cohort_folder / "participants.tsv"
        ws.submit(ws.cohort("C", studies, participants=people), on_event=lambda event: None)
        for words in (["--once"], ["--interval-seconds", 0.1, "--timeout-hours", 0.0001]):
            code, out, _ = run("watch", ws.folder, *words, "--json")
            answer = json.loads(out)
            assert (code, answer["waiting"]) == (20, 2)
            assert {row["state"] for row in answer["studies"]} == {State.PROCESSING}


def test_where_somebody_else_works_it_collects_at_the_next_look(run, sent, service):
    from neuroflow.workspace.folder import ProjectFolder

    assert service.wait_until_idle()
    with ProjectFolder(sent).locked():
        code, _, err = run("watch", sent, "--once")
    assert code == 20
    assert "Collecting at the next check" in err
    assert run("watch", sent, "--once", "--quiet") == (0, "", "")


def test_a_result_that_was_not_fetched_remains_awaited(run, sent, service):
    assert service.wait_until_idle()
    report = next((service.home / "output").glob("*_out/prediction.png"))
    report.unlink()
    report.symlink_to("nowhere")  # listed, and gone when it is asked for
    code, out, err = run("watch", sent, "--once", "--json")
    assert (code, json.loads(out)["waiting"]) == (20, 1), out + err


def test_status_lists_the_studies_of_the_workspace_by_label(run, project, sent, service, tmp_path):
    other = tmp_path / "other"
    words = ("--port", service.port, "--user", service.user, "--key", service.key)
    run("connect", other, "--host", service.host, *words, "--host-key", service.fingerprint)
    code, out, err = run("status", project)
    assert (code, "_01" in out, "--all" in err) == (0, True, False), err
    code, out, err = run("status", other, "--json")
    assert (code, json.loads(out)["studies"]) == (0, []), err
    assert "2 studies of other workspaces of the account: --all lists them." in err
    code, out, err = run("status", other, "--all", "--json")
    assert [row["state"] for row in json.loads(out)["studies"]] == ["unknown", "unknown"], err
