"""``neuroflow app``: the forms as a page without code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.signals import stoppable

STOPPING = "Closing the page. An interrupted upload is sent again next time; nothing is lost."


def app(
    workspace: Annotated[Path, typer.Argument(help="The workspace folder.")] = Path("my-project"),
    port: Annotated[int, typer.Option(help="The port of the page; 0 for any free port.")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
) -> None:
    """Open the forms in the browser, as a page without code; Ctrl-C closes it.

    Only this computer can reach the page, and only with the token in its address.
    """
    from neuroflow.widgets import serve_page

    console = Console()
    with stoppable(STOPPING, at_the_end="") as stop:
        serve_page(
            workspace, report=console.print, stop=stop, port=port, theme=theme, open_browser=browser
        )
