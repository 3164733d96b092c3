"""`submit --pilot`: one study first; the others only if it passed and the user wants it."""

import io
import json
import sys

import pytest

from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def words(project, own_cohort_folder, monkeypatch):
    """Return the words of a submission of two studies; checks follow each other quickly."""
    people = own_cohort_folder / "participants.tsv"
    wait = Workspace.pilot
    monkeypatch.setattr(
        Workspace, "pilot", lambda self, *args, **options: wait(
            self, *args, interval_seconds=0.05, **options
        )
    )  # fmt: skip
    return ["submit", project, "C", own_cohort_folder / "scans", "--participants", people]


def answer(monkeypatch, text):
    """Answer questions as a person at a terminal does."""
    stdin = io.StringIO(text)
    stdin.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", stdin)


def test_without_a_terminal_only_the_pilot_study_is_sent(run, words, service):
    code, out, err = run(*words, "--pilot")
    assert code == 20, err
    assert "biomarkers" in out
    assert "passed: its results are complete" in err
    assert "Run the same command without --pilot, or with --yes." in err
    assert len(service.processed) == 1


def test_yes_sends_the_others_of_a_pilot_that_passed(run, words, service):
    code, out, _ = run(*words, "--pilot", "--yes", "--json")
    facts = json.loads(out)
    assert (code, facts["left"], facts["pilot"]["is_passed"]) == (0, 0, True)
    assert [row["result"] for row in facts["checks"] if row["check"] == "files"] == ["passed"]
    assert len(facts["studies"]) == 2
    assert service.wait_until_idle()
    assert len(service.processed) == 2


@pytest.mark.parametrize(("text", "code", "sent"), [("y\n", 0, 2), ("n\n", 20, 1)])
def test_a_person_is_asked(run, words, service, monkeypatch, text, code, sent):
    answer(monkeypatch, text)
    found, _, err = run(*words, "--pilot")
    assert found == code
    assert "Send the other studies, 1 at most?" in err
    assert service.wait_until_idle()
    assert len(service.processed) == sent


def test_scripts_read_why_the_others_were_not_sent(run, words):
    code, out, _ = run(*words, "--pilot", "--json")
    facts = json.loads(out)
    assert (code, facts["pilot"]["state"], facts["pilot"]["is_passed"]) == (20, "collected", True)


@pytest.mark.cures("PilotError")
@pytest.mark.filterwarnings("ignore:Study .* has failed:neuroflow.errors.ResultWarning")
def test_a_failed_pilot_exits_8_and_sends_no_other_study(run, words, service, monkeypatch):
    from neuroflow.workspace.pilot import checks

    with monkeypatch.context() as failing:
        failing.setattr(
            checks, "_biomarkers", lambda *_: ("biomarkers", "failed", "pSN is 1 and 2")
        )
        code, _, err = run(*words, "--pilot", "--yes")
    assert code == 8
    assert "Find out why before you send the other studies" in err
    assert "did not pass: pSN is 1 and 2" in err
    assert "neuroflow explain pilot" in err
    assert len(service.processed) == 1
    assert run(*words, "--pilot", "--yes")[0] == 0  # the cause is gone: the next study passes
    assert service.wait_until_idle()
    assert len(service.processed) == 2


@pytest.mark.parametrize("option", ["--dry-run", "--retry-failed"])
def test_a_pilot_is_a_study_that_was_not_sent(run, words, option):
    assert run(*words, "--pilot", option)[0] == 2
