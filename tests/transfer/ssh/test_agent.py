"""Keys of the ssh-agent: all in turn, one that is chosen, or none that can be used."""

import dataclasses
import os
import subprocess

import pytest
from support.agent import running_agent
from support.proxy import Proxy
from support.sshd import Sshd, fingerprint, require_sshd

from neuroflow.errors import KeyFileError, LoginRefusedError
from neuroflow.transfer.diagnose import diagnose
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh import login
from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.ssh.profile import Profile

SECRET = "open sesame"


@pytest.fixture
def agent(monkeypatch):
    """Run the system's ssh-agent; return a function that adds keys."""
    with running_agent() as (place, add):
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        yield add


@pytest.fixture
def no_config(tmp_path):
    return tmp_path / "no_config"


@pytest.fixture
def strangers(tmp_path):
    """Return a function that makes keys which no server knows."""

    def make(count):
        paths = [tmp_path / f"stranger{n}" for n in range(count)]
        for path in paths:
            make_key(path)
        return paths

    return make


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    monkeypatch.setattr(login, "_accepted", {})


def with_agent(server):
    return dataclasses.replace(server.profile, key=None)


def accepted(profile, known, config, passphrase=None):
    """Connect, and return the fingerprint of the accepted key as the connection test shows it."""
    connect(profile, hostkeys=known, passphrase=passphrase, ssh_config=config).close()
    steps = list(diagnose(profile, known, passphrase, ssh_config=config))
    assert [step.ok for step in steps] == [True] * 5
    return steps[3].message.split()[-1].rstrip(".")


@pytest.mark.sshd
def test_its_keys_are_tried_in_turn(sshd, trusting, agent, strangers, no_config):
    agent(*strangers(2), sshd.key)
    mark = accepted(with_agent(sshd), trusting(sshd), no_config)
    assert mark == fingerprint(sshd.key)


@pytest.mark.sshd
@pytest.mark.parametrize(("tries", "count"), [(6, 7), (6, 12), (3, 7), (1, 3)])
def test_many_agent_keys_are_tried_over_several_connections(
    tmp_path, known, agent, strangers, no_config, tries, count
):
    require_sshd()
    with Sshd(tmp_path / "server", extra=f"MaxAuthTries {tries}") as server:
        agent(*strangers(count), server.key)
        with Proxy(server.port) as proxy:
            known.trust(proxy.host, proxy.port, fetch_host_key(server.host, server.port))
            profile = dataclasses.replace(with_agent(server), port=proxy.port)
            for connections in (count // min(tries, 5) + 1, 1):  # the right one is known then
                before = proxy.connections
                connect(profile, hostkeys=known, ssh_config=no_config).close()
                assert proxy.connections - before == connections


@pytest.mark.sshd
def test_after_many_rejected_keys_the_user_must_choose_one(
    tmp_path, known, agent, strangers, no_config
):
    require_sshd()
    with Sshd(tmp_path / "server", extra="MaxAuthTries 1") as server:
        agent(*strangers(8), server.key)
        known.trust(server.host, server.port, fetch_host_key(server.host, server.port))
        with pytest.raises(LoginRefusedError, match="5 more keys") as caught:
            connect(with_agent(server), hostkeys=known, ssh_config=no_config)
        assert "public key file (.pub) as the key" in caught.value.advice
        public = server.key.with_name(server.key.name + ".pub")
        chosen = dataclasses.replace(server.profile, key=public)
        assert accepted(chosen, known, no_config) == fingerprint(server.key)


@pytest.mark.sshd
@pytest.mark.parametrize("only", ["yes", "no"])
def test_a_public_key_file_in_ssh_config_chooses_one(
    sshd, trusting, agent, strangers, tmp_path, only
):
    agent(*strangers(7), sshd.key)
    config = tmp_path / "config"
    config.write_text(f"Host *\n IdentityFile {sshd.key}.pub\n IdentitiesOnly {only}\n")
    assert accepted(with_agent(sshd), trusting(sshd), config) == fingerprint(sshd.key)


@pytest.mark.sshd
def test_a_protected_key_for_all_hosts_keeps_the_agent(sshd, trusting, agent, tmp_path):
    make_key(tmp_path / "id_rsa", passphrase=SECRET)
    agent(sshd.key)
    config = tmp_path / "config"
    config.write_text(f"Host *\n AddKeysToAgent yes\n IdentityFile {tmp_path}/id_rsa\n")
    assert accepted(with_agent(sshd), trusting(sshd), config) == fingerprint(sshd.key)


@pytest.mark.sshd
def test_the_agent_of_ssh_config_takes_precedence(sshd, trusting, agent, strangers, tmp_path):
    agent(*strangers(1))
    with running_agent() as (place, add):
        add(sshd.key)
        config = tmp_path / "config"
        config.write_text(f"Host *\n IdentityAgent {place}\n")
        assert accepted(with_agent(sshd), trusting(sshd), config) == fingerprint(sshd.key)
        config.write_text("Host *\n IdentityAgent none\n")
        with pytest.raises(KeyFileError, match="has no key"):
            connect(with_agent(sshd), hostkeys=trusting(sshd), ssh_config=config)


@pytest.mark.sshd
def test_a_protected_key_in_the_agent_needs_no_passphrase(
    sshd, trusting, agent, tmp_path, no_config, monkeypatch
):
    public = make_key(tmp_path / "mine", passphrase=SECRET)
    profile = dataclasses.replace(sshd.profile, key=tmp_path / "mine")
    allowed = sshd.folder / "authorized_keys"
    before = allowed.read_text()
    allowed.write_text(before + public.line + "\n")
    try:
        with pytest.raises(KeyFileError, match="protected by a passphrase") as caught:
            connect(profile, hostkeys=trusting(sshd), ssh_config=no_config)
        for words in (caught.value.advice, caught.value.advice.cli, caught.value.advice.form):
            assert "NEUROFLOW_PASSPHRASE" in words
            assert f"ssh-add {tmp_path}/mine" in words
        assert accepted(profile, trusting(sshd), no_config, SECRET) == public.fingerprint
        add_protected(tmp_path, monkeypatch, tmp_path / "mine")
        assert accepted(profile, trusting(sshd), no_config) == public.fingerprint
    finally:
        allowed.write_text(before)


def add_protected(tmp_path, monkeypatch, key):
    """Add a protected key as a user does; a script answers in place of the keyboard."""
    answer = tmp_path / "answer"
    answer.write_text(f"#!/bin/sh\necho '{SECRET}'\n")
    answer.chmod(0o700)
    environ = os.environ | {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"}
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True, env=environ)


@pytest.mark.sshd
def test_an_agent_that_does_not_sign_is_named(sshd, trusting, monkeypatch, no_config):
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")  # who is asked to confirm says no
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    with running_agent() as (place, _):
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        subprocess.run(["ssh-add", "-q", "-c", sshd.key], check=True, capture_output=True)
        with pytest.raises(KeyFileError, match="did not sign") as caught:
            connect(with_agent(sshd), hostkeys=trusting(sshd), ssh_config=no_config)
        assert "Unlock the agent" in caught.value.advice
        subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
        subprocess.run(["ssh-add", "-q", sshd.key], check=True, capture_output=True)
        connect(with_agent(sshd), hostkeys=trusting(sshd), ssh_config=no_config).close()


@pytest.mark.sshd
def test_all_its_keys_may_be_wrong(sshd, trusting, agent, strangers, no_config):
    agent(*strangers(1))
    with pytest.raises(LoginRefusedError, match="SHA256:"):
        connect(with_agent(sshd), hostkeys=trusting(sshd), ssh_config=no_config)


def test_an_agent_without_keys_is_reported(agent, no_config, known):
    with pytest.raises(KeyFileError, match="has no key"):
        connect(Profile("127.0.0.1", "u"), hostkeys=known, ssh_config=no_config)


def test_a_missing_agent_is_reported(known, monkeypatch, no_config):
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    with pytest.raises(KeyFileError, match="is not running"):
        connect(Profile("127.0.0.1", "u"), hostkeys=known, ssh_config=no_config)


def test_a_public_key_without_its_private_key_is_reported(known, agent, strangers, no_config):
    (path,) = strangers(1)
    profile = Profile("127.0.0.1", "u", path.with_name(path.name + ".pub"))
    with pytest.raises(KeyFileError, match="does not hold its private key"):
        connect(profile, hostkeys=known, ssh_config=no_config)
