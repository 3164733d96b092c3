"""The retry policy: which errors are worth another attempt, how often and after how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from neuroflow.errors import ConnectionLostError, HostNotFoundError, PortError, SessionError

T = TypeVar("T")

TRANSIENT_ERRORS = (ConnectionLostError, PortError, HostNotFoundError, SessionError)
"""Errors that end when the network is back, or when the server has room for sessions again; every
other error ends the job."""

MAX_RECONNECTS = 30
"""How often a lost connection is opened again: for about twelve minutes, while tasks remain."""
FIRST_RECONNECT_SECONDS, MAX_RECONNECT_SECONDS, JITTER_SECONDS = 0.5, 30, 1

FIRST_PAUSES = (1, 2, 4)
"""Pauses between attempts at the first connection of a job, in seconds: a wrong address, which
looks like a network that is away, is reported soon."""

MAX_ATTEMPTS = 3
"""How often one study or result folder is tried in a run, while connections break."""

BACKOFF_FACTOR = 1.5
"""Growth of the pause between status checks while nothing changes."""
MAX_PAUSE_INTERVALS = 15
"""The longest such pause, in intervals, where the caller sets none."""


def with_retries(operation: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Run an operation that opens its own connection; retry it while the network is down."""
    for pause in FIRST_PAUSES:
        try:
            return operation()
        except TRANSIENT_ERRORS:
            sleep(pause)
    return operation()


def reconnecting(
    sleep: Callable[[float], None],
    is_needed: Callable[[], bool],
    on_failure: Callable[[BaseException | None], None],
) -> tenacity.Retrying:
    """Return the policy for opening a lost connection again: exponential backoff with jitter."""

    def report(state: tenacity.RetryCallState) -> None:
        on_failure(state.outcome.exception() if state.outcome else None)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TRANSIENT_ERRORS),
        wait=tenacity.wait_exponential(
            multiplier=FIRST_RECONNECT_SECONDS, max=MAX_RECONNECT_SECONDS
        )
        + tenacity.wait_random(0, JITTER_SECONDS),
        stop=lambda state: state.attempt_number >= MAX_RECONNECTS or not is_needed(),
        sleep=sleep,
        before_sleep=report,
        reraise=True,
    )


def next_pause(
    pause: float, interval: float, *, has_changed: bool, longest: float | None = None
) -> float:
    """Return the pause before the next status check, in seconds."""
    if has_changed:
        return interval
    limit = MAX_PAUSE_INTERVALS * interval if longest is None else longest
    return min(pause * BACKOFF_FACTOR, max(interval, limit))
