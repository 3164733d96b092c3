"""What a server can say in place of a session: each has its own words and a cure that works."""

import contextlib
import dataclasses
import socket
import time

import pytest
from support.agent import running_agent
from support.sshd import Sshd, require_sshd
from support.waits import PATIENCE

from neuroflow.errors import ConnectError, LoginRefusedError, PortError, SessionError
from neuroflow.transfer.diagnose import diagnose
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.keys import make_key

pytestmark = pytest.mark.sshd


@pytest.fixture
def started(tmp_path):
    """Return a function that starts a server with settings."""
    require_sshd()
    running = []

    def start(extra="", **options):
        server = Sshd(tmp_path / f"server{len(running)}", extra=extra, **options)
        running.append(server.__enter__())
        return server

    yield start
    for server in running:
        server.__exit__()


LOGIN = {
    "AuthenticationMethods publickey,password\nPasswordAuthentication yes": (
        "also wants a password",
        "login with the key alone",
    ),
    "PubkeyAuthentication no\nPasswordAuthentication yes": (
        "accepts no key from user .* It offers only: password",
        "register your public key",
    ),
    "AuthenticationMethods publickey,publickey": ("wants a second key", "login with one key"),
}
SESSION = {
    "ForceCommand echo 'Welcome to the cluster'; /usr/lib/openssh/sftp-server": (
        'sends text in place of SFTP. Its message: "Welcome to the cluster"',
        "to remove it",
    ),
    "ForceCommand echo 'This account is currently not available.'; exit 1": (
        "has closed this account for sessions",
        "enable SFTP for this account",
    ),
    "ForceCommand exit 1": ("SFTP program of the server ended at once", "check the account"),
    "MaxSessions 0": ("opens no session", "fewer `connections`"),
}


@pytest.mark.cures("LoginRefusedError")
@pytest.mark.parametrize("extra", LOGIN)
def test_a_login_that_is_not_finished_says_what_is_wanted(started, trusting, extra):
    says, advice = LOGIN[extra]
    refused_then_cured(started(extra), trusting, LoginRefusedError, "login", says, advice)


@pytest.mark.cures("SessionError")
@pytest.mark.parametrize("extra", SESSION)
def test_a_session_that_does_not_start_says_what_came_instead(started, trusting, extra):
    says, advice = SESSION[extra]
    refused_then_cured(started(extra), trusting, SessionError, "folders", says, advice)


def test_a_server_without_sftp_is_named_as_one(started, trusting):
    server = started(has_sftp=False)
    refused_then_cured(server, trusting, SessionError, "folders", "has no SFTP", "enable SFTP")


WEAK = {
    "Ciphers aes128-cbc,3des-cbc": "ciphers .* too weak.*: aes128-cbc, 3des-cbc",
    "Ciphers aes256-ctr\nMACs hmac-sha1,hmac-md5": "authentication codes .*: hmac-sha1, hmac-md5",
    "KexAlgorithms diffie-hellman-group14-sha1": "key exchanges .*: diffie-hellman-group14-sha1",
}


@pytest.mark.cures("ConnectError")
@pytest.mark.parametrize("extra", WEAK)
def test_a_server_with_weak_algorithms_only_is_refused(started, trusting, extra):
    server = started()
    known = trusting(server)
    server.restart(extra)
    refused_then_cured(server, lambda _: known, ConnectError, "port", WEAK[extra], "aes256-ctr")


STRONG = [
    "Ciphers aes256-ctr\nMACs hmac-sha2-512\nKexAlgorithms ecdh-sha2-nistp521",
    "Ciphers aes128-gcm@openssh.com\nKexAlgorithms diffie-hellman-group14-sha256",
    "KexAlgorithms diffie-hellman-group-exchange-sha256",
]


@pytest.mark.parametrize("extra", STRONG)
def test_each_strong_algorithm_is_enough(started, trusting, extra):
    server = started(extra)
    connect(server.profile, hostkeys=trusting(server)).close()


def refused_then_cured(server, trusting, error, stage, says, advice):
    """Check the error in both ways of connecting; then change the server as the advice asks."""
    known = trusting(server)
    with pytest.raises(error, match=says) as caught:
        connect(server.profile, hostkeys=known)
    assert type(caught.value) is error
    assert advice in caught.value.advice
    *_, step = diagnose(server.profile, known)
    assert (step.name, step.ok, type(step.error)) == (stage, False, error)
    server.restart()
    connect(server.profile, hostkeys=known).close()


def test_a_login_with_two_keys_takes_both_from_the_agent(started, trusting, tmp_path, monkeypatch):
    server = started("AuthenticationMethods publickey,publickey")
    second = make_key(tmp_path / "second")
    keys = server.folder / "authorized_keys"
    keys.write_text(keys.read_text() + second.line + "\n")
    with running_agent() as (socket_path, add):
        monkeypatch.setenv("SSH_AUTH_SOCK", socket_path)
        add(server.key, tmp_path / "second")
        profile = dataclasses.replace(server.profile, key=None)
        connect(profile, hostkeys=trusting(server), ssh_config=tmp_path / "none").close()


@pytest.mark.cures("PortError")
def test_a_server_that_throttles_is_quoted(started, trusting):
    server = started()
    known = trusting(server)
    server.restart("PerSourceMaxStartups 1")
    with (
        contextlib.closing(waiting_login(server)),
        pytest.raises(PortError, match='"Exceeded MaxStartups"') as caught,
    ):
        connect(server.profile, hostkeys=known)
    assert "accepts no more connections" in caught.value.what
    assert "fewer `connections`" in caught.value.advice
    waiting_login(server).close()  # as soon as the server has noticed the end of the other one
    for _ in patiently():
        with contextlib.suppress(PortError):
            connect(server.profile, hostkeys=known).close()
            break


def waiting_login(server):
    """Open the one connection that the server lets wait for its login."""
    for _ in patiently():
        sock = socket.create_connection((server.host, server.port))
        if sock.recv(100).startswith(b"SSH-"):
            return sock
        sock.close()


def patiently():
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
    pytest.fail("the server lets nobody in any more")
