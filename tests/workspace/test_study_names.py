"""Studies are named by their labels, with the ids under which their folders are found."""

import json
from datetime import UTC, datetime

import pytest

import neuroflow as nf
from neuroflow.errors import OptionError, PackageError, ResultWarning
from neuroflow.ledger import State
from neuroflow.models import Event, Package
from neuroflow.transfer.local import LocalRemote
from neuroflow.workspace.jobs import Jobs, with_labels


@pytest.fixture
def sent(ws, studies, people, tmp_path, monkeypatch):
    """Return the first study of cohort C, which was sent to a folder in place of the service."""
    home = tmp_path / "home"
    (home / "output").mkdir(parents=True)
    monkeypatch.setattr(ws.service, "connect", lambda: LocalRemote(home))
    study = ws.cohort("C", studies, participants=people).studies[0]
    path = ws.folder / "study.zip"
    ws.ledger.add_package(Package("C", str(study.study_id), path, 9, "sha", "source"))
    ws.ledger.record("C", str(study.study_id), State.UPLOADING)
    ws.ledger.record("C", str(study.study_id), State.SUBMITTED)
    answer = home / "output" / f"{study.study_id}_out"
    answer.mkdir()
    (answer / "failure_report.txt").write_text("Processing failed\nReason: no age\n")
    return study


def test_a_warning_names_the_label_and_the_id(ws, sent, silent):
    with pytest.warns(ResultWarning) as caught:
        ws.collect(on_event=silent)
    assert [str(each.message) for each in caught] == [
        f"Study {sent.label} ({sent.study_id}) has failed: a failure report was received: no age."
    ]


def test_an_error_leaving_the_workspace_has_the_label(ws, sent):
    with pytest.raises(OptionError) as caught, ws:
        raise OptionError("It is gone.", study_id=str(sent.study_id))
    assert str(caught.value).startswith(f"Study {sent.label} ({sent.study_id}): It is gone.")


@pytest.fixture
def labelled(folder):
    return Jobs(folder, labels=lambda: {"8b1f": "D001_01"})


def test_an_error_of_a_job_has_the_label(labelled):
    with pytest.raises(PackageError) as caught, labelled.run("package", lambda event: None):
        raise PackageError("It was changed.", study_id="8b1f")
    assert caught.value.subject == "Study D001_01 (8b1f): "
    assert caught.value.worded_for("cli").label == "D001_01"


def test_a_failure_is_shown_with_the_label_and_logged_without(labelled, folder):
    shown = []
    with labelled.run("upload", shown.append) as job:
        job.report(Event("upload", "8b1f", 0, 9, "failed", "Study 8b1f: lost.", datetime.now(UTC)))
    assert [each.sentence for each in shown] == ["Study D001_01 (8b1f): lost."]
    lines = [json.loads(line) for line in folder.log.read_text("utf-8").splitlines()]
    assert [line["message"] for line in lines if line["study_id"]] == ["Study 8b1f: lost."]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Study 8b1f has failed: no age.", "Study D001_01 (8b1f) has failed: no age."),
        ("Of studies 8b1f, 77.", "Of studies D001_01 (8b1f), 77."),
        ("See output/8b1f_out and 8b1f.zip.", "See output/8b1f_out and 8b1f.zip."),
        ("See results/8b1f.", "See results/8b1f."),
    ],
)
def test_ids_in_sentences_get_labels_but_paths_stay(text, named):
    assert with_labels(text, {"8b1f": "D001_01"}) == named


def test_an_error_keeps_its_label_between_processes():
    import pickle

    error = nf.errors.PackageError("It was changed.", study_id="8b1f", label="D001_01")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
