"""Each error of a workspace or a submission: its advice is followed, and cures it."""

import ast
import inspect
import shlex
import sqlite3
from pathlib import Path

import pytest
from support.advice import advice

import neuroflow as nf
from neuroflow import cli, errors
from neuroflow.errors import (
    AccountKeyError,
    ConfigError,
    LedgerError,
    LockedError,
    PackageError,
    SubmissionError,
    WorkspaceError,
)
from neuroflow.identity import Account
from neuroflow.ledger import Ledger
from neuroflow.workspace.folder import ProjectFolder

TESTS = Path(__file__).parents[1]
OF_TRANSFERS = (
    errors.ConnectError,
    errors.TransferError,
    errors.WorkspaceError,
    errors.SubmissionError,
    errors.PackageError,
)


def followed(command, monkeypatch, **places):
    """Run the command that an advice prints between backticks."""
    words = shlex.split(command.split("`")[1])
    monkeypatch.setattr("sys.argv", [str(places.get(word, word)) for word in words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code


@pytest.fixture
def enrolled(workspace, own_cohort_folder):
    """Return cohort C of two studies that were not sent."""
    people = own_cohort_folder / "participants.tsv"
    return workspace.cohort("C", nf.find_studies(own_cohort_folder / "scans"), participants=people)


@pytest.mark.cures("WorkspaceError")
def test_a_folder_in_place_of_a_file_becomes_a_workspace(tmp_path):
    (tmp_path / "place").write_text("a file")
    assert "Choose a folder" in advice(WorkspaceError, lambda: nf.Workspace(tmp_path / "place"))
    (tmp_path / "place").unlink()
    (tmp_path / "place").mkdir()
    nf.Workspace(tmp_path / "place").close()


@pytest.mark.cures("ConfigError")
def test_the_command_of_the_advice_sets_up_the_profile(ws, service, monkeypatch):
    text = advice(ConfigError, ws.service.connect)
    assert "`neuroflow connect`" in text
    facts = f"--host {service.host} --port {service.port} --user {service.user}"
    trust = f"--key {service.key} --host-key {service.fingerprint}"
    followed(f"`neuroflow connect {ws.folder} {facts} {trust}`", monkeypatch)
    ws.service.connect().close()


@pytest.mark.cures("LedgerError")
def test_another_programs_database_once_moved_leaves_room(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    assert "Move it away" in advice(LedgerError, lambda: Ledger(path))
    path.rename(tmp_path / "songs.sqlite")
    with Ledger(path) as ledger:
        assert ledger.rows() == []


@pytest.mark.cures("AccountKeyError")
def test_a_missing_key_is_brought_by_the_two_commands(tmp_path, workspace, enrolled, monkeypatch):
    study_id, key = enrolled.studies[0].study_id, workspace.account.key
    here = Account(tmp_path / "another computer", "")
    there, file = workspace.folder, tmp_path / "key"
    text = advice(AccountKeyError, lambda: here.key_of(study_id))
    export, its_import = (f"`{each}`" for each in text.cli.split("`")[1::2])
    followed(export, monkeypatch, WORKSPACE=there, FILE=file)
    colleague = nf.Workspace(tmp_path / "colleague")
    monkeypatch.setenv("NEUROFLOW_CONFIG", str(tmp_path / "their folder"))
    followed(its_import, monkeypatch, WORKSPACE=colleague.folder, FILE=file)
    assert colleague.account.key_of(study_id) == key
    colleague.close()


@pytest.mark.cures("AccountKeyError")
@pytest.mark.parametrize("damage", [b"no key", b"\xff\xfe\x00", b""])
def test_a_damaged_key_is_cured_by_importing_it_again(tmp_path, damage):
    account, kept = Account(tmp_path / "account", "u@h:22"), tmp_path / "kept"
    study_id = account.id_of("1:ab")
    account.export_key(kept)
    account.key_file.write_bytes(damage)
    if damage:
        assert "import the key again" in advice(AccountKeyError, account.keys)
    account.key_file.unlink()
    account.import_key(kept)
    assert account.id_of("1:ab") == study_id


@pytest.mark.cures("AccountKeyError")
def test_an_export_under_another_name_succeeds(tmp_path):
    account = Account(tmp_path / "account", "")
    (tmp_path / "taken").touch()
    text = advice(AccountKeyError, lambda: account.export_key(tmp_path / "taken"))
    assert "another name" in text
    account.export_key(tmp_path / "free")
    assert account.import_key(tmp_path / "free") == account.key


@pytest.mark.cures("LockedError")
def test_a_workspace_is_free_once_the_other_is_done(tmp_path):
    other = ProjectFolder(tmp_path)

    def lock():
        with ProjectFolder(tmp_path).locked():
            return True

    with other.locked():
        assert "Wait until it is done" in advice(LockedError, lock)
    assert lock()


@pytest.mark.cures("PackageError")
def test_submitting_again_makes_a_damaged_package_anew(workspace, enrolled, service, silent):
    package, _ = workspace.package("C", on_event=silent)
    data = bytearray(package.path.read_bytes())
    data[len(data) // 2] ^= 1
    package.path.write_bytes(bytes(data))
    said = []
    workspace.submit("C", on_event=lambda event: said.append(event.message))
    assert any("Submit again: the package is made again" in text for text in said)
    rows = workspace.submit("C", on_event=silent).set_index("study_id")
    assert (rows["state"] == "submitted").all()
    assert service.wait_until_idle()
    assert sorted(service.processed) == sorted(each.study_id for each in enrolled.studies)
    assert PackageError.anchor in "".join(said)


@pytest.mark.cures("SubmissionError")
@pytest.mark.parametrize("how", ["only_good", "override"])
def test_a_blocked_cohort_is_sent_as_the_advice_says(workspace, late_echo, enrolled, silent, how):
    text = advice(SubmissionError, lambda: workspace.submit("C", on_event=silent))
    assert {"only_good=True", "Workspace.override"} <= set(
        text.replace(",", "").rstrip(".").split()
    )
    if how == "override":
        found = workspace.check("C", on_event=silent)
        rule = found.loc[found["severity"] == "error", "rule"].iloc[0]
        workspace.override("C", late_echo, rule, reason="agreed with neuropacs")
    rows = workspace.submit("C", only_good=how == "only_good", on_event=silent)
    assert (rows["state"] == "submitted").sum() == (1 if how == "only_good" else 2)


def errors_of_transfers():
    kinds = (kind for _, kind in inspect.getmembers(errors, inspect.isclass))
    return {kind.__name__ for kind in kinds if issubclass(kind, OF_TRANSFERS)}


def errors_with_a_cure():
    """Return the errors named by the marks `cures` of all tests."""
    found = set()
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "mark.cures" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.cures":
                found |= {ast.literal_eval(each) for each in node.args}
    return found


def test_each_error_of_a_transfer_has_a_tried_cure():
    assert errors_with_a_cure() == errors_of_transfers()
