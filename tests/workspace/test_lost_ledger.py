"""A ledger that went back in time, or is in another place, sends nothing before it is rebuilt."""

import shutil
from dataclasses import replace

import pytest

import neuroflow as nf
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import FirstSubmissionError, LedgerLostError, ResultWarning
from neuroflow.workspace.witness.witness import traces


@pytest.fixture
def folder(workspace, own_cohort_folder, silent):
    """Return the folder of a closed workspace with a packaged cohort C, and keep a backup."""
    studies = nf.find_studies(own_cohort_folder / "scans")
    workspace.cohort("C", studies, participants=own_cohort_folder / "participants.tsv")
    workspace.package("C", on_event=silent)
    workspace.close()
    shutil.copy(workspace.folder / "ledger.sqlite", workspace.folder.parent / "backup")
    return workspace.folder


def submit(folder, silent, **options):
    with nf.Workspace(folder) as ws:
        return ws.submit("C", on_event=silent, **options)


def received(service):
    return sorted(path.name for path in service.home.glob("input/*/*.zip"))


def delete(ledger):
    ledger.unlink()


def empty(ledger):
    ledger.write_bytes(b"")


def restore(ledger):
    shutil.copy(ledger.parent.parent / "backup", ledger)


def damage(ledger):
    data = bytearray(ledger.read_bytes())
    data[:16] = bytes(16)
    ledger.write_bytes(data)


@pytest.mark.cures("LedgerLostError")
@pytest.mark.parametrize("lose", [delete, empty, restore, damage])
def test_lost_ledger_sends_nothing_until_rebuild_which_cures_it(folder, silent, lose):
    sent = submit(folder, silent)
    assert (sent["state"] == "submitted").all()
    lose(folder / "ledger.sqlite")
    with pytest.raises(LedgerLostError, match="rebuild"):
        submit(folder, silent)
    with nf.Workspace.with_new_ledger(folder) as ws:
        if ws.ledger.rows():
            ws.package("C", on_event=silent)  # no other job hides what is missing
        with pytest.raises(LedgerLostError, match="not the one"):
            ws.submit("C", on_event=silent)
        assert (ws.rebuild(on_event=silent)["state"] == "submitted").all()
    assert (submit(folder, silent)["action"] == "skip").all()


def damage_witness(folder):
    (folder / "witness.json").write_text("{", encoding="utf-8")


def lose_witness(folder):
    """Leave the marks beside the packages alone to show that the ledger is old."""
    restore(folder / "ledger.sqlite")
    (folder / "witness.json").unlink()


@pytest.mark.parametrize(
    "lose",
    [
        lambda folder: delete(folder / "ledger.sqlite"),
        lambda folder: empty(folder / "ledger.sqlite"),
        lambda folder: restore(folder / "ledger.sqlite"),
        lose_witness,
        damage_witness,
    ],
)
def test_status_warns_of_a_ledger_that_went_back(folder, silent, lose):
    submit(folder, silent)
    lose(folder)
    with nf.Workspace(folder) as ws:
        with pytest.warns(ResultWarning, match=r"not the one that was used here.*rebuild"):
            status = ws.status(offline=True)
        (sentence,) = status.attrs["ledger_warnings"]
        assert str(folder) in sentence
        ws.rebuild(on_event=silent)
        assert ws.status(offline=True).attrs["ledger_warnings"] == []


def test_a_damaged_record_of_runs_stops_sending_until_rebuild(folder, silent):
    submit(folder, silent)
    damage_witness(folder)
    with nf.Workspace(folder) as ws:
        ws.package("C", on_event=silent)
        with pytest.raises(LedgerLostError, match=r"witness\.json, is damaged"):
            ws.submit("C", on_event=silent)
        ws.rebuild(on_event=silent)
    assert (submit(folder, silent)["action"] == "skip").all()


def test_status_says_that_studies_went_to_another_service(folder, silent, tmp_path):
    submit(folder, silent)
    with DemoService(tmp_path / "other", delay=0.1) as other, nf.Workspace(folder) as ws:
        before = ws.service.name
        ws.service.save_profile(other.profile)
        ws.service.trust(other.fingerprint)
        with pytest.warns(ResultWarning, match=f"2 of 2 studies were sent to {before}"):
            status = ws.status()
    assert status["state"].tolist() == ["submitted", "submitted"]
    assert set(status["message"]) == {f"sent to {before}, not to the service in use"}


def test_status_needs_no_known_hosts(folder, silent):
    submit(folder, silent)
    with nf.Workspace(folder) as ws:
        ws.service.save_profile(replace(ws.service.profile, port=1))
        (folder / "known_hosts").unlink()
        (folder / "known_hosts").mkdir()
        with pytest.warns(ResultWarning, match="2 of 2 studies were sent to"):
            ws.status(offline=True)


def test_watching_warns_of_an_old_ledger_once(folder, silent):
    submit(folder, silent)
    restore(folder / "ledger.sqlite")
    with nf.Workspace(folder) as ws:
        updates = ws.watch(interval_seconds=0.01)
        with pytest.warns(ResultWarning, match="not the one"):
            next(updates)
        assert next(updates).error is None
        updates.close()


def test_ledger_without_its_log_is_complete_after_each_study(folder, silent):
    with nf.Workspace(folder) as ws:
        ws.submit("C", on_event=silent)
        shutil.copy(folder / "ledger.sqlite", folder.parent / "alone.sqlite")
        alone = nf.ledger.Ledger(folder.parent / "alone.sqlite")
        assert [row.state for row in alone.rows()] == [row.state for row in ws.ledger.rows()]
        alone.close()


def test_copied_workspace_asks_before_it_sends(folder, silent):
    copy = shutil.copytree(folder, folder.parent / "copy")
    submit(folder, silent)
    with pytest.raises(FirstSubmissionError, match="moved or copied"):
        submit(copy, silent)


def test_renamed_workspace_goes_on(folder, silent):
    moved = folder.rename(folder.parent / "renamed")
    assert (submit(moved, silent)["state"] == "submitted").all()


def test_answer_of_a_moved_workspace_is_kept(folder, silent):
    copy = shutil.copytree(folder, folder.parent / "copy")
    assert (submit(copy, silent, not_sent_before=True)["state"] == "submitted").all()
    assert (submit(copy, silent)["action"] == "skip").all()


def test_studies_sent_to_one_service_are_new_to_another(folder, silent, tmp_path):
    first = submit(folder, silent)
    with DemoService(tmp_path / "other", delay=0.1) as other, nf.Workspace(folder) as ws:
        before = ws.service.profile
        ws.service.save_profile(other.profile)
        ws.service.trust(other.fingerprint)
        with pytest.raises(FirstSubmissionError, match="another service"):
            ws.submit("C", on_event=silent)
        rows = ws.submit("C", on_event=silent, not_sent_before=True)
        assert (rows["action"] == "send").all()
        assert (rows["state"] == "submitted").all()
        assert (ws.submit("C", on_event=silent)["action"] == "skip").all()
        ws.service.save_profile(before)
        assert (ws.submit("C", on_event=silent)["action"] == "skip").all()
    assert len(first) == 2


def test_damaged_package_is_set_aside_and_made_again(folder, silent):
    package = sorted((folder / "packages" / "C").glob("*.zip"))[0]
    whole = package.read_bytes()
    package.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    rows = submit(folder, silent).set_index("study_id")
    assert "set aside" in rows.loc[package.stem, "message"]
    assert rows.loc[package.stem, "state"] == "packaged"
    assert (submit(folder, silent)["state"] == "submitted").all()
    assert package.read_bytes() == whole


def test_an_empty_folder_has_no_traces(tmp_path):
    assert traces(tmp_path) == ""
