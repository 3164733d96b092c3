"""How many connections suit a line: few on a short one, more where answers take their time."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.remote import Remote

WINDOW = 2 << 20
"""Bytes that one connection may have under way: OpenSSH's window."""
SPEED = 500e6
"""Bytes per second worth filling; more than one computer encrypts."""
FEWEST = 2
"""One sends while the other checks, opens or closes a file."""


def round_trip(
    remote: Remote, path: PurePosixPath, timer: Callable[[], float] = time.perf_counter
) -> float:
    """Measure how long an answer of the server takes."""
    begun = timer()
    # An account that may only write is answered too: with a refusal.
    with contextlib.suppress(RemoteRefusedError):
        remote.stat(path)
    return timer() - begun


def lanes(seconds: float, most: int) -> int:
    """Tell how many connections fill a line.

    Each carries a window of data per round trip. On a short line more of them only get in each
    other's way.

    References
    ----------
    RFC 7323, section 1.1 (bandwidth-delay product).

    Examples
    --------
    >>> lanes(0.0005, 8), lanes(0.02, 8), lanes(0.05, 8), lanes(0.05, 1)
    (2, 5, 8, 1)
    """
    return max(1, min(most, max(FEWEST, math.ceil(seconds * SPEED / WINDOW))))
