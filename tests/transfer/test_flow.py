"""How much is under way on a line: enough to fill it, little enough to be told from silence."""

import dataclasses

import pytest
from support.proxy import Proxy

from neuroflow.transfer.flow import FIRST, LEAST, MOST, SECONDS, Flow
from neuroflow.transfer.hostkeys import fetch_host_key
from neuroflow.transfer.plan import plan
from neuroflow.transfer.sftp import connect
from neuroflow.transfer.submit import submit

KB = 1000
REQUEST = 32 * 1024


class Clock:
    """Tells the time of a line that carries `rate` bytes per second."""

    def __init__(self, rate):
        self.rate = rate
        self.now = 0.0

    def carry(self, flow, size):
        for _ in range(0, size, REQUEST):
            self.now += REQUEST / self.rate
            flow.answered(REQUEST)


def flow_of(rate, size):
    clock = Clock(rate)
    flow = Flow(lambda: clock.now)
    flow.begin()
    clock.carry(flow, size)
    return flow, clock


@pytest.mark.parametrize("rate", [100 * KB, 300 * KB, 1000 * KB, 3000 * KB])
def test_a_few_seconds_of_the_line_are_under_way(rate):
    flow, _ = flow_of(rate, 20 * rate)
    assert flow.depth == pytest.approx(SECONDS * rate, rel=0.05)


@pytest.mark.parametrize(("rate", "depth"), [(2 * KB, LEAST), (1e9, MOST)])
def test_neither_nothing_nor_everything_is_under_way(rate, depth):
    assert flow_of(rate, 2 * FIRST)[0].depth == depth


def test_a_line_that_becomes_slow_is_noticed_within_seconds():
    flow, clock = flow_of(50_000 * KB, 100_000 * KB)
    assert flow.depth == MOST
    clock.rate = 50 * KB
    clock.carry(flow, 300 * KB)
    assert flow.depth < 400 * KB


def test_waiting_between_two_files_is_no_slowness():
    flow, clock = flow_of(50_000 * KB, 100_000 * KB)
    clock.now += 600
    flow.begin()
    clock.carry(flow, MOST)
    assert flow.depth == MOST


def test_requests_are_short_on_a_slow_line_and_long_on_a_fast_one():
    slow, fast = flow_of(10 * KB, FIRST)[0], flow_of(100_000 * KB, FIRST)[0]
    assert slow.request_size(REQUEST, 255 * 1024) == REQUEST
    assert fast.request_size(REQUEST, 255 * 1024) == 255 * 1024


@pytest.mark.sshd
def test_a_slow_line_is_not_taken_for_a_dead_one(sshd, trusting, packages, ledger):
    (one,) = packages(1, size=600 * KB)
    with Proxy(sshd.port, rate=200 * KB) as proxy:
        known = trusting(sshd)
        known.trust(proxy.host, proxy.port, fetch_host_key(sshd.host, sshd.port))
        profile = dataclasses.replace(sshd.profile, port=proxy.port)
        # 255 KiB take longer than the patience, 32 KiB do not.
        events = list(
            submit(
                plan([one], ledger, {}),
                [one],
                lambda: connect(profile, hostkeys=known, timeout=1.0),
                ledger,
                quiet_seconds=0.1,
            )
        )
        assert proxy.connections == 1
    assert [event.status for event in events if event.study_id][-1] == "done"
