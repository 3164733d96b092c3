"""All commands together, and the edge at which errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TextIO

import typer

from neuroflow._version import __version__
from neuroflow.cli import commands
from neuroflow.cli.console import print_error, print_stderr, terminal
from neuroflow.cli.exit_codes import INTERRUPTED, UNEXPECTED, exit_code_lines
from neuroflow.cli.signals import GO_ON
from neuroflow.errors import NeuroflowError, ResultWarning, Wording, WorkspaceError

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
        commands.survey,
        commands.check,
        commands.deidentification,
        commands.exclude,
        commands.exclude_result,
        commands.include_result,
        commands.include,
        commands.override,
        commands.override_all,
        commands.forget,
        commands.fill_in,
        commands.package,
        commands.submit,
        commands.repeat,
        commands.pause,
        commands.resume,
        commands.stop,
        commands.rebuild,
        commands.log,
        commands.note,
        commands.notes,
    ),
    "Results": (commands.status, commands.collect, commands.watch),
    "Tables and figures": (
        commands.table,
        commands.export,
        commands.coverage,
        commands.table_one,
        commands.compare,
        commands.compare_cohorts,
        commands.pool_effects,
        commands.replication,
        commands.compare_sites,
        commands.site_differences,
        commands.harmonize,
        commands.z_scores,
        commands.z_summary,
        commands.correlate,
        commands.correlate_regions,
        commands.asymmetry,
        commands.accuracy,
        commands.compare_auc,
        commands.calibration,
        commands.confusion_matrix,
        commands.power,
        commands.repeatability,
        commands.person_change,
        commands.compare_arms,
        commands.plot,
    ),
    "Sharing": (commands.report, commands.verify),
    "Forms, demo, help": (commands.app, commands.demo, commands.explain, commands.schema),
}
app.add_typer(commands.keys, name="key", rich_help_panel="The service")
app.add_typer(commands.account_keys, name="account-key", rich_help_panel="The service")
app.add_typer(commands.notify, name="notify", rich_help_panel="Results")
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle the options before a command."""
    if show:
        terminal().print(__version__, highlight=False)
        raise typer.Exit


def main() -> None:
    """Run the command line; errors become a message and an exit code, never a bare traceback."""
    try:
        with _ended_tidily(), warnings.catch_warnings():
            warnings.simplefilter("always", ResultWarning)
            warnings.showwarning = _print_warning
            app()
    except NeuroflowError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except PermissionError as error:
        refused = _of_permission(error)
        print_error(refused)
        sys.exit(refused.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED and _was_interrupted(end):
            print_stderr(GO_ON, "yellow")
        raise
    except Exception as error:  # the edge of the process
        if os.environ.get(DEBUG) == "1":
            raise
        _print_bug_report_hint(error)
        sys.exit(UNEXPECTED)


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Let SIGTERM end the command as an exit does, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():  # which alone has signals
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _of_permission(error: PermissionError) -> WorkspaceError:
    """Return what a missing permission means: nothing is wrong but the permission."""
    return WorkspaceError(
        f"This user may not use {error.filename or 'a file of the workspace'}.",
        why=f"{error.strerror}.",
        advice="Work as its owner, or ask the owner for the permission; nothing is damaged.",
    )


def _was_interrupted(end: SystemExit) -> bool:
    """Return whether Ctrl-C ended the command at once, before it printed a message."""
    return isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt)


def _print_bug_report_hint(error: Exception) -> None:
    """Report a bug of neuroflow, and where the whole trace is written."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="neuroflow-error-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(f"neuroflow {__version__}, Python {sys.version}, {sys.platform}\n")
        log.write("".join(traceback.format_exception(error)))
    print_stderr(f"Error: Unexpected error ({type(error).__name__}).", "bold red")
    print_stderr(
        f"  The full trace is in {log.name}. It may contain names of your files and folders."
    )
    print_stderr(f"  Please report it; {DEBUG}=1 prints the trace directly.")


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001  the signature is Python's
    line: str | None = None,
) -> None:
    """Print a warning of ours as one line; those of libraries as Python does."""
    if issubclass(category, ResultWarning):
        print_stderr(f"Warning: {Wording.pick(message, 'cli')}", "yellow")
    else:
        print_stderr(warnings.formatwarning(message, category, filename, lineno, line))
