"""``neuroflow watch``: collecting from cron, a systemd timer, or a terminal left open."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.commands.results import states
from neuroflow.cli.console import Voice
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import opened
from neuroflow.cli.options import AsJson, HostKey, Quiet, WorkspaceFolder
from neuroflow.cli.signals import stoppable
from neuroflow.errors import LockedError
from neuroflow.ledger import State

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.transfer import Look
    from neuroflow.workspace import Workspace

GO_ON = "Stopped watching. What was collected stays; run the same command again to go on."


def watch(
    workspace: WorkspaceFolder,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and collect: for cron and timers.")
    ] = False,
    interval: Annotated[
        float, typer.Option(help="Seconds between two looks at first; more while nothing changes.")
    ] = 300.0,
    longest: Annotated[
        float | None, typer.Option(help="Seconds between two looks at most; 15 intervals.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Give up after this many hours.")] = None,
    host_key: HostKey = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Collect what is delivered, until the service has answered for every study.

    Exit code 0: nothing is waited for any more. 20: studies are still waited for.
    """
    with (
        Voice(as_json=as_json, quiet=quiet) as voice,
        opened(workspace) as ws,
        stoppable(at_the_end=GO_ON) as stop,
    ):
        if host_key:
            ws.service.trust(host_key)
        hours = 0.0 if once else math.inf if timeout is None else timeout
        looks = ws.watch(interval=interval, longest=longest, timeout=hours * 3600, stop=stop)
        table, waiting = _collect_as_they_come(ws, voice, looks, stop)
        voice.answer(states(table) | {"waiting": waiting})
    if waiting:
        raise typer.Exit(SOMETHING_LEFT)


def _collect_as_they_come(
    ws: Workspace, voice: Voice, looks: Iterator[Look], stop: threading.Event
) -> tuple[pd.DataFrame, int]:
    """Collect after each look that shows results; return the last status and who is missing."""
    from neuroflow.transfer import WAITING

    due = (*WAITING, State.DELIVERED)  # a result that could not be fetched is still to come
    for look in looks:
        table, waiting = look.table, look.waiting
        delivered = 0 if look.error else int((table["state"] == State.DELIVERED).sum())
        if look.error:
            voice.note(f"{_now()} no connection, trying again: {look.error}")
        if delivered:
            waiting += delivered
            try:
                with voice.listening() as listen:
                    collected = ws.collect(on_event=listen, stop=stop)
                table, waiting = collected, int(collected["state"].isin(due).sum())
            except LockedError as error:
                voice.note(f"{_now()} {error.what} Collecting at the next look.")
        if look.has_changed or delivered:
            voice.note(f"{_now()} {_counted(table)}")
        if not waiting:
            break
    return table, waiting


def _counted(table: pd.DataFrame) -> str:
    counts = table["state"].value_counts(sort=False)
    return ", ".join(f"{n} {state}" for state, n in counts.items()) or "nothing was sent yet"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
