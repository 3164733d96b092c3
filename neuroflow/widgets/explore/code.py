"""Python code that reproduces what the Explore form shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuroflow.widgets.explore.steps import Step

START = """\
import neuroflow as nf
{imports}
with nf.Workspace({folder!r}) as ws:
    table = ws.table()
"""


def code_cell(folder: Path, steps: Sequence[Step], last: str = "effects") -> str:
    """Return steps as the code of a self-contained notebook cell that shows a figure, or `last`."""
    lines = "\n".join(step.code() for step in steps).splitlines()
    imports = [line for line in lines if line.startswith("from ")]
    rest = [line for line in lines if not line.startswith("from ")]
    shown = "ax" if any(line.strip().startswith("ax = ") for line in rest) else ""
    start = START.format(imports="".join(f"{line}\n" for line in imports), folder=str(folder))
    return start + "\n".join([*rest, shown or last])
