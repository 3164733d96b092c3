"""Notices of news: ``neuroflow notify add``, ``list``, ``remove`` and ``test``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder

notify = typer.Typer(
    no_args_is_help=True,
    help="Send a notice when results, failures or overdue studies come: mail, chat, webhook.",
)


@notify.command()
def add(
    workspace: WorkspaceFolder,
    address: Annotated[
        str | None,
        typer.Argument(
            help="A URL as on https://appriseit.com/services/. Omit it to be asked, or to "
            "read it from the standard input: then it is in no history."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Add an address that notices of a workspace are sent to."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        if address is None:
            is_terminal = sys.stdin.isatty()
            address = (
                typer.prompt("Address", hide_input=True) if is_terminal else sys.stdin.readline()
            )
        shown = ws.notices.add(address)
        console.output({"address": shown, "file": ws.notices.path})
        console.print(f"Notices go to {shown}. Try it: neuroflow notify test {workspace}")


@notify.command("list")
def list_addresses(
    workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """List the addresses, without their secret parts."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        found = ws.notices.addresses()
        console.output({"addresses": found, "file": ws.notices.path})
        lines = [f"{number}  {shown}" for number, shown in enumerate(found, start=1)]
        console.print("\n".join(lines) or "Notices of this workspace go nowhere.")


@notify.command()
def remove(
    workspace: WorkspaceFolder,
    number: Annotated[
        int, typer.Argument(help="The address, as `neuroflow notify list` numbers it.")
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Send no more notices to an address."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        shown = ws.notices.remove(number)
        console.output({"address": shown})
        console.print(f"No more notices go to {shown}.")


@notify.command("test")
def send_test(workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Send a test notice to every address.

    Exit code 20: an address did not take it, or there is none.
    """
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        sent = ws.notices.test()
        rows = [{"address": each.address, "reason": each.reason} for each in sent]
        console.output({"notices": rows})
        for each in sent:
            console.print(f"{each.address}: {each.reason or 'delivered'}")
        if not sent:
            console.info("Notices of this workspace go nowhere: neuroflow notify add")
    if not sent or any(each.reason for each in sent):
        raise typer.Exit(SOMETHING_LEFT)
