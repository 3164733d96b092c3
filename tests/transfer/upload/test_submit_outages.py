"""What a night brings: sleep, full disks, refusals, accounts that may only write. Real servers."""

import contextlib
import dataclasses
from datetime import timedelta

import asyncssh
import pytest
from support.proxy import Fault, Proxy
from support.sshd import Sshd, require_sshd
from support.transfers import FastClock, is_whole, plan_and_submit, states

from neuroflow.contract import upload_path
from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import ConnectionLostError, LedgerError, RemoteRefusedError
from neuroflow.ledger.ledger import Ledger, utc_now
from neuroflow.ledger.states import State
from neuroflow.ledger.uptime import uptime
from neuroflow.transfer.control import Clock
from neuroflow.transfer.diagnose import STAGES, diagnose
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.sftp.remote import connect as connect_to
from neuroflow.transfer.ssh.known_hosts import fetch_host_key


def run(made, ledger, connect, **options):
    return list(plan_and_submit(made, ledger, connect, **options))


# ---------------------------------------------------------------- a laptop that sleeps


class Laptop:
    """A clock that is hours later once the line of the proxy is dead."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.slept = timedelta()
        self.clock = Clock(self.now, self.sleep, self.monotonic)

    def now(self):
        asleep = timedelta(hours=8) if self.proxy.struck else timedelta()
        return utc_now() + asleep + self.slept

    def monotonic(self):
        return uptime() + self.slept.total_seconds()

    def sleep(self, seconds):
        self.slept += timedelta(seconds=seconds)


@pytest.mark.sshd
@pytest.mark.parametrize("kind", ["reset", "silence"])
def test_after_sleep_the_study_is_resent_once_quiet(sshd, trusting, packages, ledger, kind):
    made = packages(2, size=900_000)
    with Proxy(sshd.port, faults=[Fault(500_000, kind)]) as proxy:
        known = trusting(sshd)
        known.trust(proxy.host, proxy.port, fetch_host_key(sshd.host, sshd.port))
        profile = dataclasses.replace(sshd.profile, port=proxy.port)
        laptop = Laptop(proxy)
        run(
            made,
            ledger,
            lambda: connect_to(profile, hostkeys=known, timeout=0.5),
            connections=1,
            clock=laptop.clock,
        )
    assert proxy.struck
    assert states(ledger) == {State.SUBMITTED: 2}
    assert all(is_whole(sshd.home, package) for package in made)
    assert laptop.slept > timedelta(seconds=300)  # counted from the morning, not from the night


# ---------------------------------------------------------------- servers that close what is idle


class Idle(LocalRemote):
    """A folder behind a connection that is lost while nothing is asked for a minute."""

    def __init__(self, root, fake, cuts):
        super().__init__(root)
        self.fake, self.cuts, self.since = fake, cuts, fake.slept

    def stat(self, path):
        idle, self.since = self.fake.slept - self.since, self.fake.slept
        if idle > timedelta(minutes=1):
            raise ConnectionLostError("closed while idle")
        return super().stat(path)

    def put(self, local, path, on_bytes, before_last):
        if self.cuts:
            on_bytes(0)
            raise self.cuts.pop()
        return super().put(local, path, on_bytes, before_last)


@pytest.mark.parametrize("attempts", [1, 3])
def test_waiting_on_an_idle_connection_costs_no_attempt(folder_remote, packages, ledger, attempts):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.UPLOADING, "killed")
    fake, cuts = FastClock(), [ConnectionLostError("gone")] * (attempts - 1)
    options = {"quiet_seconds": 300, "attempts": attempts, "clock": fake.clock}
    run([one], ledger, lambda: Idle(folder_remote[0], fake, cuts), **options)
    assert fake.slept > timedelta(seconds=300 * attempts)
    assert states(ledger) == {State.SUBMITTED: 1}


def test_a_server_that_loses_each_check_ends_the_run(folder_remote, packages, ledger):
    class Deaf(LocalRemote):
        def stat(self, path):
            if path.suffix:
                raise ConnectionLostError("gone")
            return super().stat(path)

    events = run(packages(1), ledger, lambda: Deaf(folder_remote[0]), attempts=1)
    assert [event.status for event in events if event.study_id] == ["progress"] * 2 + ["failed"]
    assert states(ledger) == {State.PACKAGED: 1}


class LosesOpens(LocalRemote):
    """A folder whose connection is lost some times before a file is open, then once after it."""

    def __init__(self, root, losses):
        super().__init__(root)
        self.losses = losses

    def put(self, local, path, on_bytes, before_last):
        if self.losses:
            if self.losses.pop() == "open":
                on_bytes(0)
            raise ConnectionLostError("gone")
        return super().put(local, path, on_bytes, before_last)


def test_connections_lost_before_opening_cost_no_attempt(folder_remote, packages, ledger):
    fake, losses = FastClock(), ["open", "opening", "opening"]
    options = {"quiet_seconds": 300, "attempts": 2, "clock": fake.clock}
    run(packages(1), ledger, lambda: LosesOpens(folder_remote[0], losses), **options)
    assert states(ledger) == {State.SUBMITTED: 1}
    assert fake.slept > timedelta(seconds=3 * 300)  # a late empty file must not replace the study


def test_what_a_refused_upload_left_does_not_confirm_the_next(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    place = home / upload_path("COHORT", one.study_id)

    class Phantom(LosesOpens):
        """A folder that does not store what it shows, and is lost before the next upload."""

        def put(self, local, path, on_bytes, before_last):
            if not place.exists():
                on_bytes(0)
                place.write_bytes(local.read_bytes())
                before_last()
                on_bytes(local.stat().st_size)
                raise RemoteRefusedError("no space")
            return super().put(local, path, on_bytes, before_last)

    losses = []
    run([one], ledger, lambda: Phantom(home, losses))
    assert states(ledger) == {State.UNCONFIRMED: 1}
    losses += ["opening"] * 3
    clock = FastClock().clock
    run([one], ledger, lambda: Phantom(home, losses), replace=True, clock=clock)
    assert states(ledger) == {State.UPLOADING: 1}
    sent_before = place.stat().st_ino, place.stat().st_mtime_ns
    run([one], ledger, connect, clock=clock)
    assert states(ledger) == {State.SUBMITTED: 1}
    assert (place.stat().st_ino, place.stat().st_mtime_ns) != sent_before


def test_a_server_that_loses_each_opening_ends_the_run(folder_remote, packages, ledger):
    fake, losses = FastClock(), ["opening"] * 100
    options = {"quiet_seconds": 300, "attempts": 50, "clock": fake.clock}
    events = run(packages(1), ledger, lambda: LosesOpens(folder_remote[0], losses), **options)
    assert [event.status for event in events if event.study_id][-1] == "failed"
    assert len(losses) == 97


# ---------------------------------------------------------------- full disks


def test_a_full_ledger_disk_stops_before_anything_is_sent(
    demo, opening, packages, ledger_path, ledger
):
    made = packages(3)
    with Ledger(ledger_path) as full:
        database = full._file._db
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        fill(full, made[2])
        with pytest.raises(LedgerError, match="full"):
            run(made[:2], full, opening(demo), connections=1)
    assert [path.name for path in demo.home.rglob("*.zip")] == []
    run(made, ledger, opening(demo))
    assert states(ledger) == {State.SUBMITTED: 3}


def fill(ledger, package):
    """Write until SQLite finds no room any more."""
    with contextlib.suppress(LedgerError):
        while True:
            ledger.record("COHORT", package.study_id, State.PACKAGED, "x" * 1000)


@pytest.mark.parametrize("request_kind", ["write", "close"])
def test_a_full_server_disk_is_reported_and_uploads_resume_later(
    demo, opening, packages, ledger, monkeypatch, request_kind
):
    made = packages(2, size=300_000)
    close = S3Home.close

    def full_write(*_):
        raise asyncssh.SFTPFailure("No space left on device")

    async def full_close(self, handle):
        handle.file.truncate(1000)
        await close(self, handle)
        raise asyncssh.SFTPFailure("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(
            S3Home, request_kind, {"write": full_write, "close": full_close}[request_kind]
        )
        events = run(made, ledger, opening(demo), quiet_seconds=0)
    said = [e.message for e in events if e.status == "failed"]
    assert len(said) == 2
    assert all("No space left on device" in message for message in said)
    # A refused write is a part for certain; after a refused close nothing is, but for the user.
    is_open = request_kind == "close"
    assert states(ledger) == {State.UNCONFIRMED if is_open else State.PARTLY_SENT: 2}
    # What was interrupted may be stored a moment after the connection is gone.
    run(made, ledger, opening(demo), quiet_seconds=1.5)
    assert is_open is not all(is_whole(demo.home, package) for package in made)
    run(made, ledger, opening(demo), quiet_seconds=1.5, replace=True)
    assert all(is_whole(demo.home, package) for package in made)


# ---------------------------------------------------------------- what an account may not do


WRITE_ONLY = "stat,lstat,fstat,opendir,readdir,remove,rename,realpath"


@pytest.mark.sshd
def test_an_account_that_may_only_write(tmp_path, trusting, packages, ledger):
    require_sshd()
    home = tmp_path / "server" / "home"
    extra = f"ForceCommand internal-sftp -d {home} -P {WRITE_ONLY}"
    made = packages(3, size=200_000)
    with Sshd(tmp_path / "server", extra=extra) as server:
        known = trusting(server)
        assert [step.ok for step in diagnose(server.profile, known)] == [True] * len(STAGES)
        run(made, ledger, lambda: connect_to(server.profile, hostkeys=known), connections=2)
    assert states(ledger) == {State.SUBMITTED: 3}
    assert {row.message for row in ledger.rows()} == {Receipt.UNSEEN.value}
    assert all(is_whole(server.home, package) for package in made)


@pytest.mark.sshd
def test_a_cohort_folder_that_is_not_permitted_ends_the_job(tmp_path, trusting, packages, ledger):
    """The cohort id is wrong: the vendor made another folder."""
    require_sshd()
    home = tmp_path / "server" / "home"
    extra = f"ForceCommand internal-sftp -d {home} -P mkdir"
    with Sshd(tmp_path / "server", extra=extra) as server:
        known = trusting(server)
        with pytest.raises(RemoteRefusedError, match="creating the folder input/COHORT") as caught:
            run(packages(1), ledger, lambda: connect_to(server.profile, hostkeys=known))
    assert "Check the cohort id" in caught.value.advice
    assert states(ledger) == {State.PACKAGED: 1}


@pytest.mark.sshd
def test_an_account_without_write_permission_is_reported_sending_nothing(
    tmp_path, trusting, packages, ledger
):
    require_sshd()
    home = tmp_path / "server" / "home"
    with Sshd(
        tmp_path / "server", extra=f"ForceCommand internal-sftp -d {home} -P write"
    ) as server:
        known = trusting(server)
        events = run(packages(2), ledger, lambda: connect_to(server.profile, hostkeys=known))
    said = [e.message for e in events if e.status == "failed"]
    assert len(said) == 2
    assert all("denied permission" in message for message in said)
    assert states(ledger) == {State.PARTLY_SENT: 2}
