"""`neuroflow connect` with host keys to confirm or renew, and with a protected key."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest
from support.waits import PATIENCE

OLD = "SHA256:" + "A" * 43


@pytest.fixture
def outdated(project, service):
    """Return a project whose confirmed host key is not that of the server."""
    (project / "known_hosts").write_text(f"# pinned [{service.host}]:{service.port} {OLD}\n")
    return project


def test_a_renewed_host_key_is_accepted_by_the_printed_command(run, outdated, service):
    code, out, _ = run("connect", outdated)
    assert code == 6
    (command,) = [line for line in out.splitlines() if "neuroflow connect PROJECT" in line]
    words = shlex.split(command[command.index("neuroflow connect PROJECT") :])
    assert words[3:] == ["--forget-host-key", OLD, "--host-key", "SHA256:NEW"]
    assert run("connect", outdated, *words[3:-1], service.fingerprint)[0] == 0
    assert run("connect", outdated)[0] == 0
    assert OLD not in (outdated / "known_hosts").read_text()


def test_a_new_fingerprint_alone_replaces_nothing(run, outdated, service):
    before = (outdated / "known_hosts").read_text()
    code, _, err = run("connect", outdated, "--host-key", service.fingerprint)
    assert code == 6
    assert "--forget-host-key" in err
    assert (outdated / "known_hosts").read_text() == before


def test_a_fingerprint_that_the_server_does_not_show_replaces_nothing(run, outdated):
    before = (outdated / "known_hosts").read_text()
    other = "SHA256:" + "B" * 43
    code, _, err = run("connect", outdated, "--forget-host-key", OLD, "--host-key", other)
    assert code == 6
    assert "does not show the confirmed host key" in err
    assert (outdated / "known_hosts").read_text() == before


def test_a_forgotten_host_key_is_unknown_again(run, outdated, service):
    code, out, _ = run("connect", outdated, "--forget-host-key", OLD)
    assert code == 6
    assert "has no pinned key yet" in out
    assert service.fingerprint in out


def test_what_is_not_followed_in_ssh_config_is_printed(run, project, tmp_path, monkeypatch):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n BindAddress 127.0.0.1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    code, out, _ = run("connect", project)
    assert code == 0
    assert "Not followed in ssh_config: BindAddress." in out


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_a_terminal_is_asked_for_fingerprint_and_passphrase(tmp_path, service):
    pexpect = pytest.importorskip("pexpect")
    key = tmp_path / "id_key"
    shutil.copy(service.key, key)
    protect = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", key]
    subprocess.run(protect, check=True, capture_output=True)
    words = ["-m", "neuroflow", "connect", tmp_path / "p", "--host", service.host, "--port"]
    words += [service.port, "--user", service.user, "--key", key]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("NEUROFLOW")}
    child = pexpect.spawn(
        sys.executable, [str(word) for word in words], env=environ, timeout=PATIENCE
    )
    child.expect("SHA256:")
    child.expect("Paste the fingerprint")
    child.sendline(service.fingerprint)
    child.expect("Passphrase of .*id_key")
    child.sendline("wrong")
    child.expect("does not open")
    child.expect("Passphrase of .*id_key")
    child.sendline("open sesame")
    child.expect("folders")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
