"""``neuroflow demo``: the main job on a local service, with simulated values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroflow.cli.console import Voice
from neuroflow.cli.options import Quiet
from neuroflow.cli.signals import stoppable


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
    quiet: Quiet = False,
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
    with Voice(quiet=quiet) as voice:
        if serve:
            _serve(folder, settings)
        elif lab:
            from neuroflow.demo import run_lab

            with voice.listening() as listen:
                code = run_lab(folder, on_event=listen, n_studies=studies, **settings)
            raise typer.Exit(code)
        else:
            from neuroflow.demo import run_demo

            with voice.listening() as listen:
                summary = run_demo(folder, on_event=listen, n_studies=studies, **settings)
            voice.say(str(summary))


def _serve(folder: Path, settings: dict[str, Any]) -> None:
    from neuroflow.demo import serve

    # Where somebody waits for the service it says where it is, quiet or not.
    with stoppable("Stopping the service.", at_the_end="") as stop:
        serve(folder, say=Voice().say, stop=stop, **settings)
