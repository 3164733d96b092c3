"""ssh_config as OpenSSH reads it: compared with `ssh -G` where it is installed."""

import getpass
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from neuroflow.errors import ConfigError, KeyFileError, PortError
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.config import Entry, look_up
from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.keys.files import load_key
from neuroflow.transfer.ssh.known_hosts import HostKeys
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.transfer.ssh.route import find_route


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file beside ssh_config."""

    def writer(text, name="config"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return path

    return writer


SAME_AS_OPENSSH = {
    "the first value wins": "Host far\n Port 2222\nHost *\n Port 3333\n User all\n",
    "equal signs and quotes": 'Host "far" near\n Port=2222\n User = "me too"\n HostName="x.org"\n',
    "a comment behind a value": "Host far # mine\n Port 2222 # and this\n",
    "patterns": "Host *.org !far f?r\n Port 2222\nHost f?r\n User a\nHost f*\n Port 4\n",
    "negation wins": "Host f* !far\n Port 2222\n",
    "capital keywords": "HOST far\n PORT 2222\n user me\n",
    "settings before the first host": "Port 2222\nHost far\n User me\n",
    "tabs and blanks": "\tHost\tfar\n\t\tPort\t 2222\n",
    "match host": "Host far\n HostName x.org\nMatch host x.org\n Port 2222\n",
    "match originalhost": "Host far\n HostName x.org\nMatch originalhost far\n Port 2222\n",
    "match both": "Match originalhost far host near\n Port 2222\nMatch all\n Port 3333\n",
    "match negated": "Match !originalhost near\n Port 2222\n",
    "match with an equal sign": "Match host=far\n Port 2222\n",
    "match user": "Match user somebody\n Port 2222\nMatch originalhost far\n Port 3333\n",
    "match exec": 'Match originalhost far exec "test %h = far"\n Port 2222\n',
    "match exec fails": 'Match originalhost far exec "test %h = near"\n Port 2222\n',
    "match final": "Match final host x.org\n Port 2222\nHost far\n HostName x.org\n",
    "several match hosts": "Match originalhost near,far\n Port 2222\n",
    "a host name with a token": "Host far\n HostName %h.example.org\n",
    "an include": "Include more\nHost far\n User later\n",
    "an include in a host": "Host near\n Include more\nHost far\n Port 3333\n",
    "an include in this host": "Host far\n Include more\n User me\nHost near\n Port 1\n",
    "an include with a pattern": "Include parts/*.conf\n",
    "an include that is missing": "Include nothing/*\nHost far\n Port 2222\n",
}


@pytest.mark.skipif(not shutil.which("ssh"), reason="OpenSSH is not installed")
@pytest.mark.parametrize("name", SAME_AS_OPENSSH)
def test_a_host_is_looked_up_as_openssh_does(write, tmp_path, name):
    more = "Port 2222\nHost far\n User included\nHost near\n User other\n"
    write(more, "more")
    write("Host far\n Port 2222\n", "parts/1.conf")
    write("Host far\n Port 3333\n User second\n", "parts/2.conf")
    text = SAME_AS_OPENSSH[name].replace("Include ", f"Include {tmp_path}/")
    path = write(text)
    shown = subprocess.run(
        ["ssh", "-G", "-F", path, "far"], capture_output=True, text=True, check=True
    ).stdout
    theirs = dict(line.partition(" ")[::2] for line in shown.splitlines())
    ours = look_up("far", path=path)
    assert ours.get("port", "22") == theirs["port"]
    assert ours.host == theirs["hostname"]
    assert ours.get("user", getpass.getuser()) == theirs["user"]


def test_an_include_is_relative_to_the_file(write):
    write("Host far\n Port 2222\n", "parts/1.conf")
    assert look_up("far", path=write("Include parts/*.conf\n")).get("port") == "2222"


def test_an_include_of_itself_ends(write):
    path = write("Include config\n")
    with pytest.raises(ConfigError, match="include each other"):
        look_up("far", path=path)


def test_an_include_that_cannot_be_read_is_reported(write, tmp_path):
    (tmp_path / "parts" / "folder").mkdir(parents=True)
    entry = look_up("far", path=write("Include parts/*\nHost far\n Port 2222\n"))
    assert entry.get("port") == "2222"
    assert entry.notes == (f"{tmp_path}/parts/folder is not used: Is a directory.",)


def test_a_connection_that_fails_names_what_was_not_followed(write, tmp_path):
    make_key(tmp_path / "key")
    path = write("Match localnetwork 10.0.0.0/8\n ProxyJump near\n")
    known = HostKeys(tmp_path / "known_hosts")
    with pytest.raises(PortError, match="Match localnetwork is not supported"):
        connect(
            Profile("127.0.0.1", "u", tmp_path / "key", port=1), hostkeys=known, ssh_config=path
        )


@pytest.mark.parametrize(
    "text",
    [
        "# Grüße\nHost far\n Port 2222\n".encode("latin-1"),
        "\ufeffHost far\n Port 2222\n".encode(),
        b"Host far\r\n Port 2222\r\n",
        b"Host other\n User \xff\xfe\nHost far\n Port 2222\n",
    ],
)
def test_bytes_of_another_encoding_stop_nothing(write, text):
    entry = look_up("far", path=write(text))
    assert (entry.get("port"), entry.notes) == ("2222", ())


def test_what_is_not_followed_is_reported(write):
    path = write(
        "Host far\n CertificateFile ~/.ssh/cert\n BindAddress 10.0.0.1\n Compression yes\n"
        "Host other\n PKCS11Provider /x\nMatch localnetwork 10.0.0.0/8\n Port 1\n"
    )
    (line, names) = look_up("far", path=path).notes
    assert line.startswith("Line 7 of ")
    assert "Match localnetwork is not supported" in line
    assert names == "Not followed in ssh_config: BindAddress, CertificateFile."


def test_a_criterion_that_would_not_be_reached_is_not_reported(write):
    entry = look_up("far", path=write("Match host near localnetwork 10.0.0.0/8\n Port 1\n"))
    assert entry.notes == ()


def test_a_host_key_alias_is_the_name_of_the_key(write):
    path = write("Host far\n HostName 10.0.0.9\n Port 2222\n HostKeyAlias neuropacs\n")
    route = find_route(Profile("far", "u"), path)
    assert (route.name, route.name_port) == ("neuropacs", 22)
    assert (route.host, route.port) == ("10.0.0.9", 2222)


def test_a_command_gets_port_user_and_names_of_the_profile(write):
    path = write(
        "Host *\n User other\n Port 99\n HostName 10.0.0.9\n ProxyCommand nc %n %h %p %r%%\n"
    )
    route = find_route(Profile("far", "site-7", port=2222), path)
    assert route.command == "nc far 10.0.0.9 2222 site-7%"


@pytest.mark.parametrize(
    ("host", "user"),
    [
        ("x;touch pwned", "u"),
        ("$(touch pwned)", "u"),
        ("`touch pwned`", "u"),
        ("-oProxyCommand=touch", "u"),
        ("x|touch", "u"),
        ("x\ntouch pwned", "u"),
        ("far", "u;touch pwned"),
        ("far", "$(touch pwned)"),
        ("far", "-x"),
        ("far", "u -x"),
        ("far", "u\n"),
        ("far", 'u"x'),
    ],
)
@pytest.mark.parametrize("setting", ["ProxyCommand nc %h %p %r", 'Match exec "true %h %r"'])
def test_text_of_a_profile_never_runs_as_a_command(write, host, user, setting):
    path = write(f"Host *\n {setting}\n Compression yes\n")
    if user.strip() != user:
        user += "x"
    with pytest.raises(ConfigError, match="would treat as a command"):
        find_route(Profile(host, user), path)


@pytest.mark.parametrize("host", ["fe80::1%eth0", "host_name.example.org", "10.0.0.9"])
def test_usual_names_may_stand_in_a_command(write, host):
    path = write("Host *\n ProxyCommand nc %h %p\n")
    assert find_route(Profile(host, "PH0000_SITE@x.y"), path).command == f"nc {host} 22"


def test_keys_are_named_with_tokens_and_home(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KEYS", "keys")
    (tmp_path / "keys").mkdir()
    for name in ("far_me", "other.pub"):
        (tmp_path / "keys" / name).touch()
    path = write(
        "Host far\n IdentityFile ~/keys/%n_%r\n IdentityFile %d/${KEYS}/other\n IdentityFile /no\n"
    )
    files = find_route(Profile("far", "me"), path).identities.files
    assert files == (tmp_path / "keys" / "far_me", tmp_path / "keys" / "other.pub")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless device")
def test_an_endless_file_is_not_used_and_reported(write):
    entry = look_up("far", path=write("Include /dev/zero\nHost far\n Port 2222\n"))
    assert entry.get("port") == "2222"
    assert entry.notes == ("/dev/zero is not used: File too large.",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_not_waited_for(write, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    entry = look_up("far", path=write("Include pipe\nHost far\n Port 2222\n"))
    assert entry.get("port") == "2222"
    assert entry.notes == (f"{tmp_path}/pipe is not used: It is a pipe.",)
    with pytest.raises(KeyFileError, match="is not a private key"):
        load_key(tmp_path / "pipe")


KEYWORDS = "Host far * !far Match all host final Include Port 22 HostName ProxyJump IdentityFile"
TOKENS = "%h % %% me@x:1 ~ ${HOME} = # \" ' \\ ü user ! ,"
PARTS = [*KEYWORDS.split(), *TOKENS.split(), *"\n\n\n\t\x00", "\udcff"]


def test_no_file_breaks_the_look_up(tmp_path):
    """Whatever stands in the file, there is a route, or an error that names what to correct."""
    draw = random.Random(7)
    path = tmp_path / "config"
    routes, errors = [], []
    for _ in range(400):
        text = "".join(draw.choice(["", " "]) + draw.choice(PARTS) for _ in range(40))
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        try:
            routes.append(find_route(Profile("far", "u"), path))
        except ConfigError as error:
            errors.append(error)
    assert len(routes) > 100
    assert any(route.notes for route in routes)
    assert all(note.encode() for route in routes for note in route.notes)
    assert errors
    assert all(error.advice for error in errors)


def test_an_entry_without_values_is_the_name_itself():
    assert Entry("far").host == "far"


def test_a_user_without_a_name_has_a_number(monkeypatch):
    def unknown():
        raise KeyError("getpwuid(): uid not found: 64101")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert look_up("far").tokens(22, "site")["u"] in {str(getattr(os, "getuid", int)()), "user"}
