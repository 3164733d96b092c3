"""AWS Transfer Family as `ministack` emulates it: an SFTP server over S3 that others wrote."""

import contextlib
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.sshd import free_port
from support.waits import PATIENCE

from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.profile import Profile

BUCKET = "studies"
USER = "site-7"
COMMAND = "NEUROFLOW_MINISTACK"


def require_ministack():
    """Return the emulator's command; skip the test loudly where there is none."""
    found = os.environ.get(COMMAND) or shutil.which("ministack")
    if not found:
        pytest.skip(
            "NOT TESTED AGAINST AN INDEPENDENT EMULATOR OF AWS TRANSFER FAMILY: install "
            f"ministack[full] in an environment of its own and name its command in {COMMAND}"
        )
    return found


class Ministack:
    """The emulator in a process of its own; `home` of its one user is a folder of a bucket."""

    host = "127.0.0.1"
    user = USER

    def __init__(self, folder):
        self.folder = Path(folder)
        self.key = self.folder / "client_key"
        self.port = free_port()
        self._gateway = free_port()

    @property
    def profile(self):
        return Profile(host=self.host, port=self.port, user=self.user, key=self.key)

    def __enter__(self):
        command = require_ministack()
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "GATEWAY_PORT": str(self._gateway),
            "SFTP_PORT": str(self.port),
            "SFTP_ENABLED": "1",
            "SFTP_HOST": self.host,
            "BIND_HOST": self.host,
            "TMPDIR": str(self.folder),
        }
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [command], env=os.environ | facts, stdout=self._log, stderr=self._log
        )
        try:
            self._set_up(make_key(self.key))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()

    def objects(self):
        """List the keys of the bucket's objects, without those that stand for folders."""
        listing = self._ask("GET", f"/{BUCKET}?list-type=2").decode()
        keys = [part.split("</Key>")[0] for part in listing.split("<Key>")[1:]]
        return sorted(key for key in keys if not key.endswith("/"))

    def content(self, key):
        return self._ask("GET", f"/{BUCKET}/{key}")

    def _set_up(self, public):
        self._wait()
        self._ask("PUT", f"/{BUCKET}")
        server = self._transfer("CreateServer", Protocols=["SFTP"])["ServerId"]
        self._transfer(
            "CreateUser",
            ServerId=server,
            UserName=USER,
            Role="arn:aws:iam::000000000000:role/sftp",
            HomeDirectoryType="LOGICAL",
            HomeDirectoryMappings=[{"Entry": "/", "Target": f"/{BUCKET}/home"}],
            SshPublicKeyBody=public.line,
        )
        for name in ("input", "output"):  # the vendor makes them with the account
            self._ask("PUT", f"/{BUCKET}/home/{name}/")

    def _wait(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                self._ask("GET", "/_ministack/health")
                return
            if self._process.poll() is not None:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def _transfer(self, operation, **fields):
        headers = {
            "X-Amz-Target": f"TransferService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return json.loads(self._ask("POST", "/", json.dumps(fields).encode(), headers))

    def _ask(self, method, path, data=None, headers=None):
        url = f"http://{self.host}:{self._gateway}{path}"
        request = urllib.request.Request(url, data, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if path.startswith("/_"):
                return b""
            raise RuntimeError(f"{method} {path}: {error.read()!r}") from error
