"""The command line: the only place that prints and exits."""

from __future__ import annotations

import json
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.table import Table

from neuroflow import __version__
from neuroflow.errors import HostKeyUnknownError, NeuroflowError, ResultWarning

if TYPE_CHECKING:
    from neuroflow.service import Service

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""
SOMETHING_LEFT = 20
"""The exit code where the command ended well but studies are left over."""

app = typer.Typer(
    name="neuroflow",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Send cohorts of diffusion MRI studies to neuropacs, collect results, compare regions. "
    "For research, not for clinical use.",
)
out = Console()
err = Console(stderr=True)

WorkspaceFolder = Annotated[Path, typer.Argument(help="The project's folder.")]
CohortId = Annotated[str, typer.Argument(help="The cohort's id.")]
ScansFolder = Annotated[
    Path | None, typer.Argument(help="The folder of scans; left out to go on with a cohort.")
]
Participants = Annotated[Path | None, typer.Option(help="participants.tsv")]
HostKey = Annotated[
    str | None, typer.Option(help="Trust this fingerprint, SHA256:..., without asking.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def main() -> None:
    """Run the command line; every error of neuroflow becomes a red line and an exit code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ResultWarning)
            warnings.showwarning = _warn
            app()
    except NeuroflowError as error:
        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("[red]Stopped.[/red] Run the same command again: it goes on where it was.")
        sys.exit(INTERRUPTED)


def complain(error: NeuroflowError) -> None:
    """Print an error: what in red, why and what to do below it."""
    subject = f"Study {error.study_id}: " if error.study_id else ""
    err.print(f"Error: {subject}{error.what}", style="bold red", markup=False, highlight=False)
    for line in (error.why, error.advice):
        if line:
            err.print(f"  {line}", markup=False, highlight=False)


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
        err.print(f"Warning: {message}", style="yellow", markup=False, highlight=False)
    else:
        err.print(warnings.formatwarning(message, category, filename, lineno, line), markup=False)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle the options that stand before a command."""
    if show:
        out.print(__version__, highlight=False)
        raise typer.Exit


# ------------------------------------------------------------------ the service


@app.command()
def key(
    path: Annotated[Path, typer.Argument(help="Where the private key goes.")],
    passphrase: Annotated[bool, typer.Option(help="Ask for a passphrase.")] = False,
) -> None:
    """Make an Ed25519 key and print the public half, to be mailed to the vendor."""
    from neuroflow.transfer.keys import make_key

    secret = _new_passphrase() if passphrase else None
    public = make_key(path.expanduser(), passphrase=secret)
    out.print(public.line, highlight=False, markup=False, soft_wrap=True)
    err.print(f"Fingerprint {public.fingerprint}", highlight=False, markup=False)


@app.command()
def connect(
    workspace: WorkspaceFolder,
    host: Annotated[str | None, typer.Option(help="The server's name.")] = None,
    user: Annotated[str | None, typer.Option(help="The assigned user name.")] = None,
    key: Annotated[
        str | None, typer.Option(help="The private key's file, or `agent` for the ssh-agent's.")
    ] = None,
    port: Annotated[int, typer.Option(help="The TCP port.")] = 22,
    host_key: HostKey = None,
) -> None:
    """Save how to reach the service, and test the connection stage by stage."""
    from neuroflow.config import Profile, key_of
    from neuroflow.workspace import Workspace

    with Workspace(workspace) as ws:
        if host and user and key:
            file = key_of(key)
            absolute = file and file.expanduser().absolute()
            ws.service.save_profile(Profile(host=host, user=user, key=absolute, port=port))
        elif host or user or key:
            raise typer.BadParameter("--host, --user and --key go together")
        if host_key:
            ws.service.trust(host_key)
        elif sys.stdin.isatty():
            _confirm_host_keys(ws.service)
        for step in ws.service.probe():
            mark = "[green]ok[/green]    " if step.ok else "[red]failed[/red]"
            out.print(f"{mark} {step.name}: ", end="")
            out.print(step.message, markup=False, highlight=False, soft_wrap=True)
            if not step.ok:
                out.print(f"       {step.advice}", markup=False, highlight=False)
                raise typer.Exit(6)


def _confirm_host_keys(service: Service) -> None:
    """Show the fingerprint of every unknown host on the way, and pin it if the user says so."""
    if service.profile is None:
        return
    while (shown := service.unknown_host()) is not None:
        err.print(f"The server {shown.host} was never seen before. It shows", markup=False)
        err.print(f"  {shown.fingerprint}", markup=False, highlight=False, soft_wrap=True)
        if not typer.confirm("Is that the fingerprint the vendor gave you?", default=False):
            raise HostKeyUnknownError(
                f"The host key of {shown.host} was not confirmed.",
                advice="Ask the vendor's support for the fingerprint.",
                fingerprint=shown.fingerprint,
            )
        service.trust(shown.fingerprint)


# ------------------------------------------------------------------ studies


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The folder of scans.")],
    participants: Participants = None,
    as_json: AsJson = False,
) -> None:
    """Check every study below a folder against the service's protocol."""
    import neuroflow as nf
    from neuroflow.participants import read_participants
    from neuroflow.preparation import with_participant

    with _bars() as bars:
        studies = nf.find_studies(folder, on_event=bars)
        if participants:
            table = read_participants(participants)
            studies = [with_participant(study, table) for study in studies]
        findings = nf.check(studies, on_event=bars)
    _show(findings, as_json)
    bad = findings.loc[findings["severity"] == "error", "study"].nunique()
    err.print(f"{len(studies)} studies, {bad} with errors.", highlight=False)
    if bad:
        raise typer.Exit(SOMETHING_LEFT)


@app.command()
def override(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: Annotated[str, typer.Argument(help="The study, as `neuroflow check` names it.")],
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    reason: Annotated[str, typer.Option(help="Why; an empty text takes the rule up again.")],
) -> None:
    """Set a rule aside for one study, with a reason that the ledger keeps."""
    import neuroflow as nf

    with nf.Workspace(workspace) as ws:
        ws.override(ws.cohort(cohort_id), study, rule, reason)


@app.command()
def package(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    folder: ScansFolder = None,
    participants: Participants = None,
) -> None:
    """De-identify and zip every study of a cohort; nothing is sent."""
    import neuroflow as nf

    with nf.Workspace(workspace) as ws, _bars() as bars:
        studies = nf.find_studies(folder, on_event=bars) if folder else None
        cohort = ws.cohort(cohort_id, studies, participants=participants)
        packages = ws.package(cohort, on_event=bars)
    missing = len(cohort.studies) - len(packages)
    size = sum(each.size for each in packages) / 1e6
    err.print(f"{len(packages)} packages, {size:.0f} MB; {missing} failed.", highlight=False)
    if missing:
        raise typer.Exit(SOMETHING_LEFT)


@app.command()
def submit(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    folder: ScansFolder = None,
    participants: Participants = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be sent; send nothing.")] = False,
    only_good: Annotated[bool, typer.Option(help="Send the studies without errors.")] = False,
    replace: Annotated[bool, typer.Option(help="Send changed studies anew.")] = False,
    limit_rate: Annotated[float | None, typer.Option(help="MB per second at most.")] = None,
    host_key: HostKey = None,
    as_json: AsJson = False,
) -> None:
    """Send every study of a cohort that was not sent yet."""
    import neuroflow as nf

    with nf.Workspace(workspace) as ws, _bars() as bars, _stoppable() as stop:
        if host_key:
            ws.service.trust(host_key)
        studies = nf.find_studies(folder, on_event=bars) if folder else None
        cohort = ws.cohort(cohort_id, studies, participants=participants)
        table = ws.submit(
            cohort,
            dry_run=dry_run,
            only_good=only_good,
            replace=replace,
            limit_rate=limit_rate and limit_rate * 1e6,
            on_event=bars,
            stop=stop,
        )
    _show(table, as_json)
    if not dry_run and not table["state"].isin(["submitted", "collected", "failed"]).all():
        err.print("Not all studies were sent; the table says why. Run the same command again.")
        raise typer.Exit(SOMETHING_LEFT)


# ------------------------------------------------------------------ results


@app.command()
def status(
    workspace: WorkspaceFolder,
    offline: Annotated[bool, typer.Option(help="Do not look at the server.")] = False,
    host_key: HostKey = None,
    as_json: AsJson = False,
) -> None:
    """Tell where every study stands."""
    import neuroflow as nf

    with nf.Workspace(workspace) as ws:
        if host_key:
            ws.service.trust(host_key)
        _show(ws.status(look=not offline), as_json)


@app.command()
def collect(workspace: WorkspaceFolder, host_key: HostKey = None, as_json: AsJson = False) -> None:
    """Bring every result that is new or changed."""
    import neuroflow as nf

    with nf.Workspace(workspace) as ws, _bars() as bars, _stoppable() as stop:
        if host_key:
            ws.service.trust(host_key)
        _show(ws.collect(on_event=bars, stop=stop), as_json)


@app.command()
def table(
    source: Annotated[Path, typer.Argument(help="A workspace, or a folder of results.")],
    to: Annotated[Path | None, typer.Option(help=".csv, .tsv, .parquet or .xlsx")] = None,
    wide: Annotated[str | None, typer.Option(help="Studies x regions of this metric.")] = None,
    participants: Participants = None,
) -> None:
    """Write the cohort table; as CSV to the standard output, or to a file."""
    import neuroflow as nf
    from neuroflow.results.export import write_table

    if (source / "ledger.sqlite").exists():
        if participants:
            raise typer.BadParameter("a workspace has participants of its own")
        with nf.Workspace(source) as ws:
            cohort_table = ws.table()
    else:
        cohort_table = nf.read_results(source, participants=participants)
    if wide:
        cohort_table = nf.to_wide(cohort_table, metric=wide).reset_index()
    if to is None:
        cohort_table.to_csv(sys.stdout, index=False)
    else:
        write_table(cohort_table, to)
        err.print(f"{len(cohort_table)} rows in {to}", highlight=False, markup=False)


# ------------------------------------------------------------------ demo


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where everything goes.")] = Path("demo-output"),
    lab: Annotated[bool, typer.Option("--lab", help="Open the quickstart in JupyterLab.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Only run the service.")] = False,
    port: Annotated[int, typer.Option(help="The service's port; 0 takes a free one.")] = 0,
    layout: Annotated[str, typer.Option(help="aidp.csv: long, wide or transposed.")] = "long",
    delay: Annotated[float, typer.Option(help="Seconds to process a study.")] = 1.0,
    failure_rate: Annotated[float, typer.Option(help="Share of studies that fail.")] = 0.0,
    latency: Annotated[float, typer.Option(help="Seconds added to every answer.")] = 0.0,
    studies: Annotated[int, typer.Option(help="How many studies.")] = 24,
    seed: Annotated[int | None, typer.Option(help="The seed of the simulation.")] = None,
) -> None:
    """Run the main job end to end on a local service, with simulated values."""
    settings: dict[str, Any] = {
        "port": port,
        "layout": layout,
        "delay": delay,
        "failure_rate": failure_rate,
        "latency": latency,
    }
    if seed is not None:
        settings["seed"] = seed
    if serve:
        from neuroflow.demo.serve import serve as serve_until

        with _stoppable("Stopping the service.") as stop:
            serve_until(folder, say=_say, stop=stop, **settings)
    elif lab:
        from neuroflow.demo.lab import run_lab

        with _bars() as bars:
            code = run_lab(folder, on_event=bars, n_studies=studies, **settings)
        raise typer.Exit(code)
    else:
        from neuroflow.demo.run import run_demo

        with _bars() as bars:
            summary = run_demo(folder, on_event=bars, n_studies=studies, **settings)
        _say(str(summary))


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)


# ------------------------------------------------------------------ inside


def _new_passphrase() -> str:
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True))


@contextmanager
def _bars() -> Iterator[Any]:
    from neuroflow.progress import Bars

    with Bars() as bars:
        yield bars


@contextmanager
def _stoppable(
    notice: str = "Finishing what is under way. Ctrl-C again stops at once.",
) -> Iterator[threading.Event]:
    """Let Ctrl-C finish what is under way; a second one stops hard."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        err.print(notice, style="yellow")

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _show(frame: Any, as_json: bool) -> None:
    """Print a DataFrame, for people or for scripts."""
    if as_json:
        rows = json.loads(frame.to_json(orient="records", date_format="iso"))
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    grid = Table(*(str(column) for column in frame.columns), header_style="bold")
    for row in frame.itertuples(index=False):
        grid.add_row(*(_cell(value) for value in row))
    out.print(grid)


def _cell(value: Any) -> Any:
    from rich.text import Text

    return Text("" if value is None or value != value else str(value))  # noqa: PLR0124  NaN
