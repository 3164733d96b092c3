"""Waiting until the service has answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pandas as pd

from neuroflow.models import Event, OnEvent
from neuroflow.states import State

WAITING = (State.SUBMITTED, State.PROCESSING, State.PARTIAL, State.OVERDUE)
"""States of a study whose result the service still owes."""
ANSWERED = (State.DELIVERED, State.COLLECTED, State.FAILED)
"""States of a study that the service has answered."""


def wait_for_results(
    look: Callable[[], pd.DataFrame],
    *,
    timeout: float,
    interval: float,
    listen: OnEvent,
    stop: threading.Event | None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> pd.DataFrame:
    """Look again and again until every study that was sent is answered.

    Parameters
    ----------
    look
        Returns the present status.
    timeout, interval
        How long to wait in all and between two looks, in seconds.
    listen
        Hears of every look.
    stop
        When set, waiting ends after the next look.
    clock, sleep
        What tells the time and what waits.

    Returns
    -------
    pandas.DataFrame
        The last status.
    """
    begin = clock()
    while True:
        table = look()
        waiting = int(table["state"].isin(WAITING).sum())
        answered = int(table["state"].isin(ANSWERED).sum())
        now = clock()
        listen(Event("wait", None, answered, answered + waiting, "progress", "", now))
        over = (now - begin).total_seconds() >= timeout
        if not waiting or over or (stop is not None and stop.is_set()):
            return table
        sleep(interval)
