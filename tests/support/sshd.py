"""A private sshd of OpenSSH on a loopback port: its own keys, SFTP only, in a temporary folder."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from support.waits import PATIENCE

from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.profile import Profile

CONFIG = """
{extra}
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 10
ForceCommand internal-sftp -d {home}
"""
SUBSYSTEM = "Subsystem sftp internal-sftp\n"


def find_sshd():
    """Return sshd's path (it must be absolute), or None."""
    return shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def require_sshd():
    """Skip the test loudly where there is no sshd; in CI that is a failure."""
    if find_sshd() and shutil.which("ssh-keygen"):
        return
    message = "OpenSSH's sshd is not installed: SFTP IS NOT TESTED AGAINST THE REFERENCE SERVER"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


class Sshd:
    """sshd as a context manager; `home` is what the user sees."""

    def __init__(self, folder, *, extra="", kind="ed25519", has_sftp=True, max_files=None):
        self.folder = Path(folder).resolve()
        self.home = self.folder / "home"
        self.key = self.folder / "client_key"
        self.host = "127.0.0.1"
        self.port = free_port()
        self.user = getpass.getuser()
        self._extra = extra
        self._kind = kind
        self._max_files = max_files  # that one of its processes may have open
        self._has_sftp = has_sftp
        self._process = None

    @property
    def profile(self):
        return Profile(host=self.host, port=self.port, user=self.user, key=self.key)

    def __enter__(self):
        for name in ("input", "output"):
            (self.home / name).mkdir(parents=True)
        keygen = ["ssh-keygen", "-q", "-t", self._kind, "-N", "", "-f"]
        subprocess.run([*keygen, self.folder / "host_key"], check=True)
        public = make_key(self.key)
        (self.folder / "authorized_keys").write_text(public.line + "\n")
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def start(self):
        config = self.folder / "sshd_config"
        facts = {"port": self.port, "folder": self.folder, "home": self.home, "extra": self._extra}
        config.write_text(CONFIG.format(**facts) + SUBSYSTEM * self._has_sftp)
        if os.geteuid() == 0:  # sshd separates its privileges in this folder
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._log = (self.folder / "sshd.log").open("ab")
        command = [find_sshd(), "-D", "-e", "-f", str(config)]
        if self._max_files is not None:
            command = ["sh", "-c", f'ulimit -n {self._max_files}; exec "$@"', "sh", *command]
        self._process = subprocess.Popen(command, stderr=self._log, start_new_session=True)
        self._wait()

    def restart(self, extra=""):
        """Begin anew with other settings, as its administrator would; SFTP is switched on."""
        self.stop()
        self._extra, self._has_sftp = extra, True
        self.start()

    def stop(self):
        """End the listener; sessions go on, as with any sshd."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()

    def _wait(self):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port)):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError((self.folder / "sshd.log").read_text())


def add_host_key(folder, kind):
    """Make another host key in a server's folder; return its setting and its fingerprint."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"host_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    return f"HostKey {path}", fingerprint(path)


def fingerprint(path):
    """Return the fingerprint of a key file as OpenSSH shows it."""
    shown = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=True)
    return shown.stdout.split()[1]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
