"""Notes about studies: for the team, in the workspace, and nowhere else."""

import errno
import json
import stat
import sys

import pytest
from support.collected import collect_into, people

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning, WorkspaceError
from neuroflow.workspace.folder import PERMISSIONS
from neuroflow.workspace.notes import MAX_NOTE, NOTES_FILE, Notes
from neuroflow.workspace.workspace import Workspace

SECRET = "Asked by Dr Zyxwv"


@pytest.fixture(scope="module")
def noted(tmp_path_factory):
    """Return a workspace with collected studies, and the first of them, which has a note."""
    with Workspace(tmp_path_factory.mktemp("noted") / "project") as ws:
        study = collect_into(ws, people(12)).studies[0]
        ws.note(study.label, SECRET)
        yield ws, study


@pytest.fixture
def ws(workspace, own_cohort_folder):
    scans, table = own_cohort_folder / "scans", own_cohort_folder / "participants.tsv"
    workspace.cohort("C", nf.find_studies(scans), participants=table)
    return workspace


@pytest.fixture
def study(ws):
    return ws.cohort("C").studies[0]


@pytest.mark.parametrize("by", ["label", "study_id"])
def test_a_note_records_who_wrote_it_and_when(ws, study, by, monkeypatch):
    monkeypatch.setenv("LOGNAME", "erika")
    ws.note(getattr(study, by), "moved twice")
    (row,) = ws.notes().to_dict("records")
    assert (row["label"], row["study_id"]) == (study.label, study.study_id)
    assert (row["note"], row["by"]) == ("moved twice", "erika")
    assert row["at"].tzinfo is not None


def test_an_empty_note_removes_every_trace_of_it(ws, study):
    ws.note(study.label, SECRET)
    ws.note(study.label, " \n ")
    assert ws.notes().empty
    assert SECRET not in (ws.folder / NOTES_FILE).read_text(encoding="utf-8")


def test_a_later_note_takes_the_place_of_the_first(ws, study):
    ws.note(study.label, "first")
    ws.note(study.label, "second")
    assert ws.notes()["note"].tolist() == ["second"]


def test_the_same_note_again_keeps_its_author(ws, study, monkeypatch):
    monkeypatch.setenv("LOGNAME", "erika")
    ws.note(study.label, "moved")
    monkeypatch.setenv("LOGNAME", "otto")
    ws.note(study.label, "moved ")
    assert ws.notes()["by"].tolist() == ["erika"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\tb\nc", "a b c"),
        ('"quoted"', '"quoted"'),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("txt.\u202egnp", "txt.\ufffdgnp"),
        ("cut \ud800", "cut \ufffd"),
        ("NA", "NA"),
    ],
)
def test_hostile_text_is_kept_in_one_harmless_line(ws, study, text, kept):
    ws.note(study.label, text)
    assert ws.notes()["note"].tolist() == [kept]


def test_a_long_note_is_refused_and_the_earlier_one_stays(ws, study):
    ws.note(study.label, "x" * MAX_NOTE)
    with pytest.raises(OptionError, match="501 characters"):
        ws.note(study.label, "x" * (MAX_NOTE + 1))
    assert len(ws.notes()["note"].iloc[0]) == MAX_NOTE


def test_a_note_about_no_study_is_refused(ws):
    with pytest.raises(OptionError, match="no study 'nobody'"):
        ws.note("nobody", "text")


def test_status_has_notes_only_where_there_are_some(noted):
    ws, study = noted
    table = ws.status(offline=True).set_index("study_id")
    assert table["note"][study.study_id] == SECRET
    assert set(table["note"]) == {"", SECRET}


def test_status_without_notes_has_no_such_column(ws):
    assert "note" not in ws.status(offline=True)


def test_damaged_notes_do_not_hide_the_states(ws, study):
    (ws.folder / NOTES_FILE).write_text("no table", encoding="utf-8")
    with pytest.warns(ResultWarning, match="notes cannot be read"):
        assert "state" in ws.status(offline=True)
    with pytest.raises(WorkspaceError, match="notes cannot be read"):
        ws.notes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_others_cannot_read_the_notes(ws, study):
    ws.note(study.label, "moved")
    assert stat.S_IMODE((ws.folder / NOTES_FILE).stat().st_mode) == 0o600


def test_a_note_goes_when_its_study_is_forgotten(ws, study):
    other = ws.cohort("C").studies[1]
    ws.note(study.label, SECRET)
    ws.note(other.label, "stays")
    found = ws.forget(study.label)
    assert "note" in found["what"].tolist()
    assert ws.notes()["note"].tolist() == ["stays"]


def test_notes_of_another_user_are_reported_with_what_to_do(tmp_path, monkeypatch):
    notes = Notes(tmp_path)
    notes.write("one", "kept")

    def refused(*_args, **_options):  # root may read everything
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("neuroflow.workspace.study_table.pd.read_csv", refused)
    with pytest.raises(WorkspaceError, match="This user may not read the notes") as found:
        notes.texts()
    assert found.value.advice == PERMISSIONS


def test_notes_follow_a_study_to_its_new_id(tmp_path):
    notes = Notes(tmp_path)
    notes.write("old", "moved")
    notes.table.change_ids({"old": "new"})
    assert notes.texts() == {"new": "moved"}


@pytest.mark.filterwarnings("ignore::neuroflow.errors.ResultWarning")
def test_no_export_report_log_or_result_table_has_a_note(noted, tmp_path):
    ws, _ = noted
    out = tmp_path / "out"
    out.mkdir()
    nf.report(ws, out / "report.html")
    nf.save_cohort_table(ws.table(), out / "table.csv")
    nf.save_cohort_table(ws.study_facts(), out / "facts.csv")
    nf.export_bids(ws.table(), out / "bids")
    written = [path for path in [*out.rglob("*"), *ws.folder.rglob("*")] if path.is_file()]
    having = [path.name for path in written if b"Zyxwv" in path.read_bytes()]
    assert having == [NOTES_FILE]


def test_no_package_has_a_note(ws, study):
    ws.note(study.label, SECRET)
    ws.package("C", on_event=lambda event: None)
    files = [path for path in ws.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"Zyxwv" in path.read_bytes()] == [NOTES_FILE]
    assert json.dumps(SECRET) not in ws.log.read_text(encoding="utf-8")
