"""Every way a connection can fail: its own clear error, from `connect` and from the test."""

import contextlib
import dataclasses
import logging
import os
import socket
import threading
import time

import paramiko
import pytest
from support.proxy import Fault, Proxy
from support.sshd import Sshd, free_port, require_sshd
from support.waits import PATIENCE

from neuroflow.errors import (
    ConfigError,
    ConnectionLostError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostNotFoundError,
    KeyFileError,
    LoginRefusedError,
    PortError,
    SessionError,
)
from neuroflow.transfer.diagnose import STAGES, diagnose
from neuroflow.transfer.sftp import packets
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.ssh.profile import Profile


@pytest.fixture
def profile(tmp_path):
    make_key(tmp_path / "own_key")
    return Profile(host="127.0.0.1", port=free_port(), user="me", key=tmp_path / "own_key")


@contextlib.contextmanager
def answering(reply=None, *, closes=False):
    """Listen on a port: silent, or saying something, or hanging up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    kept.append(client)
                    if reply:
                        client.recv(1000)  # a web server waits for a request
                        client.sendall(reply)
                    if reply or closes:
                        client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for client in kept:
            client.close()


def last_step(profile, known, passphrase=None, timeout=30.0):
    """Run the connection test; return the stages passed and the last step."""
    *passed, last = diagnose(profile, known, passphrase, timeout)
    assert all(step.ok for step in passed)
    assert [step.name for step in [*passed, last]] == list(STAGES[: len(passed) + 1])
    return last


def refused(error, profile, known, *, at, says, **options):
    """Check that both ways in refuse alike, at the right stage, with advice; return the error."""
    with pytest.raises(error, match=says) as caught:
        connect(profile, hostkeys=known, **options)
    assert type(caught.value) is error
    step = last_step(profile, known, **options)
    assert (step.name, step.ok) == (at, False)
    assert type(step.error) is error
    assert caught.value.what in step.message
    assert step.advice
    return caught.value


def test_a_name_that_does_not_resolve(profile, known):
    nowhere = dataclasses.replace(profile, host="s-123.server.transfer.invalid")
    refused(HostNotFoundError, nowhere, known, at="name", says="not known")


@pytest.mark.parametrize("host", ["", "two words", "ü" * 70, "a" * 300, "host\0"])
def test_a_host_that_cannot_be_one(profile, known, host):
    with pytest.raises((HostNotFoundError, PortError, ConfigError)):
        connect(dataclasses.replace(profile, host=host), hostkeys=known)


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_a_port_that_is_none(profile, port):
    with pytest.raises(ConfigError, match=f"The port {port} of the profile"):
        dataclasses.replace(profile, port=port)


def test_a_closed_port(profile, known):
    refused(PortError, profile, known, at="port", says="refuses connections")


def test_a_silent_port(profile, known):
    with answering() as port:
        silent = dataclasses.replace(profile, port=port)
        refused(PortError, silent, known, at="port", says="does not respond", timeout=0.3)


def test_a_port_that_drops_everything(profile, known, monkeypatch):
    def time_out(sock, address):
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", time_out)
    refused(PortError, profile, known, at="port", says="firewall")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "a web server"),
        (b"220 mail.example.org ESMTP\r\n", "another program"),
    ],
)
def test_a_port_that_speaks_something_else(profile, known, reply, says):
    with answering(reply) as port:
        other = dataclasses.replace(profile, port=port)
        refused(PortError, other, known, at="port", says=says)


def test_a_port_that_hangs_up(profile, known):
    with answering(closes=True) as port:
        other = dataclasses.replace(profile, port=port)
        refused(PortError, other, known, at="port", says="closes connections")


@pytest.mark.sshd
def test_an_unknown_host_key(sshd, known):
    error = refused(HostKeyUnknownError, sshd.profile, known, at="host key", says="no pinned key")
    assert error.fingerprint == fetch_host_key(sshd.host, sshd.port).fingerprint
    assert not known.path.exists()


@pytest.mark.sshd
def test_a_changed_host_key(sshd, known):
    known.pin(sshd.host, sshd.port, "SHA256:" + "A" * 43)
    refused(HostKeyChangedError, sshd.profile, known, at="host key", says="a different key")


@pytest.mark.sshd
def test_a_confirmed_fingerprint_is_enough(sshd, known):
    known.pin(sshd.host, sshd.port, fetch_host_key(sshd.host, sshd.port).fingerprint)
    connect(sshd.profile, hostkeys=known).close()
    assert known.kinds(sshd.host, sshd.port) == ("ssh-ed25519",)


@pytest.mark.sshd
def test_a_key_the_server_does_not_know(sshd, trusting, tmp_path):
    public = make_key(tmp_path / "stranger")
    stranger = dataclasses.replace(sshd.profile, key=tmp_path / "stranger")
    known = trusting(sshd)
    error = refused(LoginRefusedError, stranger, known, at="login", says="refused user")
    assert public.fingerprint in str(error)


@pytest.mark.sshd
def test_a_user_the_server_does_not_know(sshd, trusting):
    stranger = dataclasses.replace(sshd.profile, user="nobody-here")
    refused(LoginRefusedError, stranger, trusting(sshd), at="login", says="'nobody-here'")


@pytest.mark.sshd
def test_a_key_file_that_cannot_be_used(sshd, trusting, tmp_path):
    make_key(tmp_path / "locked", passphrase="open sesame")
    locked = dataclasses.replace(sshd.profile, key=tmp_path / "locked")
    known = trusting(sshd)
    refused(KeyFileError, locked, known, at="login", says="passphrase")


@pytest.mark.sshd
@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_key_file_open_to_others(sshd, trusting, tmp_path):
    make_key(tmp_path / "open")
    (tmp_path / "open").chmod(0o644)
    opened = dataclasses.replace(sshd.profile, key=tmp_path / "open")
    error = refused(
        KeyFileError, opened, trusting(sshd), at="login", says="accessible to other users"
    )
    assert error.advice.startswith("chmod 600")


@pytest.mark.sshd
def test_a_home_without_the_folders(sshd, trusting):
    (sshd.home / "output").rmdir()
    step = last_step(sshd.profile, trusting(sshd))
    assert (step.name, step.ok) == ("folders", False)
    assert "no folder output/" in step.message


@pytest.mark.sshd
def test_a_connection_that_works_passes_every_stage(sshd, trusting):
    steps = list(diagnose(sshd.profile, trusting(sshd)))
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in STAGES]


@pytest.mark.sshd
@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_servers_with_other_kinds_of_host_key(tmp_path, trusting, kind):
    require_sshd()
    with Sshd(tmp_path / "server", kind=kind) as server:
        assert all(step.ok for step in diagnose(server.profile, trusting(server)))


@pytest.mark.sshd
def test_the_pinned_kind_of_key_is_asked_for(tmp_path, known):
    """A server with several keys must not show another one than the pinned one."""
    require_sshd()
    folder = tmp_path / "server"
    extra = f"HostKey {folder}/client_key"
    with Sshd(folder, kind="rsa", extra=extra) as server:
        transport = paramiko.Transport(
            (server.host, server.port), disabled_algorithms={"keys": ["ssh-ed25519"]}
        )
        transport.start_client(timeout=PATIENCE)
        rsa = transport.get_remote_server_key()
        transport.close()
        known.path.write_text(f"[{server.host}]:{server.port} ssh-rsa {rsa.get_base64()}\n")
        connect(server.profile, hostkeys=known).close()


@pytest.mark.sshd
@pytest.mark.parametrize("missing", [1.0, 0.6, 0.3, 180, 120, 80, 20])
def test_a_server_that_falls_silent_while_connecting(sshd, known, missing, monkeypatch):
    """Whatever the stage, the time-outs end it; `missing` is a share, or bytes at the end."""
    monkeypatch.setattr(packets, "LIMITS", b"")  # the one request whose answer nobody waits for
    key = fetch_host_key(sshd.host, sshd.port)

    def through(proxy, **options):
        known.trust(proxy.host, proxy.port, key)
        behind = dataclasses.replace(sshd.profile, port=proxy.port)
        return connect(behind, hostkeys=known, **options)

    with Proxy(sshd.port) as whole:
        through(whole).close()
    sent = whole.bytes_up
    after = max(5, sent - int(missing * sent if missing <= 1 else missing))
    with (
        Proxy(sshd.port, faults=[Fault(after, "silence")]) as proxy,
        pytest.raises((ConnectionLostError, PortError)),
    ):
        through(proxy, timeout=0.4)


@pytest.mark.sshd
def test_too_many_sessions(tmp_path, trusting):
    require_sshd()
    with (
        Sshd(tmp_path / "server", extra="MaxSessions 0") as server,
        pytest.raises(SessionError, match=r"opens no session.*fewer `connections`"),
    ):
        connect(server.profile, hostkeys=trusting(server))


@pytest.mark.sshd
def test_nothing_of_the_library_reaches_the_screen(profile, known, sshd, trusting, capfd):
    with contextlib.suppress(PortError), answering(b"garbage\r\n" * 200) as port:
        connect(dataclasses.replace(profile, port=port), hostkeys=known, timeout=1)
    connect(sshd.profile, hostkeys=trusting(sshd)).close()
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("neuroflow.transfer.ssh").handlers


@pytest.mark.sshd
def test_no_thread_outlives_its_connection(sshd, trusting):
    before = set(threading.enumerate())
    connect(sshd.profile, hostkeys=trusting(sshd)).close()
    deadline = time.monotonic() + PATIENCE
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(threading.enumerate()) <= before
