"""What the examples in docstrings may use."""

import gc
import os
import zipfile
from pathlib import Path

import pytest

# The tables of tests are small: threads of linear algebra would only wait for each other, and for
# the other workers. It counts when numpy is loaded first, here and in processes that tests start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

EARLIER = Path(__file__).parent / "tests" / "workspace" / "data" / "workspace_2026_11.zip"


def pytest_collection_finish():
    """Leave what is loaded by now to no collection of garbage: it lives until the end."""
    gc.collect()
    gc.freeze()


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
