"""SFTP servers that others wrote, on a loopback port: ProFTPD's mod_sftp and rclone."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from support.sshd import free_port
from support.waits import PATIENCE

from neuroflow.transfer.ssh.profile import Profile

PROFTPD = """
ServerType standalone
DefaultServer on
ModulePath /usr/lib/proftpd
LoadModule mod_sftp.c
Port {port}
DefaultAddress 127.0.0.1
SocketBindTight on
User {user}
Group {group}
RootLogin on
UseReverseDNS off
PidFile {folder}/pid
ScoreboardFile {folder}/score
DelayEngine off
WtmpLog off
SystemLog {folder}/log
AuthUserFile {folder}/passwd
AuthOrder mod_auth_file.c
RequireValidShell off
DefaultRoot {home}
AllowOverwrite on
AllowStoreRestart off
SFTPEngine on
SFTPLog {folder}/sftp.log
SFTPHostKey {folder}/host_key
SFTPAuthMethods publickey
SFTPAuthorizedUserKeys file:{folder}/authorized
{extra}
"""


def _program(name, package):
    """Return the path of a server's program; skip the test loudly where there is none."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        pytest.skip(f"{package} is not installed: SFTP IS NOT TESTED AGAINST IT")
    return path


class _Server:
    """A server as a context manager; `home` is what the user sees."""

    user, key_kind, host = "site7", ("ed25519",), "127.0.0.1"

    def __init__(self, folder, *, extra=(), limit_kb=None):
        self.folder = Path(folder).resolve()
        self.home = self.folder / "home"
        self.key, self.port = self.folder / "client_key", free_port()
        self._extra = extra
        self._limit_kb = limit_kb  # The largest file that the server may write

    @property
    def profile(self):
        return Profile(host=self.host, port=self.port, user=self.user, key=self.key)

    def __enter__(self):
        for name in ("input", "output"):
            (self.home / name).mkdir(parents=True)
        for name in ("host_key", "client_key"):
            keygen = ["ssh-keygen", "-q", "-N", "", "-m", "PEM", "-t", *self.key_kind, "-f"]
            subprocess.run([*keygen, self.folder / name], check=True)
        command = self.command()
        if self._limit_kb is not None:
            limit = f'ulimit -f {self._limit_kb}; exec "$@"'
            command = ["bash", "-c", limit, "bash", *command]
        with (self.folder / "output.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | {"HOME": str(self.folder)}
            )
        self._wait()
        return self

    def __exit__(self, *exc):
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _wait(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port)):
                return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "output.log").read_text())


class Rclone(_Server):
    """``rclone serve sftp``: it writes behind, and refuses a file when it is closed."""

    def command(self):
        return [
            _program("rclone", "rclone"),
            *("serve", "sftp", str(self.home), "--addr", f"{self.host}:{self.port}"),
            *("--user", self.user, "--authorized-keys", str(self.key) + ".pub"),
            *("--key", str(self.folder / "host_key"), "--config", os.devnull),
            *("--dir-cache-time", "0s", *self._extra),
        ]


class Proftpd(_Server):
    """ProFTPD with mod_sftp."""

    key_kind = ("rsa", "-b", "2048")

    def command(self):
        program = _program("proftpd", "proftpd-core with proftpd-mod-crypto")
        if not Path("/usr/lib/proftpd/mod_sftp.so").exists():
            _program("mod_sftp.so", "proftpd-mod-crypto")
        public = ["ssh-keygen", "-e", "-f", self.key]
        shown = subprocess.run(public, capture_output=True, text=True, check=True)
        (self.folder / "authorized").write_text(shown.stdout)
        passwd = self.folder / "passwd"
        passwd.write_text(f"site7:x:{os.getuid()}:{os.getgid()}::{self.home}:/bin/sh\n")
        passwd.chmod(0o600)
        group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True)
        facts = {"user": getpass.getuser(), "group": group.stdout.strip()}
        config = PROFTPD.format(
            **facts,
            port=self.port,
            folder=self.folder,
            home=self.home,
            extra="\n".join(self._extra),
        )
        (self.folder / "proftpd.conf").write_text(config)
        return [program, "-n", "-q", "-c", str(self.folder / "proftpd.conf")]


SERVERS = {"proftpd": Proftpd, "rclone": Rclone}
