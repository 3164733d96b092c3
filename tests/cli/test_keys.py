"""The key: made, shown, checked, mended."""

import json
import os

import pytest

from neuroflow.io import CONFIG_VARIABLE
from neuroflow.workspace import Workspace


@pytest.fixture
def key(run, tmp_path):
    path = tmp_path / "id_key"
    assert run("key", "new", path, "--comment", "my laptop")[0] == 0
    return path


def test_a_new_key_is_shown_as_it_was_made(run, key):
    _, line, err = run("key", "show", key)
    assert line.startswith("ssh-ed25519 ")
    assert "Fingerprint SHA256:" in err
    code, out, _ = run("key", "show", key, "--json")
    facts = json.loads(out)
    assert code == 0
    assert set(facts) == {"file", "kind", "fingerprint", "public_key"}
    assert facts["public_key"].split()[:2] == line.split()[:2]


def test_a_good_key_is_told_to_be_one(run, key):
    code, out, _ = run("key", "check", key)
    assert code == 0
    assert "can be used: OpenSSH, ssh-ed25519." in out


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_key_that_others_may_read_is_refused_and_mended(run, key):
    key.chmod(0o644)
    code, _, err = run("key", "check", key)
    assert code == 6
    assert "chmod 600" in err
    code, out, _ = run("key", "check", key, "--fix", "--json")
    assert (code, json.loads(out)["is_corrected"]) == (0, True)
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_passphrase_comes_from_the_environment(run, tmp_path, monkeypatch):
    from neuroflow.transfer.ssh.keys import make_key
    from neuroflow.workspace.connection.service import PASSPHRASE_VARIABLE

    assert PASSPHRASE_VARIABLE in run("key", "check", "--help")[1]
    make_key(tmp_path / "id", passphrase="correct horse")
    code, out, _ = run("key", "check", tmp_path / "id", "--json")
    assert (code, json.loads(out)["is_protected"]) == (0, True)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse")
    assert run("key", "show", tmp_path / "id")[0] == 0
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong")
    assert run("key", "show", tmp_path / "id")[0] == 6


def test_something_else_is_refused_with_what_to_do(run, key, tmp_path):
    code, out, err = run("key", "check", key.with_name("id_key.pub"), "--json")
    assert code == 6
    assert json.loads(out)["error"]["kind"] == "KeyFileError"
    assert "is a public key" in err


def test_an_account_key_goes_from_one_workspace_to_another(run, tmp_path, monkeypatch):
    for name in ("here", "there"):
        Workspace(tmp_path / name).close()
    tags = {}
    for name in ("here", "there"):
        monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / f"user-{name}"))
        tags[name] = json.loads(run("account-key", "show", tmp_path / name, "--json")[1])["tags"]
    assert tags["here"] != tags["there"]
    assert run("account-key", "export", tmp_path / "there", tmp_path / "key.txt")[0] == 0
    secret = (tmp_path / "key.txt").read_text().split()[-1]
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "user-here"))
    code, out, _ = run("account-key", "import", tmp_path / "here", tmp_path / "key.txt")
    assert (code, out) == (0, f"New ids begin with {tags['there'][0]}.\n")
    shown = run("account-key", "show", tmp_path / "here", "--json")[1]
    assert json.loads(shown)["tags"] == tags["there"] + tags["here"]
    assert secret not in shown
