"""``neuroflow watch``: collect from cron, a systemd timer, or an open terminal."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.commands.results.table import has_bad_news, new_studies, states
from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, HostKey, Quiet, WorkspaceFolder
from neuroflow.cli.signals import stoppable
from neuroflow.errors import LockedError
from neuroflow.ledger import State

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.transfer import Look
    from neuroflow.workspace import Workspace

GO_ON = "Stopped watching. Run the same command again to continue."


def watch(
    workspace: WorkspaceFolder,
    once: Annotated[
        bool, typer.Option("--once", help="Check once and collect: for cron and timers.")
    ] = False,
    interval_seconds: Annotated[
        float, typer.Option(help="Seconds between two checks; more while nothing changes.")
    ] = 60.0,
    longest_seconds: Annotated[
        float | None,
        typer.Option(
            help="The longest time between two checks, in seconds; by default 15 intervals."
        ),
    ] = None,
    timeout_hours: Annotated[
        float | None, typer.Option(help="Stop waiting after this many hours.")
    ] = None,
    host_key: HostKey = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Collect results as they are delivered, until every study has one.

    Exit code 0: no study is waiting. 20: studies are still waiting, newly failed or are overdue;
    each of the latter is printed once, also with --quiet. 6: the service cannot be reached.
    """
    with (
        Console(as_json=as_json, quiet=quiet) as console,
        open_workspace(workspace) as ws,
        stoppable(at_the_end=GO_ON) as stop,
    ):
        if host_key:
            ws.service.trust(host_key)
        hours = 0.0 if once else math.inf if timeout_hours is None else timeout_hours
        updates = ws.watch(
            interval_seconds=interval_seconds,
            longest_seconds=longest_seconds,
            timeout_hours=hours,
            stop=stop,
        )
        table, waiting = _collect_as_they_come(ws, console, updates, stop, is_once=once)
        console.output(states(table) | {"waiting": waiting})
    if waiting or has_bad_news(table):
        raise typer.Exit(SOMETHING_LEFT)


def _collect_as_they_come(
    ws: Workspace,
    console: Console,
    updates: Iterator[Look],
    stop: threading.Event,
    *,
    is_once: bool,
) -> tuple[pd.DataFrame, int]:
    """Collect after each check with results; return the last status and the number waiting."""
    from neuroflow.transfer import TRANSIENT_ERRORS

    # What is new since the watch began, which the attributes of the status name.
    news: dict[str, list[str]] = {}
    # A result that could not be downloaded is still waiting.
    due = [state for state in State if state.is_awaiting_result or state is State.DELIVERED]
    for update in updates:
        table, waiting = update.table, update.waiting
        if not update.error:
            _add_news(news, table)
        delivered = 0 if update.error else int((table["state"] == State.DELIVERED).sum())
        if update.error:
            console.info(f"{_now()} no connection, retrying: {update.error.worded_for('cli')}")
        if delivered:
            waiting += delivered
            try:
                with console.progress() as on_event:
                    collected = ws.collect(on_event=on_event, stop=stop)
                table, waiting = collected, int(collected["state"].isin(due).sum())
                _add_news(news, table)
            except LockedError as error:
                console.info(f"{_now()} {error.what} Collecting at the next check.")
            except TRANSIENT_ERRORS as error:  # lost between the check and the download
                if is_once:
                    raise
                why = error.worded_for("cli")
                console.info(f"{_now()} no connection, collecting at the next check: {why}")
        if update.has_changed or delivered:
            console.info(f"{_now()} {_count_states(table)}")
        if not waiting:
            break
    table.attrs |= news
    return table, waiting


def _add_news(news: dict[str, list[str]], table: pd.DataFrame) -> None:
    for name, found in new_studies(table).items():
        news[name] = [*news.get(name, []), *found]


def _count_states(table: pd.DataFrame) -> str:
    counts = table["state"].value_counts(sort=False)
    return ", ".join(f"{n} {state}" for state, n in counts.items()) or "nothing was sent yet"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
