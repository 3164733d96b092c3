"""``neuroflow demo``: the main job on a local service, with simulated values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.options import Quiet
from neuroflow.cli.signals import stoppable


def demo(
    folder: Annotated[Path, typer.Argument(help="The folder for all files.")] = Path("demo-output"),
    lab: Annotated[bool, typer.Option("--lab", help="Open the quickstart in JupyterLab.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Only run the service.")] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Only write the files that the documentation uses.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the service; 0 for any free port.")] = 0,
    layout: Annotated[
        str, typer.Option(help="Layout of aidp.csv: wide, long or transposed.")
    ] = "wide",
    delay: Annotated[float, typer.Option(help="Seconds that a study takes to be processed.")] = 1.0,
    failure_rate: Annotated[float, typer.Option(help="Share of studies that fail.")] = 0.0,
    latency: Annotated[float, typer.Option(help="Seconds added to every reply.")] = 0.0,
    studies: Annotated[int, typer.Option(help="Number of studies to send.")] = 24,
    people: Annotated[
        int, typer.Option(help="Number of people to compare, those sent included.")
    ] = 160,
    seed: Annotated[int | None, typer.Option(help="The seed of the simulation.")] = None,
    quiet: Quiet = False,
) -> None:
    """Send, collect and compare a simulated cohort on a service of this computer."""
    settings: dict[str, Any] = {
        "port": port,
        "layout": layout,
        "delay": delay,
        "failure_rate": failure_rate,
        "latency": latency,
    }
    if seed is not None:
        settings["seed"] = seed
    sizes = settings | {"n_studies": studies, "n_people": people}
    with Console(quiet=quiet) as console:
        if serve:
            _serve(folder, settings)
        elif sample:
            from neuroflow.demo import write_sample

            console.print(f"The sample is in {write_sample(folder)}.")
        elif lab:
            from neuroflow.demo import run_lab

            with console.progress() as on_event:
                code = run_lab(folder, on_event=on_event, **sizes)
            raise typer.Exit(code)
        else:
            from neuroflow.demo import run_demo

            with console.progress() as on_event:
                summary = run_demo(folder, on_event=on_event, **sizes)
            console.print(str(summary))


def _serve(folder: Path, settings: dict[str, Any]) -> None:
    from neuroflow.demo import serve

    # The address is needed to connect: printed even with --quiet.
    with stoppable("Stopping the service.", at_the_end="") as stop:
        serve(folder, report=Console().print, stop=stop, **settings)
