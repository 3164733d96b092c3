"""``neuroflow connect``: the connection to the service, tested stage by stage."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Console, write
from neuroflow.cli.options import AsJson, HostKey, Quiet, WorkspaceFolder
from neuroflow.cli.passphrase import ask_in_terminal
from neuroflow.errors import ConnectError, HostKeyUnknownError

if TYPE_CHECKING:
    from neuroflow.transfer import ShownHost, Step
    from neuroflow.workspace import Service


def connect(
    workspace: WorkspaceFolder,
    host: Annotated[str | None, typer.Option(help="The server's name.")] = None,
    user: Annotated[str | None, typer.Option(help="The assigned user name.")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The private key's file; `agent`, or a .pub file, for the ssh-agent."),
    ] = None,
    port: Annotated[int, typer.Option(help="The TCP port.")] = 22,
    profile: Annotated[
        str | None, typer.Option(help="Save under this name, or use the profile of this name.")
    ] = None,
    remove: Annotated[str | None, typer.Option(help="Remove the profile of this name.")] = None,
    host_key: HostKey = None,
    forget_host_key: Annotated[
        list[str] | None,
        typer.Option(
            help="Remove this confirmed fingerprint, SHA256:..., that is no longer valid; with "
            "--host-key only if the server shows the new one."
        ),
    ] = None,
    confirm: Annotated[
        bool,
        typer.Option(help="Confirm server, user and key of a workspace that was set up elsewhere."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Save how to reach the service, and test the connection stage by stage."""
    from neuroflow.workspace import Workspace

    if (host or user or key) and not (host and user and key):
        raise typer.BadParameter("--host, --user and --key must be used together")
    with Console(as_json=as_json, quiet=quiet) as console, Workspace(workspace) as ws:
        if remove:
            ws.service.remove_profile(remove)
        if host and user and key:
            _save(ws.service, host, user, key, port, profile)
        elif profile:
            ws.service.use_profile(profile)
        if not ws.service.is_confirmed:
            _confirm_profile(ws.service, console, is_confirmed=confirm)
        ask_in_terminal(ws)
        if host_key and forget_host_key:
            ws.service.replace_host_key(forget_host_key, host_key)
        elif host_key:
            ws.service.trust(host_key)
        elif forget_host_key:
            ws.service.forget_host_key(forget_host_key)
        if not host_key and sys.stdin.isatty() and not as_json:
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


def _confirm_profile(service: Service, console: Console, *, is_confirmed: bool) -> None:
    """Show where a workspace from elsewhere would connect, and ask, if somebody is there."""
    from neuroflow.workspace import describe

    profile = service.profile
    if profile is not None and not is_confirmed:
        if not sys.stdin.isatty() or console.as_json:
            return  # the first connection is refused, and states why
        console.info("This workspace was set up on another computer or by somebody else.")
        console.info(describe(profile))
        if not typer.confirm("Connect to it?", err=True):
            raise typer.Exit(ConnectError.exit_code)
    service.confirm_profile()


def _print_step(console: Console, step: Step) -> None:
    if console.as_json or (console.quiet and step.ok):
        return
    write("ok    " if step.ok else "failed", "green" if step.ok else "red", end=" ")
    write(f"{step.name}: {step.message}")
    for note in step.notes:
        write(f"       {note}")
    if step.error is not None:
        advice = step.error.worded_for("cli").advice
        write(f"       {advice}")


def _confirm_host_keys(service: Service, console: Console) -> None:
    """Show the keys of every unknown host on the way, and pin the one that the user confirms."""
    if service.profile is None:
        return
    while (shown := service.unknown_host()) is not None:
        names = [f"{key.kind} {key.fingerprint}" for key in shown.keys]
        kind = "jump host" if shown.is_jump_host else "server"
        console.info(f"The {kind} {shown.host} is not known yet. It shows")
        for name in names:
            console.info(f"  {name}")
        service.trust(_confirmed(shown))


def _confirmed(shown: ShownHost) -> str:
    """Return the fingerprint that the user confirms; with several keys, it has to be given."""
    is_one = len(shown.keys) == 1
    owner = "its administrator" if shown.is_jump_host else "neuropacs"
    question = f"Paste the fingerprint that {owner} gave you"
    question += ", or type yes if it is this one" if is_one else " (one of these has to be equal)"
    answer = str(typer.prompt(question, default="no")).strip()
    if answer.lower() in {"y", "yes"} and is_one:
        return shown.fingerprint
    if answer.removeprefix("SHA256:").rstrip("=") in {
        mark.removeprefix("SHA256:") for mark in shown.fingerprints
    }:
        return answer
    raise HostKeyUnknownError(
        f"The host key of {shown.host} was not confirmed.",
        why="" if answer.lower() in {"n", "no"} else f"{answer!r} is none of those shown.",
        advice=f"Ask {owner} for the fingerprint.",
        fingerprint=shown.fingerprint,
    )
