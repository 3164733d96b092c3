"""A workspace that a group shares, and one that can only be read."""

import os
import stat

import pytest

import neuroflow as nf
from neuroflow.errors import WorkspaceError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes have no meaning there")


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def group(tmp_path):
    """Open a workspace in a folder that a group shares."""
    folder = tmp_path / "group"
    folder.mkdir()
    folder.chmod(0o2770)
    with nf.Workspace(folder) as ws:
        yield ws


@pytest.fixture
def read_only(workspace, own_cohort_folder, silent, monkeypatch):
    """Return the folder of a workspace with results, on a disk that can only be read."""
    studies = nf.find_studies(own_cohort_folder / "scans")
    people = own_cohort_folder / "participants.tsv"
    workspace.cohort("C", studies, participants=people)
    workspace.submit("C", on_event=silent)
    workspace.wait(interval_seconds=0.1, on_event=silent)
    workspace.collect(on_event=silent)
    workspace.study_facts()
    workspace.close()

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("neuroflow.workspace.folder.tempfile.TemporaryFile", refuse)
    return workspace.folder


def test_key_and_journal_of_a_group_are_in_its_workspace(group, own_cohort_folder, silent):
    group.cohort("C", nf.find_studies(own_cohort_folder / "scans"))
    with group.account.journal.sending("a"):
        held = {mode(path) for path in (group.folder / "account").glob("*.lock")}
    assert group.account.key_file == group.folder / "account" / "keys"
    assert {mode(group.account.key_file), mode(group.folder / "ledger.sqlite"), *held} == {"0o660"}
    assert mode(group.folder / "account") == "0o2770"
    group.package("C", on_event=silent)
    assert not [path for path in group.folder.rglob("*") if mode(path) not in {"0o660", "0o2770"}]


def test_a_read_only_workspace_can_be_read(read_only):
    with nf.Workspace(read_only) as ws:
        assert set(ws.status(offline=True)["state"]) == {"collected"}
        assert ws.study_facts()["study_id"].nunique() == 2
        assert ws.cohorts() == ["C"]
        assert not ws.is_busy


def test_nothing_is_changed_in_a_read_only_workspace(read_only, silent):
    before = {path: path.stat().st_mtime_ns for path in read_only.rglob("*")}
    with nf.Workspace(read_only) as ws:
        for change in (ws.collect, lambda **options: ws.submit("C", **options), ws.rebuild):
            with pytest.raises(WorkspaceError, match="can only be read") as caught:
                change(on_event=silent)
            assert "backup" not in str(caught.value)
    assert {path: path.stat().st_mtime_ns for path in read_only.rglob("*")} == before
