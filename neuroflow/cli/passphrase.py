"""Ask for the passphrase of a key in a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuroflow.cli.console import print_stderr
from neuroflow.errors import KeyFileError
from neuroflow.escaping import for_terminal

if TYPE_CHECKING:
    from neuroflow.workspace import Workspace

ATTEMPTS = 3


def ask_in_terminal(ws: Workspace) -> None:
    """Let a workspace ask for a passphrase when it needs one, if somebody is at the terminal."""
    if sys.stdin.isatty():
        ws.service.ask_passphrase_with(ask_for_key)


def ask_for(path: Path, *, confirm: bool = False) -> str:
    """Ask for a passphrase once."""
    prompt = for_terminal(f"Passphrase of {path}")
    answer = typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return str(answer)


def ask_for_key(path: Path) -> str | None:
    """Ask for the passphrase of a key until it opens the key; None after a few wrong ones."""
    from neuroflow.transfer import public_key

    for _ in range(ATTEMPTS):
        answer = ask_for(path)
        try:
            public_key(path, answer)
        except KeyFileError as error:
            if "passphrase" not in error.what:
                raise
            print_stderr(error.what)
        else:
            return answer
    return None
