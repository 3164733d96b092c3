"""How long this computer has been running: a clock that nobody can set."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> float:
    """Return seconds of a clock that only runs forward; on Linux it runs while asleep, too.

    clock_gettime(2), CLOCK_BOOTTIME. Where it stands still during sleep, waits get longer, never
    shorter.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@cache
def boot_id() -> str:
    """Return what identifies this run of the operating system; empty where it gives no name."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
