import os
import socket
import stat
from dataclasses import replace

import pytest
from support.agent import running_agent
from support.waits import PATIENCE

from neuroflow.errors import HostKeyUnknownError, KeyFileError
from neuroflow.ledger.states import State
from neuroflow.models import Package
from neuroflow.transfer.diagnose import STAGES
from neuroflow.transfer.ssh.keys import make_key, public_key
from neuroflow.widgets.connect.model import ConnectModel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def fresh(tmp_path, service):
    """Return a form that is filled in, in a workspace that never saw the service."""
    with Workspace(tmp_path / "fresh") as ws:
        model = ConnectModel(ws)
        model.set(host=service.host, port=service.port, user=service.user, key=str(service.key))
        yield model


@pytest.fixture
def ssh_agent(monkeypatch):
    with running_agent() as (place, add):
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        yield add


def probed(model, passphrase=""):
    model.test(passphrase)
    assert model.join(PATIENCE)
    return [(step.name, step.ok) for step in model.steps]


def test_an_empty_form_says_what_is_missing_and_tests_nothing(tmp_path):
    with Workspace(tmp_path / "empty") as ws:
        model = ConnectModel(ws)
        assert len(model.blockers) == 3
        model.test()
        assert not model.busy
        assert ws.service.profile is None


def test_unknown_host_key_is_shown_and_saved_on_confirmation(fresh, service):
    assert probed(fresh)[-1] == ("host key", False)
    assert fresh.fingerprint == service.fingerprint
    with pytest.raises(HostKeyUnknownError):
        fresh.ws.service.connect()
    fresh.confirm_host_key()
    assert fresh.join(PATIENCE)
    assert [step.name for step in fresh.steps] == list(STAGES)
    assert all(step.ok for step in fresh.steps)
    assert (fresh.tone, fresh.fingerprint) == ("good", "")


def test_a_first_connection_waits_and_has_not_failed(fresh):
    probed(fresh)
    assert fresh.fingerprint
    assert fresh.tone == "warn"


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("sftp://SITE7@s-1.example:2222/input", ("s-1.example", 2222, "SITE7")),
        ("s-1.example:2222", ("s-1.example", 2222, "me")),
        ("SITE7@s-1.example", ("s-1.example", 22, "SITE7")),
        ("s-1.example", ("s-1.example", 22, "me")),
        ("fe80::1%eth0", ("fe80::1%eth0", 22, "me")),
        ("s-1.example:99999", ("s-1.example:99999", 22, "me")),
    ],
)
def test_a_pasted_address_is_divided_when_tested(fresh, pasted, found):
    fresh.set(user="me", port=22)
    for end in range(1, len(pasted) + 1):  # typed, letter by letter
        fresh.host = pasted[:end]
    assert fresh.host == pasted
    probed(fresh)
    assert (fresh.host, fresh.port, fresh.user) == found


def test_the_user_in_an_address_is_enough(fresh):
    fresh.set(user="", host="SITE7@s-1.example")
    assert fresh.blockers == ()
    fresh.host = "s-1.example:22"
    assert fresh.blockers == ("Enter the user name.",)


def test_a_missing_key_is_reported_once(fresh, service, tmp_path):
    fresh.ws.service.hostkeys.pin(service.host, service.port, service.fingerprint)
    fresh.key = str(tmp_path / "missing")
    probed(fresh)
    assert "key" in fresh.wrong
    assert fresh.problems == ()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_in_place_of_a_key_keeps_its_permissions(fresh, tmp_path):
    tmp_path.chmod(0o755)
    fresh.key = str(tmp_path)
    assert "is a folder" in fresh.wrong["key"]
    assert not fresh.key_is_exposed
    with pytest.raises(KeyFileError, match="is a folder"):
        fresh.make_key_private()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_changed_host_key_cannot_be_confirmed(fresh, service):
    fresh.ws.service.hostkeys.pin(service.host, service.port, "SHA256:" + "A" * 43)
    assert probed(fresh)[-1] == ("host key", False)
    assert fresh.host_key_changed
    assert fresh.fingerprint == ""
    fresh.confirm_host_key()
    assert not fresh.busy


def test_a_renewed_host_key_is_replaced_by_the_pasted_fingerprint(fresh, service):
    old = "SHA256:" + "A" * 43
    fresh.ws.service.hostkeys.pin(service.host, service.port, old)
    probed(fresh)
    assert fresh.pinned_keys == (old,)
    assert fresh.shown_keys == (f"ssh-ed25519 {service.fingerprint}",)
    fresh.pasted_fingerprint = "SHA256:" + "B" * 43
    assert fresh.fingerprint == ""
    fresh.pasted_fingerprint = f" {service.fingerprint}= "
    assert fresh.fingerprint == service.fingerprint
    fresh.confirm_host_key()
    assert fresh.join(PATIENCE)
    assert (fresh.tone, fresh.host_key_changed, fresh.pasted_fingerprint) == ("good", False, "")
    assert fresh.ws.service.hostkeys.pinned(service.host, service.port) == (service.fingerprint,)


def test_a_different_pasted_fingerprint_blocks_the_confirmation(fresh, service):
    probed(fresh)
    assert fresh.fingerprint == service.fingerprint
    fresh.pasted_fingerprint = "SHA256:" + "B" * 43
    assert fresh.fingerprint == ""
    fresh.confirm_host_key()
    assert not fresh.busy


def test_of_several_host_keys_the_pasted_one_is_confirmed(fresh):
    fresh.set(shown_keys=("ssh-ed25519 SHA256:aa", "ssh-rsa SHA256:bb"))
    assert fresh.fingerprint == ""
    fresh.pasted_fingerprint = "bb"
    assert fresh.fingerprint == "SHA256:bb"


def test_unregistered_key_is_refused_with_advice(fresh, service, tmp_path):
    make_key(tmp_path / "other")
    fresh.ws.service.hostkeys.pin(service.host, service.port, service.fingerprint)
    fresh.key = str(tmp_path / "other")
    assert probed(fresh)[-1] == ("login", False)
    assert fresh.steps[-1].advice
    assert fresh.tone == "bad"


def test_a_closed_port_fails_at_its_stage(fresh):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fresh.port = free.getsockname()[1]
    assert probed(fresh) == [("name", True), ("port", False)]


def test_profile_is_restored_without_the_passphrase(fresh, service, tmp_path):
    make_key(tmp_path / "mine", passphrase="open sesame")
    fresh.key = str(tmp_path / "mine")
    probed(fresh, "open sesame")
    again = ConnectModel(fresh.ws)
    assert (again.host, again.port, again.user) == (service.host, service.port, service.user)
    assert again.key == str(tmp_path / "mine")
    assert "open sesame" not in repr(fresh.trait_values())
    written = [path.read_bytes() for path in fresh.ws.folder.rglob("*") if path.is_file()]
    assert not any(b"open sesame" in data for data in written)


def test_editing_a_field_forgets_the_last_test(fresh):
    probed(fresh)
    fresh.user = "somebody else"
    assert fresh.steps == ()
    assert fresh.fingerprint == ""


def test_a_key_open_to_others_can_be_made_private(fresh, tmp_path):
    make_key(tmp_path / "mine")
    (tmp_path / "mine").chmod(0o644)
    fresh.key = str(tmp_path / "mine")
    assert fresh.key_is_exposed
    fresh.make_key_private()
    assert not fresh.key_is_exposed
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o600


def test_protecting_the_key_repeats_a_failed_test(fresh, service):
    fresh.ws.service.hostkeys.pin(service.host, service.port, service.fingerprint)
    service.key.chmod(0o644)
    assert probed(fresh)[-1] == ("login", False)
    fresh.make_key_private()
    assert fresh.join(PATIENCE)
    assert (fresh.tone, fresh.steps[-1].ok) == ("good", True)


def test_new_key_comes_with_an_email_to_neuropacs(fresh, tmp_path):
    fresh.key = str(tmp_path / "new")
    fresh.create_key()
    assert fresh.join(PATIENCE)
    assert fresh.public_line in fresh.mail
    assert fresh.public_line == (tmp_path / "new.pub").read_text(encoding="utf-8").strip()


def test_no_key_is_overwritten(fresh, service):
    before = service.key.read_bytes()
    fresh.create_key()
    assert fresh.join(PATIENCE)
    assert "exists already" in fresh.problems[0].what
    assert service.key.read_bytes() == before


def test_several_profiles_are_saved_chosen_and_removed(fresh, service):
    probed(fresh)
    fresh.new_profile()
    assert fresh.blockers[0] == "Enter a profile name."
    fresh.set(profile="at home", host="localhost", port=service.port, user="me", key="agent")
    fresh.test()
    assert fresh.join(PATIENCE)
    assert fresh.profiles == ("default", "at home")
    fresh.choose_profile("default")
    assert (fresh.host, fresh.user) == (service.host, service.user)
    fresh.choose_profile("at home")
    assert ConnectModel(fresh.ws).profile == "at home"
    fresh.remove_profile()
    assert (fresh.profile, fresh.profiles) == ("default", ("default",))
    assert fresh.host == service.host


def test_another_account_is_warned_of_once_studies_were_sent(workspace, service, tmp_path):
    workspace.service.save_profile(replace(service.profile, user="other", name="other"))
    workspace.ledger.add_package(Package("C", "s", tmp_path, 1, "a", "b"))
    workspace.ledger.record("C", "s", State.UPLOADING)
    workspace.ledger.record("C", "s", State.SUBMITTED)
    model = ConnectModel(workspace)
    model.choose_profile("default")
    assert model.tone == "warn"
    assert "open another workspace" in model.notice


def test_passphrase_is_forgotten_with_its_profile(fresh, service):
    probed(fresh, "open sesame")
    fresh.choose_profile("default")
    assert not fresh.has_passphrase


def test_key_is_created_at_default_path_without_a_file(fresh, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fresh.key = ""
    fresh.create_key()
    assert fresh.join(PATIENCE)
    assert (tmp_path / ".ssh" / "neuropacs_ed25519").exists()
    assert fresh.public_line


def test_agent_keys_are_listed_by_fingerprint(fresh, service, ssh_agent):
    ssh_agent(service.key)
    fresh.use_agent_keys()
    assert fresh.join(PATIENCE)
    assert [key.fingerprint for key in fresh.agent_keys] == [public_key(service.key).fingerprint]
    fresh.show_public_key()
    assert fresh.join(PATIENCE)
    assert public_key(service.key).fingerprint in fresh.mail
    fresh.ws.service.hostkeys.pin(service.host, service.port, service.fingerprint)
    assert probed(fresh)[-1] == ("folders", True)
    assert fresh.ws.service.profile.key is None


def test_a_public_key_file_chooses_a_key_of_the_agent(fresh, service, ssh_agent, tmp_path):
    make_key(tmp_path / "other")
    ssh_agent(tmp_path / "other", service.key)
    public = tmp_path / "chosen.pub"
    public.write_text(public_key(service.key).line + "\n")
    public.chmod(0o644)
    fresh.key = str(public)
    assert not fresh.key_is_exposed
    fresh.show_public_key()
    assert fresh.join(PATIENCE)
    assert fresh.public_line == public.read_text().strip()
    fresh.ws.service.hostkeys.pin(service.host, service.port, service.fingerprint)
    assert probed(fresh)[-1] == ("folders", True)


def test_without_an_agent_its_keys_are_a_readable_problem(fresh, monkeypatch):
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    fresh.use_agent_keys()
    assert fresh.join(PATIENCE)
    assert "ssh-agent" in fresh.problems[0].what
    assert not fresh.uses_agent


def test_a_home_that_does_not_exist_may_be_typed(fresh):
    fresh.key = "~nobody-of-this-name/id_key"
    assert (fresh.blockers, fresh.key_is_exposed) == ((), False)


def test_the_email_needs_no_user(fresh, tmp_path):
    fresh.set(user="", key=str(tmp_path / "new"))
    fresh.create_key()
    assert fresh.join(PATIENCE)
    assert "register this public key for our account" in fresh.mail
    assert "user" not in fresh.mail.splitlines()[0]
