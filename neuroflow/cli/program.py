"""All commands together, and the edge at which errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
import warnings
from typing import Annotated, TextIO

import typer

from neuroflow._version import __version__
from neuroflow.cli import commands
from neuroflow.cli.console import complain, console, say_beside
from neuroflow.cli.exit_codes import INTERRUPTED, UNEXPECTED, exit_code_lines
from neuroflow.cli.signals import GO_ON
from neuroflow.errors import NeuroflowError, ResultWarning

DEBUG = "NEUROFLOW_DEBUG"
"""The environment variable that shows the whole trace of an unexpected error."""

app = typer.Typer(
    name="neuroflow",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Send cohorts of diffusion MRI studies to neuropacs, collect results, compare regions. "
    "For research, not for clinical use.",
    epilog=exit_code_lines(),
)
_PANELS = {
    "The service": (commands.connect,),
    "Studies": (
        commands.check,
        commands.exclude,
        commands.include,
        commands.override,
        commands.fill_in,
        commands.package,
        commands.submit,
    ),
    "Results": (commands.status, commands.collect, commands.watch),
    "Tables and figures": (commands.table, commands.export, commands.compare, commands.plot),
    "Forms, demo, help": (commands.app, commands.demo, commands.explain),
}
app.add_typer(commands.keys, name="key", rich_help_panel="The service")
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle the options that stand before a command."""
    if show:
        console().print(__version__, highlight=False)
        raise typer.Exit


def main() -> None:
    """Run the command line; errors become a message and an exit code, never a bare traceback."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ResultWarning)
            warnings.showwarning = _warn
            app()
    except NeuroflowError as error:
        complain(error)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED and _was_struck(end):
            say_beside(GO_ON, "yellow")
        raise
    except Exception as error:  # the edge of the process
        if os.environ.get(DEBUG) == "1":
            raise
        _apologise(error)
        sys.exit(UNEXPECTED)


def _was_struck(end: SystemExit) -> bool:
    """Tell whether Ctrl-C ended the command at once, without a word of its own."""
    return isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt)


def _apologise(error: Exception) -> None:
    """Say that the mistake is ours, and where the whole of it is written."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="neuroflow-error-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(f"neuroflow {__version__}, Python {sys.version}, {sys.platform}\n")
        log.write("".join(traceback.format_exception(error)))
    say_beside(f"Error: Something unexpected happened ({type(error).__name__}).", "bold red")
    say_beside(f"  The whole of it is in {log.name}. It may name files and folders of yours.")
    say_beside(f"  Please report it; {DEBUG}=1 shows it at once.")


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001  the signature is Python's
    line: str | None = None,
) -> None:
    """Print a warning of ours as one line; those of libraries as Python does."""
    if issubclass(category, ResultWarning):
        say_beside(f"Warning: {message}", "yellow")
    else:
        say_beside(warnings.formatwarning(message, category, filename, lineno, line))
