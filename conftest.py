"""What the examples in docstrings may use."""

import zipfile
from pathlib import Path

import pytest

EARLIER = Path(__file__).parent / "tests" / "workspace" / "data" / "workspace_2026_11.zip"


@pytest.fixture(autouse=True)
def _example_workspace(request, tmp_path_factory):
    """Open a small workspace as `ws` for the examples of its class."""
    if not request.node.nodeid.startswith("neuroflow/workspace/workspace.py::"):
        yield
        return
    from neuroflow.workspace import Workspace

    folder = tmp_path_factory.mktemp("example")
    with zipfile.ZipFile(EARLIER) as archive:
        archive.extractall(folder)
    for name in ("neuroflow.toml", "cohorts/PILOT_1/studies.tsv"):
        path = folder / "project" / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("@PLACE@", folder.as_posix()), encoding="utf-8")
    with Workspace(folder / "project") as ws:
        request.getfixturevalue("doctest_namespace")["ws"] = ws
        yield
