"""The quickstart in JupyterLab, with the service running: what `neuroflow demo --lab` runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Unpack

from neuroflow.demo.population import N_PEOPLE
from neuroflow.demo.session import VARIABLE, DemoOptions, start_demo
from neuroflow.errors import DemoError, MissingExtraError
from neuroflow.io import child_environ, jupyter_command
from neuroflow.models import OnEvent

NOTEBOOK = "01_quickstart.ipynb"

Launch = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs a command in an environment until it ends, and returns its exit code."""


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command until it ends, and return its exit code."""
    return subprocess.run(list(command), env=dict(environ), check=False).returncode  # noqa: S603


def run_lab(
    folder: Path | str = "demo-output",
    *,
    on_event: OnEvent | None = None,
    launch: Launch = run_command,
    environ: Mapping[str, str] = os.environ,
    **options: Unpack[DemoOptions],
) -> int:
    """Open JupyterLab on a copy of the quickstart notebook; the service runs until it is closed."""
    if find_spec("jupyterlab") is None:
        raise MissingExtraError(
            "JupyterLab is not installed.",
            advice="Install it: python -m pip install asyncssh jupyterlab voila",
        )
    notebook = find_notebook(NOTEBOOK)
    settings: DemoOptions = {"n_people": N_PEOPLE, **options}
    with start_demo(folder, on_event=on_event, **settings) as demo:
        copy = Path(shutil.copy(notebook, demo.folder.path))
        command = [*jupyter_command("jupyterlab"), str(copy)]
        return launch(command, {**child_environ(environ), VARIABLE: str(demo.folder.path)})


def find_notebook(name: str) -> Path:
    """Find a notebook in the installed package, or in the checkout it runs from."""
    package = Path(str(files("neuroflow")))
    for folder in (package / "demo" / "notebooks", package.parent / "notebooks"):
        if (folder / name).is_file():
            return folder / name
    raise DemoError(
        f"The notebook {name} is not installed.",
        advice="Run from a checkout of the project, which has it in notebooks/.",
    )
