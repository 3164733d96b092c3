"""Seeded faults: every study is processed once, and the ledger says what is there.

``NEUROFLOW_FAULTS`` sets about how many faults strike; what struck is told at the end.
"""

import os
import random
from collections import Counter
from dataclasses import replace

import asyncssh
import pytest
from support.counting import Counting
from support.proxy import Fault, Proxy
from support.struck import STRUCK
from support.transfers import submit

from neuroflow.contract import upload_path
from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import ConnectError, TransferError
from neuroflow.ledger.states import State
from neuroflow.transfer.sftp import packets
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload.plan import plan

FAULTS = int(os.environ.get("NEUROFLOW_FAULTS", "200"))
PER_RUN = 18
RUNS = max(2, FAULTS // 15)  # some of those drawn meet a connection that ends before
FIRST = RUNS * int(os.environ.get("NEUROFLOW_SEED", "0"))
TIMEOUT, PATIENCE, QUIET = 0.4, 0.4, 0.7
STUDIES, SIZE = 12, 150_000


def faults(rng):
    """Draw what happens to the first connections; the later ones are good."""
    kinds = ["reset", "close", "slow close", "silence"]
    drawn = []
    for _ in range(PER_RUN - 3):
        after = rng.choice([rng.randint(1, 4000), rng.randint(4000, SIZE), rng.randint(4000, SIZE)])
        drawn.append(Fault(after, rng.choice(kinds), PATIENCE))
        if rng.random() < 0.2:
            drawn.append(None)
    return drawn


@pytest.fixture
def refusing(monkeypatch):
    """Return a function that lets the embedded service refuse some requests, once each."""
    struck = Counter()

    def refuse(rng):
        left = {
            "write": rng.randint(1, 60),
            "close": rng.randint(1, STUDIES),
            "mkdir": rng.randint(1, 2),
        }

        def strikes(kind):
            left[kind] -= 1
            if left[kind] == 0:
                struck[f"refused {kind}"] += 1
            return left[kind] == 0

        write, close, mkdir = S3Home.write, S3Home.close, S3Home.mkdir

        def bad_write(self, *args):
            if strikes("write"):
                raise asyncssh.SFTPFailure("no space left")
            return write(self, *args)

        async def bad_close(self, handle):
            await close(self, handle)
            if strikes("close"):
                raise asyncssh.SFTPFailure("cannot be closed")

        def bad_mkdir(self, *args):
            if strikes("mkdir"):
                raise asyncssh.SFTPPermissionDenied("not now")
            return mkdir(self, *args)

        monkeypatch.setattr(S3Home, "write", bad_write)
        monkeypatch.setattr(S3Home, "close", bad_close)
        monkeypatch.setattr(S3Home, "mkdir", bad_mkdir)
        return struck

    return refuse


def one_by_one(todo, made):
    """Bring what is to be sent as if it were packaged meanwhile."""
    known = {package.study_id: package for package in made}
    for item in todo.to_do:
        yield item, known[item.study_id]


def send_all(made, ledger, connect_again, *, while_packaging):
    """Submit until nothing is left to do; a run may fail for want of a connection."""
    for _ in range(40):
        todo = plan(made, ledger, {})
        states = {row.study_id: row.state for row in ledger.rows()}
        if all(states[item.study_id] is State.UNCONFIRMED for item in todo.to_do):
            return
        more = one_by_one(todo, made) if while_packaging else None
        given = (replace(todo, items=()), []) if while_packaging else (todo, made)
        options = {"connections": 4, "quiet_seconds": QUIET, "incoming": more}
        try:
            for _ in submit(*given, connect_again, ledger, **options):
                pass
        except (ConnectError, TransferError):
            continue


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_no_fault_makes_a_study_come_twice_or_in_part(
    tmp_path, trusting, packages, ledger, refusing, monkeypatch, seed
):
    rng = random.Random(seed)
    takes = seed % 3 == 2  # the service takes uploads away as soon as they are whole
    made = packages(STUDIES, size=SIZE)
    refused = refusing(rng)
    if seed % 2:  # as of a server that offers nothing beyond the protocol
        monkeypatch.setattr(packets, "LIMITS", b"longer requests")
    with (
        Counting(tmp_path / "service", delay=0, takes_uploads=takes) as service,
        Proxy(service.port, faults=faults(rng)) as proxy,
    ):
        known = trusting(service)
        known.trust(proxy.host, proxy.port, fetch_host_key(service.host, service.port))
        profile = replace(service.profile, port=proxy.port)
        send_all(
            made,
            ledger,
            lambda: connect(profile, hostkeys=known, timeout=TIMEOUT),
            while_packaging=seed % 4 > 1,
        )
        wholes = service.wholes(made)
        doubtful = [row.study_id for row in ledger.rows() if row.state is State.UNCONFIRMED]
        todo = plan([each for each in made if each.study_id in doubtful], ledger, {}, replace=True)
        direct = connect(service.profile, hostkeys=trusting(service))
        with direct:  # what only the user may decide goes whole once they ask for it
            list(submit(todo, made, lambda: direct, ledger, quiet_seconds=0.0, connections=1))
        assert all(row.state is State.SUBMITTED for row in ledger.rows())
    STRUCK.update(proxy.struck + refused)
    for row, count, package in zip(ledger.rows(), wholes, made, strict=True):
        if row.study_id in doubtful:
            assert count <= 1  # only the user may have it sent again
        else:
            assert (row.state, count) == (State.SUBMITTED, 1)
        there = service.home / upload_path(package.cohort_id, package.study_id)
        assert takes or there.read_bytes() == package.path.read_bytes()
