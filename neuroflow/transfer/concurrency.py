"""How many connections to open: few where latency is low, more where it is high."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.remote import Remote

WINDOW_BYTES = 2 << 20
"""Bytes that one connection may have in flight: OpenSSH's window."""
TARGET_BYTES_PER_SECOND = 500e6
"""Throughput to aim for; more than one computer can encrypt."""
MIN_CONNECTIONS = 2
"""One sends while the other checks, opens or closes a file."""


def round_trip_time(
    remote: Remote, path: PurePosixPath, timer: Callable[[], float] = time.perf_counter
) -> float:
    """Measure the latency of one request, in seconds."""
    begun = timer()
    # An account that may only write is answered too: with a refusal.
    with contextlib.suppress(RemoteRefusedError):
        remote.stat(path)
    return timer() - begun


def connections_for(latency: float, limit: int) -> int:
    """Return how many connections fill the network path; `latency` is one round trip in seconds."""
    # The bandwidth-delay product (RFC 7323, section 1.1): each connection carries one window per
    # round trip. At low latency more of them only slow each other down.
    wanted = math.ceil(latency * TARGET_BYTES_PER_SECOND / WINDOW_BYTES)
    return max(1, min(limit, max(MIN_CONNECTIONS, wanted)))
