"""Withdrawal of consent: nothing of a person stays in the workspace, and nothing is sent again."""

import errno
import os
from pathlib import Path

import pytest

from neuroflow.errors import LedgerError, OptionError, ResultWarning, WorkspaceError
from neuroflow.io import make_private_folder, write_private
from neuroflow.ledger import Ledger
from neuroflow.results import save_cohort_table
from neuroflow.studies import find_studies
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.workspace import withdrawal
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.study_table import StudyTable

pytestmark = pytest.mark.filterwarnings("ignore:Participants without results")


@pytest.fixture
def scans(own_cohort_folder):
    return own_cohort_folder / "scans", own_cohort_folder / "participants.tsv"


@pytest.fixture
def used(workspace, scans, service):
    """Return a workspace with two studies that were sent and collected, and what came of them."""
    folder, participants = scans
    ws = workspace
    cohort = ws.cohort("C", find_studies(folder), participants=participants)
    first = cohort.studies[0]
    ws.check(cohort)
    ws.override(cohort, first.label, "echo_time", "was ill")
    ws.package(cohort, on_event=lambda event: None)
    for study in cohort.studies:
        out = ws.folder / "results" / f"{study.study_id}_out"
        make_private_folder(out)
        (out / "aidp.csv").write_text("region,FW\npSN,0.2\n", encoding="utf-8")
    make_private_folder(ws.folder / "exports")
    save_cohort_table(ws.table(), ws.folder / "exports" / "t.csv")
    return ws, cohort


def everything(ws, but=("exports", "salt")):
    """Return the bytes of all files of a workspace, and their names."""
    files = [
        path
        for path in ws.folder.rglob("*")
        if path.is_file() and path.relative_to(ws.folder).parts[0] not in but
    ]
    names = "\n".join(map(str, files)).encode()
    return names + b"".join(path.read_bytes() for path in files)


def test_nothing_of_a_participant_stays_in_the_workspace(used):
    ws, cohort = used
    gone, kept = cohort.studies
    rows = ws.forget(str(gone.participant_id))
    data = everything(ws)
    assert gone.participant_id.encode() not in data
    assert str(gone.root).encode() not in data
    assert kept.participant_id.encode() in data
    assert set(rows["state"]) == {"removed", "remains"}
    assert not (ws.folder / "results" / f"{gone.study_id}_out").exists()
    assert not list((ws.folder / "packages").rglob(f"*{gone.study_id}*"))
    assert (ws.folder / "results" / f"{kept.study_id}_out").exists()


def test_what_cannot_be_removed_is_listed(used):
    ws, cohort = used
    left = ws.forget(cohort.studies[0].label).query("state == 'remains'")
    assert "exports/t.csv" in left["where"].tolist()
    assert left["what"].tolist()[-1].startswith("scans, backups")


def test_the_scan_is_never_taken_into_a_cohort_again(used, scans):
    ws, cohort = used
    gone, kept = cohort.studies
    ws.forget(gone.label)
    for name in ("C", "D"):
        with pytest.warns(ResultWarning, match="consent was withdrawn"):
            again = ws.cohort(name, find_studies(scans[0]), participants=scans[1])
        assert [study.label for study in again.studies] == [kept.label]
        people = ws.participants(name)["participant_id"].tolist()
        assert gone.participant_id not in people


def test_its_results_are_not_collected_again(used, service):
    ws, cohort = used
    gone, kept = cohort.studies
    ws.forget(gone.label)
    for study in cohort.studies:
        folder = service.home / "output" / f"{study.study_id}_out"
        folder.mkdir(parents=True)
        for name in ("aidp.csv", "prediction.txt", "prediction.png"):
            (folder / name).write_bytes(b"region,FW\npSN,0.2\n")
    ws.collect(on_event=lambda event: None)
    there = {path.name for path in (ws.folder / "results").iterdir()}
    assert f"{gone.study_id}_out" not in there
    assert f"{kept.study_id}_out" in there


def test_the_tombstone_names_nobody(used):
    ws, cohort = used
    study = cohort.studies[0]
    ws.forget(study.label)
    data = (ws.folder / "forgotten.json").read_bytes()
    assert str(study.study_id).encode() not in data
    assert study.participant_id.encode() not in data


def test_a_damaged_tombstone_stops_sending(used, scans):
    ws, cohort = used
    ws.forget(cohort.studies[0].label)
    (ws.folder / "forgotten.json").write_bytes(b"{")
    with pytest.raises(WorkspaceError, match="consent was withdrawn"):
        ws.cohort("C", find_studies(scans[0]))


def test_another_salt_is_refused_with_words(used, scans):
    ws, cohort = used
    ws.forget(cohort.studies[0].label)
    write_private(ws.folder / "salt", bytes(range(32)))
    for use in (
        lambda: ws.cohort("C", find_studies(scans[0])),
        lambda: ws.forget(cohort.studies[1].label),
    ):
        with pytest.raises(WorkspaceError, match="made with another salt") as caught:
            use()
        assert "from a backup" in caught.value.advice


def secrets_of(study):
    """Return every text by which a file could name a study."""
    words = [study.label, study.participant_id, study.study_id, study.image_digest, "was ill"]
    return [str(word).encode() for word in (*words, study.root, study.study_uid) if word]


def test_no_byte_is_left_of_what_was_not_sent(used):
    ws, cohort = used
    gone, kept = cohort.studies
    ws.exclude_result(gone.label, reason="moved")
    ws.exclude(cohort, gone.label, "was ill")
    found = [word for word in secrets_of(gone) if word in everything(ws)]
    assert len(found) >= 4
    ws.forget(gone.label)
    data = everything(ws)
    assert [word for word in secrets_of(gone) if word in data] == []
    assert str(kept.study_id).encode() in data
    assert ws.ledger.row(str(gone.study_id)) is None
    assert ws.ledger.row(str(kept.study_id)) is not None


def test_only_the_id_is_left_of_what_was_sent(used):
    ws, cohort = used
    gone, _ = cohort.studies
    ws.submit(cohort, on_event=lambda event: None)
    rows = ws.forget(gone.label).query("state == 'remains'")
    words = [word for word in secrets_of(gone) if word != str(gone.study_id).encode()]
    data = everything(ws)
    assert [word for word in words if word in data] == []
    with_id = {
        path.name
        for path in ws.folder.rglob("*")
        if path.is_file() and str(gone.study_id).encode() in path.read_bytes()
    }
    assert {name.split("-")[0] for name in with_id} <= {"ledger.sqlite", "t.csv"}
    assert "id, size and date in the ledger" in rows["what"].tolist()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may remove all")
def test_permissions_stop_no_other_removal(used):
    ws, cohort = used
    folder = ws.folder / "results" / f"{cohort.studies[0].study_id}_out"
    folder.chmod(0o500)
    with pytest.raises(WorkspaceError, match="Not everything"):
        ws.forget(cohort.studies[0].label)


PLACES = [
    *("package", "results", "cache", "log", "ledger"),
    *("participants", "note", "set aside", "map"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_failure_in_one_place_stops_no_other(used, place, monkeypatch):
    ws, cohort = used
    gone, kept = cohort.studies
    with monkeypatch.context() as broken:
        left = break_at(place, ws, gone, broken)
        with pytest.raises(WorkspaceError, match="Not everything of") as caught:
            ws.forget(gone.label)
    assert left in caught.value.why
    assert "run it again" in caught.value.advice
    for other, path in files_of(ws, gone).items():
        assert path.exists() == (other == place), other
    assert ws.excluded("C") == {gone.study_id: "consent was withdrawn"}
    assert [p.study_id for p in ws.package("C", on_event=lambda _: None)] == [kept.study_id]
    ws.forget(gone.label)
    data = everything(ws)
    assert [word for word in secrets_of(gone) if word in data] == []
    assert ws.excluded("C") == {}


def test_the_form_names_what_is_left(used, monkeypatch):
    ws, cohort = used
    whole = withdrawal._remove_folder

    def fail(place):
        if str(cohort.studies[0].study_id) in place.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        whole(place)

    monkeypatch.setattr(withdrawal, "_remove_folder", fail)
    model = CohortModel(ws)
    model.cohort_id = "C"
    model.restore()
    model.selected = tuple(study.label for study in cohort.studies)
    model.forget()
    assert "1 removed" in model.notice
    assert "could be removed" in model.problems[-1].what
    assert [study.study_id for study in ws.cohort("C").studies] == [cohort.studies[0].study_id]


def files_of(ws, study):
    return {
        "package": ws.folder / "packages" / "C" / f"{study.study_id}.zip",
        "results": ws.folder / "results" / f"{study.study_id}_out",
    }


def break_at(place, ws, study, patch):
    """Let one removal fail as a disk or another program may; return what the error has to name."""

    def fail(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    def fail_with_words(*_args, **_kwargs):
        raise LedgerError("The ledger cannot be written.", why="The disk is full.")

    if place in ("package", "cache"):
        marked = ".zip" if place == "package" else ""
        folder = ws.folder / ("packages/C" if place == "package" else "cache")
        whole = Path.unlink

        def unlink(path, *args, **kwargs):
            if path.parent == folder and path.name.endswith(marked):
                fail()
            whole(path, *args, **kwargs)

        patch.setattr(Path, "unlink", unlink)
        return f"packages/C/{study.study_id}.zip" if place == "package" else "cache"
    if place == "results":
        patch.setattr(withdrawal, "_remove_folder", fail)
        return f"results/{study.study_id}_out"
    if place == "log":
        patch.setattr(withdrawal, "_drop_lines", fail)
        return "logs/neuroflow.log"
    where, name, action, said = {
        "ledger": (Ledger, "forget", fail_with_words, "ledger.sqlite"),
        "participants": (Enrolment, "remove_participants", fail, "cohorts/C/participants.tsv"),
        "note": (StudyTable, "drop", fail, "notes.tsv"),
        "set aside": (StudyTable, "keep_only", fail, "results_set_aside.tsv"),
        "map": (Enrolment, "remove", fail_with_words, "cohorts/C"),
    }[place]
    patch.setattr(where, name, action)
    return said


@pytest.mark.parametrize("name", ["", "nobody", " "])
def test_an_unknown_name_removes_nothing(used, name):
    ws, _ = used
    before = everything(ws)
    with pytest.raises(OptionError):
        ws.forget(name)
    assert everything(ws) == before


def test_a_participant_without_studies_is_removed_from_the_table(used):
    ws, cohort = used
    here = {study.participant_id for study in cohort.studies}
    other = next(p for p in ws.participants("C")["participant_id"] if p not in here)
    ws.forget(other)
    assert other not in ws.participants("C")["participant_id"].tolist()
    assert len(ws.cohort("C").studies) == 2


def test_the_form_removes_the_selected_studies(used):
    ws, cohort = used
    model = CohortModel(ws)
    model.cohort_id = "C"
    model.restore()
    model.selected = (cohort.studies[0].label,)
    model.forget()
    assert len(ws.cohort("C").studies) == 1
    assert "never sent again" in model.notice
