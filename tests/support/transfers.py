"""Uploads and collections as tests start them: options as keywords, and what came of them."""

import dataclasses
from collections import Counter
from datetime import timedelta

from neuroflow.contract import upload_path
from neuroflow.ledger.ledger import utc_now
from neuroflow.ledger.uptime import uptime
from neuroflow.transfer.collect import collect as collecting
from neuroflow.transfer.control import Clock, Control
from neuroflow.transfer.sftp.remote import connect as connect_to
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload import submit as submitting
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import plan


def submit(
    todo,
    packages,
    connect,
    ledger,
    *,
    stop=None,
    pause=None,
    clock=None,
    incoming=None,
    shared=None,
    **options,
):
    """Carry out a plan; the fields of `UploadOptions` are keywords."""
    return submitting.submit(
        todo,
        packages,
        connect,
        ledger,
        options=UploadOptions(**options),
        control=Control.of(stop, pause),
        clock=clock,
        incoming=incoming,
        shared=shared,
    )


def plan_and_submit(packages, ledger, connect, *, replace=False, **options):
    """Plan and submit; return the events as they come."""
    todo = plan(packages, ledger, {}, replace=replace)
    return submit(todo, packages, connect, ledger, **options)


def collect(connect, ledger, results, *, stop=None, pause=None, **options):
    """Collect; stop and pause are keywords."""
    control = Control.of(stop, pause)
    return collecting.collect(connect, ledger, results, control=control, **options)


def states(ledger):
    """Count the studies of each state."""
    return Counter(row.state for row in ledger.rows())


def is_whole(home, package):
    """Check that the server holds the whole package."""
    path = home / upload_path(package.cohort_id, package.study_id)
    return path.exists() and path.read_bytes() == package.path.read_bytes()


def behind(proxy, server, trusting, **options):
    """Return the `connect` of a server behind a proxy."""
    known = trusting(server)
    known.trust(proxy.host, proxy.port, fetch_host_key(server.host, server.port))
    profile = dataclasses.replace(server.profile, port=proxy.port)
    return lambda: connect_to(profile, hostkeys=known, **options)


class FastClock:
    """A clock that runs with the real one; a sleep moves it on at once."""

    def __init__(self):
        self.slept = timedelta()
        self.clock = Clock(self.now, self.sleep, self.monotonic)

    def now(self):
        return utc_now() + self.slept

    def monotonic(self):
        return uptime() + self.slept.total_seconds()

    def sleep(self, seconds):
        self.slept += timedelta(seconds=seconds)
