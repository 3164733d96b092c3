"""How much is under way on a line: enough to fill it, little enough to be told from silence."""

import dataclasses
from collections import deque

import pytest
from support.proxy import Proxy
from support.transfers import submit

from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.sftp.window import (
    INITIAL_SIZE,
    MAX_SIZE,
    MIN_SIZE,
    TARGET_SECONDS,
    SendWindow,
)
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload.plan import plan

KB = 1000
REQUEST = 32 * 1024


class Line:
    """A line of `rate` bytes per second, which hands over `bunch` bytes at a time."""

    def __init__(self, rate, bunch=REQUEST):
        self.rate, self.bunch, self.now = rate, bunch, 0.0
        self.window = SendWindow(lambda: self.now)
        self.in_flight = deque()

    def carry(self, size):
        """Keep the line full until `size` bytes are over."""
        while size > 0:
            while sum(request.size for request in self.in_flight) < self.window.size + self.bunch:
                self.in_flight.append(self.window.on_send(REQUEST))
            self.now += self.bunch / self.rate
            size -= self.bunch
            for _ in range(self.bunch // REQUEST):
                self.window.on_ack(self.in_flight.popleft())
        return self.window


@pytest.mark.parametrize("bunch", [REQUEST, 2 * REQUEST, 8 * REQUEST])
@pytest.mark.parametrize("rate", [200 * KB, 600 * KB, 3000 * KB])
def test_a_few_seconds_of_the_line_are_under_way(rate, bunch):
    assert Line(rate, bunch).carry(20 * rate).size == pytest.approx(TARGET_SECONDS * rate, rel=0.05)


@pytest.mark.parametrize("bunch", [REQUEST, 2 * REQUEST])
@pytest.mark.parametrize(("rate", "size"), [(12 * KB, MIN_SIZE), (100_000 * KB, MAX_SIZE)])
def test_neither_nothing_nor_everything_is_under_way(rate, bunch, size):
    assert Line(rate, bunch).carry(2 * MAX_SIZE).size == size


def test_a_connection_that_slows_is_noticed_at_once():
    line = Line(20_000 * KB)
    assert line.carry(100_000 * KB).size == MAX_SIZE
    line.rate = 50 * KB
    assert line.carry(300 * KB).size < MAX_SIZE / 3


def test_a_pause_is_forgotten_with_the_next_answers():
    line = Line(20_000 * KB)
    line.carry(100_000 * KB)
    line.now += 600
    assert line.carry(2 * REQUEST).size < MAX_SIZE
    assert line.carry(20_000 * KB).size == MAX_SIZE


def test_request_length_follows_the_speed_of_the_connection():
    slow, fast = (Line(rate).carry(INITIAL_SIZE) for rate in (10 * KB, 100_000 * KB))
    assert slow.request_size(REQUEST, 255 * 1024) == REQUEST
    assert fast.request_size(REQUEST, 255 * 1024) == 255 * 1024


@pytest.mark.sshd
def test_a_slow_line_is_not_taken_for_a_dead_one(sshd, trusting, packages, ledger):
    (one,) = packages(1, size=300 * KB)
    with Proxy(sshd.port, rate=40 * KB) as proxy:
        known = trusting(sshd)
        known.trust(proxy.host, proxy.port, fetch_host_key(sshd.host, sshd.port))
        profile = dataclasses.replace(sshd.profile, port=proxy.port)
        # 255 KiB take longer than the patience, 32 KiB do not.
        events = list(
            submit(
                plan([one], ledger, {}),
                [one],
                lambda: connect(profile, hostkeys=known, timeout=5.0),
                ledger,
                quiet_seconds=0.1,
            )
        )
        assert proxy.connections == 1
    assert [event.status for event in events if event.study_id][-1] == "done"
