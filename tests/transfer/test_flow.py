"""How much is under way on a line: enough to fill it, little enough to be told from silence."""

import dataclasses
from collections import deque

import pytest
from support.proxy import Proxy

from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.sftp.window import FIRST, LEAST, MOST, SECONDS, Flow
from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.submit import submit

KB = 1000
REQUEST = 32 * 1024


class Line:
    """A line of `rate` bytes per second, which hands over `bunch` bytes at a time."""

    def __init__(self, rate, bunch=REQUEST):
        self.rate, self.bunch, self.now = rate, bunch, 0.0
        self.flow = Flow(lambda: self.now)
        self.under_way = deque()

    def carry(self, size):
        """Keep the line full until `size` bytes are over."""
        while size > 0:
            while sum(request.size for request in self.under_way) < self.flow.depth + self.bunch:
                self.under_way.append(self.flow.sent(REQUEST))
            self.now += self.bunch / self.rate
            size -= self.bunch
            for _ in range(self.bunch // REQUEST):
                self.flow.answered(self.under_way.popleft())
        return self.flow


@pytest.mark.parametrize("bunch", [REQUEST, 2 * REQUEST, 8 * REQUEST])
@pytest.mark.parametrize("rate", [200 * KB, 600 * KB, 3000 * KB])
def test_a_few_seconds_of_the_line_are_under_way(rate, bunch):
    assert Line(rate, bunch).carry(20 * rate).depth == pytest.approx(SECONDS * rate, rel=0.05)


@pytest.mark.parametrize("bunch", [REQUEST, 2 * REQUEST])
@pytest.mark.parametrize(("rate", "depth"), [(12 * KB, LEAST), (100_000 * KB, MOST)])
def test_neither_nothing_nor_everything_is_under_way(rate, bunch, depth):
    assert Line(rate, bunch).carry(2 * MOST).depth == depth


def test_a_line_that_becomes_slow_is_noticed_with_the_first_answers():
    line = Line(20_000 * KB)
    assert line.carry(100_000 * KB).depth == MOST
    line.rate = 50 * KB
    assert line.carry(300 * KB).depth < MOST / 3


def test_a_pause_is_forgotten_with_the_next_answers():
    line = Line(20_000 * KB)
    line.carry(100_000 * KB)
    line.now += 600
    assert line.carry(2 * REQUEST).depth < MOST
    assert line.carry(20_000 * KB).depth == MOST


def test_requests_are_short_on_a_slow_line_and_long_on_a_fast_one():
    slow, fast = (Line(rate).carry(FIRST) for rate in (10 * KB, 100_000 * KB))
    assert slow.request_size(REQUEST, 255 * 1024) == REQUEST
    assert fast.request_size(REQUEST, 255 * 1024) == 255 * 1024


@pytest.mark.sshd
def test_a_slow_line_is_not_taken_for_a_dead_one(sshd, trusting, packages, ledger):
    (one,) = packages(1, size=300 * KB)
    with Proxy(sshd.port, rate=100 * KB) as proxy:
        known = trusting(sshd)
        known.trust(proxy.host, proxy.port, fetch_host_key(sshd.host, sshd.port))
        profile = dataclasses.replace(sshd.profile, port=proxy.port)
        # 255 KiB take longer than the patience, 32 KiB do not.
        events = list(
            submit(
                plan([one], ledger, {}),
                [one],
                lambda: connect(profile, hostkeys=known, timeout=2.0),
                ledger,
                quiet_seconds=0.1,
            )
        )
        assert proxy.connections == 1
    assert [event.status for event in events if event.study_id][-1] == "done"
