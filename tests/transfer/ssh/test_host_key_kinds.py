"""Servers with several host keys, and servers that renew them."""

import pytest
from support.sshd import Sshd, add_host_key, fingerprint, require_sshd

from neuroflow.errors import HostKeyChangedError, HostKeyError, HostKeyUnknownError
from neuroflow.transfer.diagnose import diagnose
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.workspace.connection.service import Service

pytestmark = pytest.mark.sshd
KINDS = ("ed25519", "ecdsa", "rsa")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server with keys of three kinds, and `marks` with their fingerprints."""
    require_sshd()
    folder = tmp_path_factory.mktemp("server")
    added = {kind: add_host_key(folder, kind) for kind in KINDS[1:]}
    with Sshd(folder, extra="\n".join(line for line, _ in added.values())) as found:
        found.marks = {"ed25519": fingerprint(folder / "host_key")}
        found.marks |= {kind: mark for kind, (_, mark) in added.items()}
        yield found


@pytest.fixture
def project(tmp_path, server):
    found = Service(tmp_path)
    found.save_profile(server.profile)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_fingerprint_of_any_kind_is_a_right_answer(project, server, kind):
    project.trust(server.marks[kind])
    project.connect().close()
    assert [step.ok for step in project.probe()] == [True] * 5
    assert project.unknown_host() is None
    assert project.hostkeys.pinned(server.host, server.port) == (server.marks[kind],)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fingerprint_pinned_beforehand_is_found_among_all_kinds(known, server, kind):
    known.pin(server.host, server.port, server.marks[kind])
    connect(server.profile, hostkeys=known).close()
    assert len(known.kinds(server.host, server.port)) == 1


def test_two_confirmed_keys_of_a_server_stand_beside_each_other(project, server):
    for kind in ("rsa", "ed25519", "rsa"):
        project.trust(server.marks[kind])
        project.connect().close()
    both = {server.marks["rsa"], server.marks["ed25519"]}
    assert set(project.hostkeys.pinned(server.host, server.port)) == both


def test_all_kinds_are_shown_before_the_first_one_is_confirmed(project, server, known):
    shown = project.unknown_host()
    assert set(shown.fingerprints) == set(server.marks.values())
    *_, step = diagnose(server.profile, known)
    assert isinstance(step.error, HostKeyUnknownError)
    assert {name.split()[1] for name in step.error.shown} == set(server.marks.values())
    assert all(mark in step.message for mark in server.marks.values())


def test_all_kinds_of_a_jump_host_are_shown_too(project, server, tmp_path, monkeypatch):
    """Of a jump host that has another fingerprint each time: unknown, confirmed, changed."""
    lines = f" HostName {server.host}\n Port {server.port}\n User {server.user}\n"
    config = tmp_path / ".ssh" / "config"
    config.parent.mkdir()
    config.write_text(
        f"Host near\n{lines} IdentityFile {server.key}\nHost far\n{lines} ProxyJump near\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    project.save_profile(Profile("far", server.user, server.key))
    old = "SHA256:" + "A" * 43

    def last_error(kind):
        *_, step = project.probe()
        assert isinstance(step.error, kind)
        assert step.error.what.startswith("The jump host near")
        assert {name.split()[1] for name in step.error.shown} == set(server.marks.values())

    last_error(HostKeyUnknownError)
    shown = project.unknown_host()
    assert (shown.host, shown.is_jump_host) == ("near", True)
    project.hostkeys.pin("near", 22, old)
    last_error(HostKeyChangedError)
    project.replace_host_key(old, server.marks["rsa"])
    shown = project.unknown_host()
    assert (shown.host, shown.is_jump_host) == ("far", False)
    project.trust(server.marks["ecdsa"])
    assert [step.ok for step in project.probe()] == [True] * 5


def test_a_key_of_another_kind_is_not_a_new_server(tmp_path, server, project):
    """Whoever intercepts a connection may show a key of a kind that was never pinned."""
    project.trust(server.marks["ed25519"])
    before = project.hostkeys.path.read_text()
    with Sshd(tmp_path / "other", kind="ecdsa") as impostor:
        impostor.stop()
        place = f"[{server.host}]:{server.port}"
        project.hostkeys.path.write_text(before.replace(place, f"[{server.host}]:{impostor.port}"))
        impostor.start()
        project.save_profile(impostor.profile)
        pinned = project.hostkeys.path.read_text()
        for attempt in (project.connect, project.unknown_host):
            with pytest.raises(HostKeyChangedError):
                attempt()
        with pytest.raises(HostKeyChangedError):
            project.trust(fingerprint(impostor.folder / "host_key"))
        assert project.hostkeys.path.read_text() == pinned


@pytest.fixture
def renewed(tmp_path):
    """Return a service whose server has another host key since it was confirmed, and both."""
    require_sshd()
    with Sshd(tmp_path / "server") as server:
        project = Service(tmp_path)
        project.save_profile(server.profile)
        old = fingerprint(server.folder / "host_key")
        project.trust(old)
        server.stop()
        for name in ("host_key", "host_key.pub"):
            (server.folder / name).unlink()
        add_host_key(server.folder, "ecdsa")
        (server.folder / "host_ecdsa").rename(server.folder / "host_key")
        server.start()
        yield project, old, fingerprint(server.folder / "host_key")


@pytest.mark.cures("HostKeyChangedError")
def test_a_renewed_key_is_accepted_by_the_advised_call(renewed):
    project, old, new = renewed
    with pytest.raises(HostKeyChangedError) as caught:
        project.connect()
    call = caught.value.advice.partition("ws.service.")[2].rstrip(".")
    assert call == f"replace_host_key({old!r}, 'SHA256:NEW')"
    project.replace_host_key(old, new)
    project.connect().close()
    assert project.hostkeys.pinned(*place(project)) == (new,)


def place(project):
    return project.profile.host, project.profile.port


def test_a_key_that_the_server_does_not_show_replaces_nothing(renewed):
    project, old, new = renewed
    with pytest.raises(HostKeyChangedError, match="does not show"):
        project.replace_host_key(old, "SHA256:" + "A" * 43)
    with pytest.raises(HostKeyError, match="No confirmed host key"):
        project.replace_host_key("SHA256:" + "A" * 43, new)
    assert project.hostkeys.pinned(*place(project)) == (old,)


def test_a_forgotten_key_has_to_be_confirmed_again(renewed):
    project, old, new = renewed
    project.forget_host_key(old)
    with pytest.raises(HostKeyUnknownError):
        project.connect()
    assert project.unknown_host().fingerprints == (new,)
