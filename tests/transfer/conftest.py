"""Servers and studies for the tests of transfers."""

import hashlib
import shutil
import time
import uuid

import pytest
from support.sshd import Sshd, require_sshd

from neuroflow.demo.service.server import DemoService
from neuroflow.ledger.ledger import Ledger
from neuroflow.models import Package
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.known_hosts import HostKeys, fetch_host_key


@pytest.fixture(scope="session")
def shared_sshd(tmp_path_factory):
    require_sshd()
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def sshd(shared_sshd):
    """Return OpenSSH's sshd with empty folders."""
    empty(shared_sshd.home)
    return shared_sshd


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory):
    with DemoService(tmp_path_factory.mktemp("service"), delay=0.0) as service:
        yield service


@pytest.fixture
def demo(shared_demo):
    """Return the embedded service, which refuses what a store of objects does; nothing in it."""
    # A connection that a test dropped ends a moment later, and its part of a file is processed.
    until = time.monotonic() + 5
    while shared_demo._connections and time.monotonic() < until:
        time.sleep(0.01)
    shared_demo.wait_until_idle()
    empty(shared_demo.home)
    return shared_demo


@pytest.fixture(params=["openssh", "embedded", "folder"])
def remote(request, opening, folder_remote):
    """Return each kind of Remote in turn, with `home` where its files are on this disk."""
    if request.param == "folder":
        home, open_it = folder_remote
    else:
        server = request.getfixturevalue({"openssh": "sshd", "embedded": "demo"}[request.param])
        home, open_it = server.home, opening(server, timeout=30.0)
    with open_it() as opened:
        opened.home = home
        yield opened


@pytest.fixture
def trusting(tmp_path):
    """Return a function that makes host keys that know a server."""

    def trust(server):
        known = HostKeys(tmp_path / "known_hosts")
        known.trust(server.host, server.port, fetch_host_key(server.host, server.port))
        return known

    return trust


@pytest.fixture
def opening(trusting):
    """Return a function that gives the `connect` of a server."""

    def opener(server, **options):
        known = trusting(server)
        return lambda: connect(server.profile, hostkeys=known, **options)

    return opener


@pytest.fixture
def folder_remote(tmp_path):
    """Return a folder with `input` and `output`, and a `connect` to it."""
    home = tmp_path / "home"
    empty(home)
    return home, lambda: LocalRemote(home)


@pytest.fixture(params=["openssh", "embedded", "folder"])
def place(request, opening, folder_remote):
    """Return each kind of server in turn: its home on this disk, and a `connect` to it."""
    if request.param == "folder":
        return folder_remote
    server = request.getfixturevalue({"openssh": "sshd", "embedded": "demo"}[request.param])
    return server.home, opening(server, timeout=30.0)


@pytest.fixture
def ledger_path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(ledger_path):
    with Ledger(ledger_path) as opened:
        yield opened


@pytest.fixture
def packages(tmp_path, ledger):
    """Return a function that makes packages known to the ledger."""

    def make(count, size=1000):
        made = [package(tmp_path / "packages", n, size) for n in range(count)]
        for each in made:
            ledger.add_package(each)
        return made

    return make


def package(folder, number, size=1000, cohort_id="COHORT"):
    """Make one package; its bytes depend on its number alone."""
    folder.mkdir(exist_ok=True)
    study_id = str(uuid.UUID(int=number, version=4))
    block = hashlib.sha256(str(number).encode()).digest()
    data = (block * (size // 32 + 1))[:size]
    path = folder / f"{study_id}.zip"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Package(cohort_id, study_id, path, size, digest, f"source{number}", f"uid{number}")


def empty(home):
    shutil.rmtree(home, ignore_errors=True)
    for name in ("input", "output"):
        (home / name).mkdir(parents=True)
