"""Withdrawal of consent: nothing of a person stays in the workspace, and nothing is sent again."""

import pytest

from neuroflow.errors import OptionError, ResultWarning, WorkspaceError
from neuroflow.io import make_private_folder
from neuroflow.results import save_cohort_table
from neuroflow.studies import find_studies
from neuroflow.widgets.cohort.model import CohortModel

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
