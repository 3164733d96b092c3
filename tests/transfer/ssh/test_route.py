"""The way to a server: ssh_config, jump hosts, proxy commands, agent, IPv6; every host checked."""

import dataclasses
import os
import socket
import subprocess
import sys
import tempfile

import pytest
from support.sshd import Sshd, require_sshd

from neuroflow.contract import OUTPUT
from neuroflow.errors import (
    ConfigError,
    HostKeyChangedError,
    HostKeyUnknownError,
    LoginRefusedError,
    PortError,
)
from neuroflow.transfer.diagnose import STAGES, diagnose
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.transfer.ssh.route import find_route
from neuroflow.workspace.connection.config import read_profile, write_profile
from neuroflow.workspace.connection.service import Service


@pytest.fixture
def ssh_config(tmp_path):
    """Return a function that writes OpenSSH's configuration."""

    def write(text):
        path = tmp_path / "ssh_config"
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="module")
def bastion(tmp_path_factory):
    require_sshd()
    with Sshd(tmp_path_factory.mktemp("bastion"), kind="ecdsa") as server:
        yield server


def pin(known, name, port, server):
    known.trust(name, port, fetch_host_key(server.host, server.port))


def entry(name, server, *more):
    lines = [f"HostName {server.host}", f"Port {server.port}", f"User {server.user}", *more]
    return f"Host {name}\n" + "".join(f"  {line}\n" for line in lines)


def greet(profile, known, config, **options):
    """Connect, look, and run the connection test; both have to agree."""
    with connect(profile, hostkeys=known, ssh_config=config, **options) as remote:
        assert remote.stat(OUTPUT).is_folder
    steps = list(diagnose(profile, known, ssh_config=config))
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in STAGES]
    return steps


# ------------------------------------------------------------------ deciding


def test_what_the_profile_says_wins(ssh_config, tmp_path):
    path = ssh_config("Host far\n HostName 10.0.0.9\n Port 2222\n User other\n IdentityFile /k\n")
    route = find_route(Profile("far", "me", tmp_path / "own", port=99), path)
    assert (route.host, route.port, route.user) == ("10.0.0.9", 99, "me")
    assert route.identities.files == (tmp_path / "own",)


def test_what_it_leaves_open_is_looked_up(ssh_config, tmp_path):
    (tmp_path / "key").touch()
    path = ssh_config(
        f"Host far\n Port 2222\n User other\n IdentityFile {tmp_path}/key\n IdentityFile /no\n"
    )
    route = find_route(Profile("far", ""), path)
    assert (route.host, route.port, route.user) == ("far", 2222, "other")
    assert route.identities.files == (tmp_path / "key",)
    assert (route.name, route.name_port) == ("far", 22)


def test_several_jumps_come_in_order_each_with_its_own_entry(ssh_config):
    path = ssh_config(
        "Host far\n ProxyJump a,you@[::1]:2022\nHost a\n HostName a.example\n User me\n"
        " ProxyJump first\n"
    )
    route = find_route(Profile("far", "u"), path)
    hops = [(hop.user, hop.host, hop.port) for hop in route.hops]
    assert hops[1:] == [("me", "a.example", 22), ("you", "::1", 2022), ("u", "far", 22)]
    assert hops[0][1] == "first"


@pytest.mark.parametrize("value", ["none", "NONE"])
def test_no_jump_is_none(ssh_config, value):
    assert find_route(Profile("far", "u"), ssh_config(f"ProxyJump {value}")).via is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Host far\n ProxyJump far", "more than 8 hosts"),
        ("Host far\n ProxyJump a b", "not a jump host"),
        ("Host far\n Port ssh", "not a number"),
    ],
)
def test_an_odd_file_is_told(ssh_config, text, says):
    with pytest.raises(ConfigError, match=says):
        find_route(Profile("far", "u"), ssh_config(text))


@pytest.mark.parametrize("text", ["nonsense", "HostName", 'User "open', "Match host", "Match x y"])
def test_another_hosts_broken_line_is_reported_and_stops_nothing(ssh_config, text):
    path = ssh_config(f"Host other\n User x\n {text}\nHost far\n Port 2222\n")
    route = find_route(Profile("far", "u"), path)
    assert route.port == 2222
    assert "line 3" in route.notes[0].lower()


def test_without_any_user_there_is_no_way(ssh_config):
    with pytest.raises(ConfigError, match="has no user name"):
        find_route(Profile("far", ""), ssh_config(""))


def test_the_agent_is_a_word_in_the_profile(tmp_path):
    path = tmp_path / "neuroflow.toml"
    write_profile(path, Profile("far", "u"))
    assert 'key = "agent"' in path.read_text()
    assert read_profile(path) == Profile("far", "u")


# ------------------------------------------------------------------ going


@pytest.mark.sshd
def test_an_alias_with_port_and_user(sshd, known, ssh_config):
    pin(known, "far", 22, sshd)
    greet(Profile("far", "", sshd.key), known, ssh_config(entry("far", sshd)))


@pytest.mark.sshd
def test_through_a_jump_host(sshd, bastion, known, ssh_config):
    config = ssh_config(
        entry("far", sshd, "ProxyJump near") + entry("near", bastion, f"IdentityFile {bastion.key}")
    )
    profile = Profile("far", sshd.user, sshd.key)
    with pytest.raises(HostKeyUnknownError, match="near has no pinned key"):
        connect(profile, hostkeys=known, ssh_config=config)
    pin(known, "near", 22, bastion)
    with pytest.raises(HostKeyUnknownError, match="far has no pinned key"):
        connect(profile, hostkeys=known, ssh_config=config)
    pin(known, "far", 22, sshd)
    greet(profile, known, config)


@pytest.mark.sshd
def test_another_key_of_the_jump_host_ends_it(sshd, bastion, known, ssh_config):
    known.pin("near", 22, fetch_host_key(sshd.host, sshd.port).fingerprint)
    config = ssh_config(entry("far", sshd, "ProxyJump near") + entry("near", bastion))
    with pytest.raises(HostKeyChangedError, match="The jump host near") as caught:
        connect(Profile("far", "u", bastion.key), hostkeys=known, ssh_config=config)
    advice = caught.value.advice
    for words in (advice, advice.cli, advice.form):
        assert "ask the administrator of near which fingerprint is right" in words
        assert "neuropacs" not in words


@pytest.mark.sshd
def test_a_jump_host_that_cannot_reach_the_server(bastion, known, ssh_config, tmp_path):
    pin(known, "near", 22, bastion)
    config = ssh_config(
        "Host far\n HostName 127.0.0.1\n Port 1\n ProxyJump near\n" + entry("near", bastion)
    )
    with pytest.raises(PortError, match="jump host near does not connect"):
        connect(Profile("far", "u", bastion.key), hostkeys=known, ssh_config=config)


COMMAND = (
    "import socket,sys,threading,os\n"
    "s=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n"
    "def up():\n"
    "  while d:=os.read(0,65536): s.sendall(d)\n"
    "  s.shutdown(1)\n"
    "threading.Thread(target=up,daemon=True).start()\n"
    "while d:=s.recv(65536): os.write(1,d)\n"
)


@pytest.mark.sshd
@pytest.mark.skipif(os.name == "nt", reason="no ProxyCommand on Windows")
def test_through_a_command(sshd, known, ssh_config, tmp_path):
    script = tmp_path / "nc.py"
    script.write_text(COMMAND)
    pin(known, "far", 22, sshd)
    config = ssh_config(entry("far", sshd, f"ProxyCommand {sys.executable} {script} %h %p"))
    greet(Profile("far", sshd.user, sshd.key), known, config)


@pytest.mark.skipif(os.name == "nt", reason="no ProxyCommand on Windows")
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "`false` ended with code 1"),
        ("no-such-program %h", r"ended with code 127. Its message: .*no-such-program: not found"),
        ("echo proxy: access denied >&2", 'failed. Its message: "proxy: access denied"'),
        ("echo HTTP/1.1 403 Forbidden", "a web server. Its message: .*403 Forbidden"),
        ("sleep 9", "reached through the ProxyCommand `sleep 9`"),
    ],
)
def test_a_command_that_fails_is_quoted(known, ssh_config, tmp_path, command, says):
    make_key(tmp_path / "key")
    config = ssh_config(f"Host far\n ProxyCommand {command}\n")
    profile = Profile("far", "u", tmp_path / "key")
    with pytest.raises(PortError, match=says) as caught:
        connect(profile, hostkeys=known, ssh_config=config, timeout=0.5)
    assert caught.value.advice


@pytest.mark.sshd
def test_over_ipv6(tmp_path, known):
    require_sshd()
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this computer has no IPv6")
    with Sshd(tmp_path / "six", extra="ListenAddress ::1") as server:
        pin(known, "::1", server.port, server)
        for host in ("::1", "[::1]"):
            greet(dataclasses.replace(server.profile, host=host), known, tmp_path / "none")


@pytest.mark.sshd
def test_a_jump_host_that_refuses_the_key_is_named(sshd, bastion, known, ssh_config, tmp_path):
    make_key(tmp_path / "stranger")
    pin(known, "near", 22, bastion)
    pin(known, "far", 22, sshd)
    own = f"IdentityFile {tmp_path}/stranger"
    config = ssh_config(entry("far", sshd, "ProxyJump near") + entry("near", bastion, own))
    profile = Profile("far", sshd.user, sshd.key)
    with pytest.raises(LoginRefusedError, match=r"jump host near .* refused user") as caught:
        connect(profile, hostkeys=known, ssh_config=config)
    assert "IdentityFile of near in ssh_config" in caught.value.advice
    assert "neuropacs" not in caught.value.advice
    config.write_text(config.read_text().replace(str(tmp_path / "stranger"), str(bastion.key)))
    greet(profile, known, config)


@pytest.mark.sshd
def test_an_interactive_jump_host_login_is_reused(sshd, tmp_path, known, ssh_config):
    """Where a jump host wants a code, the user logs in once and leaves that connection open."""
    pin(known, "far", 22, sshd)
    with Sshd(tmp_path / "near") as near, tempfile.TemporaryDirectory() as short:
        config = ssh_config(
            entry("far", sshd, f"ProxyCommand ssh -F {tmp_path}/ssh_config -W %h:%p near")
            + entry("near", near, f"IdentityFile {near.key}", f"ControlPath {short}/s")
            + "Host *\n UserKnownHostsFile /dev/null\n StrictHostKeyChecking no\n LogLevel ERROR\n"
        )
        by_hand = ["ssh", "-F", config, "-MNf", "near"]
        subprocess.run(by_hand, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            (near.folder / "authorized_keys").write_text("")  # no other login is possible
            greet(Profile("far", sshd.user, sshd.key), known, config)
        finally:
            subprocess.run(
                ["ssh", "-F", config, "-O", "exit", "near"], check=True, capture_output=True
            )


# ------------------------------------------------------------------ pinning on the way


@pytest.mark.sshd
def test_each_host_on_the_way_is_confirmed_once(sshd, bastion, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text(
        entry("far", sshd, "ProxyJump near") + entry("near", bastion, f"IdentityFile {bastion.key}")
    )
    monkeypatch.setenv("HOME", str(home))
    service = Service(tmp_path)
    service.save_profile(Profile("far", sshd.user, sshd.key))
    confirmed = []
    while (shown := service.unknown_host()) is not None:
        assert service.host_fingerprint() == shown.fingerprint
        service.trust(shown.fingerprint)
        confirmed.append(shown.host)
    assert confirmed == ["near", "far"]
    with service.connect() as remote:
        assert remote.stat(OUTPUT).is_folder
    with pytest.raises(HostKeyChangedError, match="does not show"):
        service.trust("SHA256:" + "A" * 43)
