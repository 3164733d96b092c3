"""A workspace that came from somebody else connects nowhere before its user has seen where to."""

import shutil

import pytest
from support.waits import PATIENCE

from neuroflow.errors import ConfigError
from neuroflow.io import CONFIG_VARIABLE
from neuroflow.transfer import Profile
from neuroflow.widgets.connect.model import FOREIGN, ConnectModel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def received(workspace, tmp_path, monkeypatch):
    """Return a copy of a workspace, opened on another computer."""
    folder = shutil.copytree(workspace.folder, tmp_path / "received")
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "other computer"))
    with Workspace(folder) as ws:
        yield ws


@pytest.mark.parametrize(
    "use",
    [
        lambda ws: ws.status(),
        lambda ws: ws.collect(),
        lambda ws: list(ws.service.probe()),
        lambda ws: ws.service.connect(),
        lambda ws: ws.service.host_fingerprint(),
        lambda ws: ws.service.unknown_host(),
        lambda ws: ws.service.trust("SHA256:x"),
    ],
)
def test_nothing_is_connected_before_it_was_shown(received, use, service):
    with pytest.raises(ConfigError, match=f"leads to {service.host}, port {service.port}"):
        use(received)


def test_once_confirmed_it_works(received, service):
    assert not received.service.is_confirmed
    received.service.confirm_profile()
    assert received.service.is_confirmed
    assert all(step.ok for step in received.service.probe())


def test_a_changed_settings_file_must_be_confirmed_again(workspace):
    path = workspace.folder / "neuroflow.toml"
    path.write_text(path.read_text("utf-8").replace("127.0.0.1", "evil.example.org"), "utf-8")
    with pytest.raises(ConfigError, match="evil"):
        workspace.service.connect()


def test_a_damaged_list_of_confirmed_connections_confirms_nothing(received, tmp_path):
    folder = tmp_path / "other computer"
    folder.mkdir()
    (folder / "connections.json").write_bytes(b"\xff{")
    assert not received.service.is_confirmed


def test_no_command_of_ssh_config_runs_for_it(received, tmp_path, monkeypatch):
    mark = tmp_path / "ran"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(
        f'Match exec "touch {mark}"\n ProxyCommand touch {mark}\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigError):
        received.status()
    assert not mark.exists()


def test_the_form_shows_it_and_a_test_confirms_it(received):
    model = ConnectModel(received)
    assert (model.tone, model.notice) == ("warn", FOREIGN)
    model.test()
    assert model.join(PATIENCE)
    assert received.service.is_confirmed


def test_the_list_holds_no_name(workspace, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    monkeypatch.setenv(CONFIG_VARIABLE, str(folder))
    workspace.service.save_profile(Profile("files.example.org", "lab"))
    (path,) = folder.glob("connections.json")
    assert b"example" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
