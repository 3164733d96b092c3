"""``neuroflow rebuild``: the ledger made again from the packages and the server."""

from __future__ import annotations

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import is_workspace, missing_workspace
from neuroflow.cli.options import AsJson, Jobs, Quiet, WorkspaceFolder


def rebuild(
    workspace: WorkspaceFolder,
    jobs: Jobs = None,  # noqa: ARG001  its callback sets it
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a damaged, lost or old ledger again from the packages and the server; send nothing."""
    import neuroflow as nf

    if not is_workspace(workspace):
        raise missing_workspace(workspace)
    with (
        Console(as_json=as_json, quiet=quiet) as console,
        nf.Workspace.with_new_ledger(workspace) as ws,
    ):
        with console.progress() as on_event:
            table = ws.rebuild(on_event=on_event)
        counts = table["state"].value_counts().to_dict()
        console.output({"studies": table}, table)
        found = ", ".join(f"{count} {state}" for state, count in counts.items()) or "no studies"
        console.info(f"The ledger is rebuilt: {found}. Nothing was sent.")
