"""Who may read a workspace: its owner alone, whatever the umask; or the group that shares it."""

import os
import sqlite3
import stat
import warnings
from contextlib import closing

import pytest

from neuroflow.errors import LedgerError, ResultWarning, WorkspaceError
from neuroflow.io import make_private_folder
from neuroflow.ledger import Ledger
from neuroflow.results import save_cohort_table
from neuroflow.studies import find_studies
from neuroflow.transfer import Profile
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.workspace import Workspace

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="modes of POSIX"),
    pytest.mark.filterwarnings("ignore:Participants without results"),
]
REASON = "Mrs Mustermann was ill"


@pytest.fixture(params=[0o000, 0o022], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def use(folder, cohort_folder):
    """Leave every kind of file in a workspace."""
    found = find_studies(cohort_folder / "scans")
    with Workspace(folder) as ws:
        cohort = ws.cohort("C", found[:1], participants=cohort_folder / "participants.tsv")
        ws.check(cohort)
        ws.override(cohort, cohort.studies[0].label, "echo_time", REASON)
        ws.package(cohort, on_event=lambda event: None)
        ws.exclude(cohort, cohort.studies[0].label, REASON)
        out = ws.folder / "results" / f"{cohort.studies[0].study_id}_out"
        make_private_folder(out)
        (out / "aidp.csv").write_text("region,FW\npSN,0.2\n")
        save_cohort_table(ws.table(), ws.folder / "exports" / "t.csv")
        ws.service.save_profile(Profile("far", "me", folder / "key"))
        ws.service.hostkeys.pin("far", 22, "SHA256:" + 43 * "A")
    return cohort


def modes(folder):
    """Return the modes of all folders, and of all files but those that a test put there."""
    every = [folder, *folder.rglob("*")]
    folders = {stat.S_IMODE(p.stat().st_mode) for p in every if p.is_dir()}
    files = {
        p.name: stat.S_IMODE(p.stat().st_mode)
        for p in every
        if p.is_file() and p.name != "aidp.csv"
    }
    return folders, files


def test_a_new_workspace_is_its_owners_alone(tmp_path, cohort_folder, umask):
    use(tmp_path / "ws", cohort_folder)
    folders, files = modes(tmp_path / "ws")
    assert folders == {0o700}
    assert {name: oct(mode) for name, mode in files.items() if mode != 0o600} == {}
    assert len(files) > 10


def test_an_empty_folder_is_closed_when_it_becomes_a_workspace(tmp_path):
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws").chmod(0o755)
    Workspace(tmp_path / "ws").close()
    assert modes(tmp_path / "ws")[0] == {0o700}


def test_a_folder_of_a_group_stays_one_of_the_group(tmp_path, cohort_folder):
    folder = tmp_path / "ws"
    folder.mkdir()
    folder.chmod(0o2770)
    use(folder, cohort_folder)
    folders, files = modes(folder)
    assert folders == {0o2770}
    assert {name: oct(mode) for name, mode in files.items() if mode != 0o660} == {}


def test_a_used_folder_that_others_may_write_to_is_named(tmp_path):
    (tmp_path / "mine").touch()
    tmp_path.chmod(0o777)
    with pytest.warns(ResultWarning, match="Others may write to the workspace"):
        Workspace(tmp_path).close()
    tmp_path.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Workspace(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "ledger.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("salt", [b"", b"x" * 31, b"x" * 33])
def test_a_salt_that_is_not_whole_is_refused(tmp_path, salt):
    (tmp_path / "salt").write_bytes(salt)
    with pytest.raises(WorkspaceError, match="not whole"):
        _ = ProjectFolder(tmp_path).salt


def test_a_salt_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "known").write_bytes(b"x" * 32)
    (tmp_path / "salt").symlink_to(tmp_path / "known")
    with pytest.raises(WorkspaceError, match="a link"):
        _ = ProjectFolder(tmp_path).salt


def test_a_log_that_is_a_link_is_not_followed(tmp_path, cohort_folder):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "ws" / "logs").mkdir(parents=True)
    (tmp_path / "ws" / "logs" / "neuroflow.log").symlink_to(victim)
    with pytest.raises(WorkspaceError, match="log"):
        use(tmp_path / "ws", cohort_folder)
    assert victim.read_text() == "mine"


def test_no_link_under_a_predictable_name_is_followed(tmp_path, cohort_folder):
    victim, folder = tmp_path / "victim", tmp_path / "ws"
    victim.write_text("mine")
    with Workspace(folder):
        pass
    for name in ("known_hosts", "neuroflow.toml", "witness.json", "reported.json"):
        for ending in ("", ".new", ".tmp", ".part"):
            (folder / f"{name}{ending}").symlink_to(victim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (folder / "neuroflow.toml").unlink()
        (folder / "witness.json").unlink()
        use(folder, cohort_folder)
    assert victim.read_text() == "mine"


def facts_of(folder):
    """Return the bytes of all files of a ledger."""
    return b"".join(path.read_bytes() for path in folder.glob("ledger.sqlite*"))


def test_the_ledger_alone_says_nothing_of_a_person(tmp_path, cohort_folder):
    cohort = use(tmp_path / "ws", cohort_folder)
    data = facts_of(tmp_path / "ws")
    assert b"Mustermann" not in data
    assert str(cohort.studies[0].participant_id).encode() not in data
    with Ledger(tmp_path / "ws" / "ledger.sqlite") as ledger:
        assert ledger.rows()[0].study_uid_sha256.startswith("k1:")
    with Workspace(tmp_path / "ws") as ws:
        assert list(ws._checks._overrides().values()) == [REASON]


def test_a_ledger_of_before_is_sealed_when_it_is_opened(tmp_path, cohort_folder):
    cohort = use(tmp_path / "ws", cohort_folder)
    study_id = str(cohort.studies[0].study_id)
    digest = 64 * "a"
    with closing(sqlite3.connect(tmp_path / "ws" / "ledger.sqlite")) as db, db:
        db.execute("UPDATE packages SET study_uid_sha256 = ?", [digest])
        db.execute(
            "INSERT INTO overrides (study_id, rule, reason, at) VALUES (?, 'sex', ?, '2026')",
            [study_id, "Erika Mustermann said so"],
        )
    assert b"Erika" in facts_of(tmp_path / "ws")
    with Workspace(tmp_path / "ws") as ws:
        keyed = ws.ledger.rows()[0].study_uid_sha256
        assert digest in ws._folder.seal.among([keyed])
        with pytest.raises(LedgerError, match="only"), ws.ledger._file.writing() as db:
            db.execute("UPDATE overrides SET reason = ''")
    assert b"Erika" not in facts_of(tmp_path / "ws")
    assert digest.encode() not in facts_of(tmp_path / "ws")
