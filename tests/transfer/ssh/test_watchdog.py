"""The watchdog that ends a connection on which nothing happens."""

import threading

from neuroflow.transfer.ssh.watchdog import Watchdog


def test_a_time_without_activity_ends_the_connection():
    ended = threading.Event()
    watchdog = Watchdog(ended.set, seconds=0.01)
    with watchdog:
        assert ended.wait(5)
    assert watchdog.expired
    watchdog.stop()
