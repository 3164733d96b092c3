"""``neuroflow pause``, ``resume``, ``stop``: the job that runs in a workspace, whoever began it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neuroflow.workspace import Workspace


def pause(workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Pause the job that runs in a workspace, also one that a form or a notebook began."""
    done = "Paused: no byte is sent until `neuroflow resume`, or Continue in the forms."
    _send(workspace, lambda ws: ws.pause_job(), done, as_json=as_json, quiet=quiet)


def resume(workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Resume the job that was paused in a workspace."""
    _send(workspace, lambda ws: ws.resume_job(), "Resumed.", as_json=as_json, quiet=quiet)


def stop(workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Stop the job that runs in a workspace; it finishes the studies in progress."""
    done = "Stopping: the studies in progress are finished, no other is begun."
    _send(workspace, lambda ws: ws.stop_job(), done, as_json=as_json, quiet=quiet)


def _send(
    workspace: Path, order: Callable[[Workspace], None], done: str, *, as_json: bool, quiet: bool
) -> None:
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        order(ws)
        job = ws.running_job
        console.output({"job": asdict(job) if job else None})
        console.info(f"{done} It is {job.text}." if job else done)
