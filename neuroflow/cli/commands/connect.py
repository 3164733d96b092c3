"""``neuroflow connect``: the connection to the service, tested stage by stage."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Console, terminal
from neuroflow.cli.options import AsJson, HostKey, WorkspaceFolder
from neuroflow.errors import ConnectError, HostKeyUnknownError

if TYPE_CHECKING:
    from neuroflow.transfer import Step
    from neuroflow.workspace import Service


def connect(
    workspace: WorkspaceFolder,
    host: Annotated[str | None, typer.Option(help="The server's name.")] = None,
    user: Annotated[str | None, typer.Option(help="The assigned user name.")] = None,
    key: Annotated[
        str | None, typer.Option(help="The private key's file, or `agent` for the ssh-agent.")
    ] = None,
    port: Annotated[int, typer.Option(help="The TCP port.")] = 22,
    profile: Annotated[
        str | None, typer.Option(help="Save under this name, or use the profile of this name.")
    ] = None,
    remove: Annotated[str | None, typer.Option(help="Delete this profile first.")] = None,
    host_key: HostKey = None,
    as_json: AsJson = False,
) -> None:
    """Save how to reach the service, and test the connection stage by stage."""
    from neuroflow.workspace import Workspace

    if (host or user or key) and not (host and user and key):
        raise typer.BadParameter("--host, --user and --key go together")
    with Console(as_json=as_json) as console, Workspace(workspace) as ws:
        if remove:
            ws.service.remove_profile(remove)
        if host and user and key:
            _save(ws.service, host, user, key, port, profile)
        elif profile:
            ws.service.use_profile(profile)
        if host_key:
            ws.service.trust(host_key)
        elif sys.stdin.isatty() and not as_json:
            _confirm_host_keys(ws.service, console)
        steps = []
        for step in ws.service.probe():
            steps.append(step)
            _print_step(console, step)
        good = all(step.ok for step in steps)
        names = ws.service.profile_names
        facts = {"ok": good, "profile": ws.service.profile_name, "profiles": names}
        console.output(facts | {"steps": [asdict(step) for step in steps]})
        if len(names) > 1:
            console.info(f"Profile {ws.service.profile_name}, of {', '.join(names)}.")
        if not good:
            raise typer.Exit(ConnectError.exit_code)


def _save(service: Service, host: str, user: str, key: str, port: int, name: str | None) -> None:
    """Save a profile, under its name or the usual one, and use it."""
    from neuroflow.transfer import DEFAULT, Profile, parse_key

    file = parse_key(key)
    absolute = file and file.expanduser().absolute()
    service.save_profile(Profile(host, user, absolute, port, name or DEFAULT))


def _print_step(console: Console, step: Step) -> None:
    if console.as_json:
        return
    mark = "[green]ok[/green]    " if step.ok else "[red]failed[/red]"
    screen = terminal()
    screen.print(f"{mark} {step.name}: ", end="")
    screen.print(step.message, markup=False, highlight=False, soft_wrap=True)
    if step.error is not None:
        advice = step.error.worded_for("cli").advice
        screen.print(f"       {advice}", markup=False, highlight=False)


def _confirm_host_keys(service: Service, console: Console) -> None:
    """Show the fingerprint of every unknown host on the way, and pin it if the user confirms it."""
    if service.profile is None:
        return
    while (shown := service.unknown_host()) is not None:
        console.info(f"The server {shown.host} is not known yet. Its key has the fingerprint")
        console.info(f"  {shown.fingerprint}")
        if not typer.confirm("Is that the fingerprint that neuropacs gave you?", default=False):
            raise HostKeyUnknownError(
                f"The host key of {shown.host} was not confirmed.",
                advice="Ask the support of neuropacs for the fingerprint.",
                fingerprint=shown.fingerprint,
            )
        service.trust(shown.fingerprint)
